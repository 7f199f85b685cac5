"""What models declare that they follow (`meta.follows`), as dbt's manifest has it.

The rules are those of docs/incremental.md; macros/incremental reads the same for dbt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storehouse.core.sql import literal, quoted

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Way:
    """The model's `key` is what `columns` of the input `input_id` say, one for one."""

    input_id: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


class Follows:
    """The models, sources and ways of a project that dbt has parsed."""

    def __init__(self, manifest: Path) -> None:
        parsed = json.loads(manifest.read_text(encoding="utf-8"))
        self._nodes: dict[str, Node] = parsed["nodes"] | parsed["sources"]

    def node(self, id_: str) -> Node:
        return self._nodes[id_]

    def relation(self, id_: str) -> str:
        node = self._nodes[id_]
        return f"{quoted(node['schema'])}.{quoted(node.get('alias') or node['identifier'])}"

    def key(self, id_: str) -> tuple[str, ...]:
        key = self._nodes[id_]["config"].get("unique_key") or ()
        return (key,) if isinstance(key, str) else tuple(key)

    def ways_of_key(self, id_: str) -> Iterator[Way]:
        """The ways by which the input names the model's groups."""
        key, inputs = self.key(id_), self._inputs(id_)
        for name, declared in self._follows(id_).items():
            for way in _ways(declared):
                if key and way.keys() == set(key) and name in inputs:
                    yield Way(inputs[name], key, tuple(way[column] for column in key))

    def behind_view(self, id_: str, columns: tuple[str, ...]) -> Iterator[Way]:
        """What a view reads, with its `columns` as the inputs call them."""
        follows = self._follows(id_)
        for name, input_id in self._inputs(id_).items():
            renamed = next(_ways(follows.get(name, [])), {})
            fqn = self._nodes[input_id].get("fqn", ())
            is_staged = self._nodes[input_id]["resource_type"] == "model" and fqn[1] == "staging"
            yield Way(
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


def _ways(declared: Any) -> Iterator[dict[str, str]]:
    """Each way as a dict: column of the model, column of the input."""
    ways = [declared] if isinstance(declared, dict) or _is_list_of_names(declared) else declared
    for way in ways:
        if isinstance(way, dict):
            if "never" not in way:
                yield {own: theirs for own, theirs in way.items() if own != "of"}
        else:
            yield {column: column for column in way}


def _is_list_of_names(declared: Any) -> bool:
    return bool(declared) and isinstance(declared[0], str)
