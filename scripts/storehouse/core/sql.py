"""Names and values in SQL syntax."""

from __future__ import annotations


def quoted(name: str) -> str:
    """`name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """`value` as a string."""
    return "'" + str(value).replace("'", "''") + "'"
