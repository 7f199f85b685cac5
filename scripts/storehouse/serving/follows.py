"""What models declare under `meta.follows`, read from dbt's manifest.

The rules are those of docs/incremental.md. macros/incremental reads them for dbt; a test compares
what both read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storehouse.core.sql import literal, quoted

Node = Mapping[str, Any]


@dataclass(frozen=True)
class KeyMapping:
    """The model's `key` corresponds, one for one, to `columns` of the input `input_id`."""

    input_id: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


class Follows:
    """The models, sources and key mappings of a project that dbt has parsed."""

    def __init__(self, manifest: Path) -> None:
        parsed = json.loads(manifest.read_text(encoding="utf-8"))
        self._nodes: dict[str, Node] = parsed["nodes"] | parsed["sources"]

    def node(self, id_: str) -> Node:
        return self._nodes[id_]

    def relation(self, id_: str) -> str:
        node = self._nodes[id_]
        return f"{quoted(node['schema'])}.{quoted(node.get('alias') or node['identifier'])}"

    def has_staging_of(self, source_name: str) -> bool:
        """Whether its models were on; the tables of a source are declared in any case."""
        return any(
            node["resource_type"] == "model" and node["fqn"][1:3] == ["staging", source_name]
            for node in self._nodes.values()
        )

    def key_mappings(self, id_: str) -> Iterator[KeyMapping]:
        """The mappings of the model's whole key to columns of its inputs."""
        declared_key = self._nodes[id_]["config"].get("unique_key") or ()
        key = (declared_key,) if isinstance(declared_key, str) else tuple(declared_key)
        inputs = self._inputs(id_)
        for name, declared in self._follows(id_).items():
            for mapping in _mappings(declared):
                is_since = any(theirs.startswith("since ") for theirs in mapping.values())
                if key and mapping.keys() == set(key) and not is_since and name in inputs:
                    yield KeyMapping(inputs[name], key, tuple(mapping[column] for column in key))

    def view_mappings(self, id_: str, columns: tuple[str, ...]) -> Iterator[KeyMapping]:
        """The inputs of a view, with its `columns` under their names in each input."""
        follows = self._follows(id_)
        for name, input_id in self._inputs(id_).items():
            renamed = [{}, *_mappings(follows.get(name, []))][-1]
            fqn = self._nodes[input_id].get("fqn", ())
            is_staged = self._nodes[input_id]["resource_type"] == "model" and fqn[1] == "staging"
            yield KeyMapping(
                input_id,
                columns,
                tuple(
                    literal(fqn[2])
                    if column == "source_name" and is_staged
                    else renamed.get(column, column)
                    for column in columns
                ),
            )

    def _follows(self, id_: str) -> Mapping[str, Any]:
        follows: Mapping[str, Any] = self._nodes[id_]["config"]["meta"].get("follows", {})
        return follows

    def _inputs(self, id_: str) -> dict[str, str]:
        named = {}
        for input_id in self._nodes[id_]["depends_on"]["nodes"]:
            node = self._nodes[input_id]
            if node["resource_type"] == "source" and node["source_name"] != "ops":
                named[f"{node['source_name']}.{node['name']}"] = input_id
            elif node["resource_type"] == "model":
                named[node["name"]] = input_id
        return named


def is_constant(column: str) -> bool:
    return re.fullmatch(r"'[^']*'", column) is not None


def _mappings(declared: Any) -> Iterator[dict[str, str]]:
    """Each mapping as a dict: column of the model, column of the input."""
    mappings = [declared] if isinstance(declared, dict) or _is_list_of_names(declared) else declared
    for mapping in mappings:
        if isinstance(mapping, dict):
            if "never" not in mapping:
                yield {own: theirs for own, theirs in mapping.items() if own != "of"}
        else:
            yield {column: column for column in mapping}


def _is_list_of_names(declared: Any) -> bool:
    return bool(declared) and isinstance(declared[0], str)
