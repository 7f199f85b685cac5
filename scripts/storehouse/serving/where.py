"""Conditions as users write them: `category=Books`, `channel!=web,app`, `date>=2025-01-01`.

The same syntax is used everywhere; it is never SQL.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal

_FORM = re.compile(r"\s*(\w+)\s*(!=|>=|<=|=)\s*([^=].*)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """`field` is one of `values` (=), none of them (!=), or at least or at most one value."""

    field: str
    operator: str
    values: tuple[str, ...]

    def predicate(self, column: str) -> str:
        """The condition in SQL on a column, whose name must be trusted; the values are quoted.

        A null is none of the values listed.
        """
        listed = ", ".join(map(literal, self.values))
        if self.operator == "=":
            return f"{column} in ({listed})"
        if self.operator == "!=":
            return f"({column} is null or {column} not in ({listed}))"
        return f"{column} {self.operator} {listed}"


def parse_condition(text: str) -> Condition:
    """Parse `field=value`, `field=one,two`, `field!=…`, `field>=value` or `field<=value`.

    A value with a comma must be in double quotes. Raises ConfigError.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"The condition {text!r} can't be read. Write it as category=Books, category!=Books, "
            "category=Books,Toys, month>=2025-01-01 or month<=2025-12-31."
        )
    field, operator, listed = match.groups()
    try:
        (row,) = csv.reader([listed], skipinitialspace=True, strict=True)
    except csv.Error as error:
        raise ConfigError(
            f"The condition {text!r} can't be read: {error}. Put a value with a comma or a quote "
            'in double quotes, and double those within it: product_name="The ""best"" mug".'
        ) from error
    values = tuple(value.strip() for value in row)
    if not all(values):
        raise ConfigError(f"The condition {text!r} has an empty value. Leave out the comma.")
    if operator in (">=", "<=") and len(values) > 1:
        raise ConfigError(f"The condition {text!r} compares with several values. Give one.")
    return Condition(field, operator, values)
