"""What identifies a row of a table, by the tests that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def keys_of(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """By table, as `schema.name`: the columns that are tested unique together and never null.

    Of several keys the shortest counts. A table without one is left out.
    """
    nodes = manifest["nodes"]
    unique: dict[str, list[list[str]]] = {}
    filled: dict[str, set[str]] = {}
    for node in nodes.values():
        said, model = node.get("test_metadata"), nodes.get(node.get("attached_node"))
        if not said or not model or node["config"].get("where"):
            continue
        table = f"{model['schema']}.{model['alias']}"
        arguments = said["kwargs"]
        if said["name"] == "not_null":
            filled.setdefault(table, set()).add(arguments["column_name"])
        elif said["name"].startswith("unique"):
            columns = arguments.get("combination_of_columns") or [arguments["column_name"]]
            unique.setdefault(table, []).append(columns)
    keys = {
        table: sorted((one for one in several if filled.get(table, set()).issuperset(one)), key=len)
        for table, several in unique.items()
    }
    return {table: several[0] for table, several in sorted(keys.items()) if several}
