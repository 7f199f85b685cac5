"""Names and lists in a sources file that the warehouse and the file system can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storehouse.core.display import brief, visible
from storehouse.core.errors import ConfigError

# A table's name is also that of a folder below rejected/.
_LONGEST_FILE_NAME = 200


def mappings(value: object, place: str) -> Sequence[Mapping[str, Any]]:
    """A list of mappings, empty for None; raises ConfigError for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ConfigError(f"{place} must be a list of entries that have a name; write `- name: …`.")
    return value


def plain_name(value: object, place: str) -> str:
    """A name that SQL can quote; raises ConfigError for another value."""
    if value is None or value == "":
        raise ConfigError(f"{place} has an entry without a name (a text); name it.")
    if not isinstance(value, str):
        raise ConfigError(
            f"{place} has the name {brief(repr(value))}, which is not text in yml; quote it as it "
            "is delivered, such as 'no' or '2024'."
        )
    if visible(value) != value:
        raise ConfigError(
            f"{place} has the name '{brief(value)}', which holds characters that can't be seen; "
            "rename it."
        )
    return value


def file_name(value: object, place: str) -> str:
    """A name that a folder can have as well."""
    name = plain_name(value, place)
    if "/" in name or name.strip(".") == "" or len(name.encode()) > _LONGEST_FILE_NAME:
        raise ConfigError(
            f"{place} has the name '{brief(name)}', which is not possible for a folder; rename it, "
            f"with at most {_LONGEST_FILE_NAME} letters and no slash."
        )
    return name
