"""What identifies a row of a table, by the tests that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNIQUE = (
    "unique",
    "unique_combination_of_columns",
    "unique_combination_in_changed_rows",
    "unique_in_changed_rows",
)
# What a test is configured as that fails a build for a single row; dbt's defaults.
_STRICT = {"severity": "error", "error_if": "!= 0", "fail_calc": "count(*)", "where": ""}


def keys_of(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """By table, as `schema.name`: the columns that are tested unique together and never null.

    Of several keys the shortest counts. A table without one is left out, and so is a test that
    lets some rows through. Columns are in lower case.
    """
    nodes = manifest["nodes"]
    unique: dict[str, list[list[str]]] = {}
    filled: dict[str, set[str]] = {}
    for node in nodes.values():
        said, model = node.get("test_metadata"), nodes.get(node.get("attached_node"))
        if not said or not model or not _is_strict(node["config"]):
            continue
        table = f"{model['schema']}.{model['alias']}"
        arguments = said["kwargs"]
        listed = arguments.get("combination_of_columns") or [arguments.get("column_name")]
        columns = [str(name).strip('"').lower() for name in listed if name]
        if said["name"] == "not_null":
            filled.setdefault(table, set()).update(columns)
        elif said["name"] in _UNIQUE and columns:
            unique.setdefault(table, []).append(columns)
    keys = {
        table: sorted((one for one in several if filled.get(table, set()).issuperset(one)), key=len)
        for table, several in unique.items()
    }
    return {table: several[0] for table, several in sorted(keys.items()) if several}


def _is_strict(config: Mapping[str, Any]) -> bool:
    return all(str(config.get(name) or usual).lower() == usual for name, usual in _STRICT.items())
