"""What the speed layer runs: dbt's compiled SQL of the reports of now, and of what they read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a relation is kept while events arrive.

    RAW takes events. LOADS is the load log. GROUPED has only the groups replaced that changed.
    WHOLE is built whole. VIEW is a view. GIVEN stays as the base has it.
    """

    RAW = "raw"
    LOADS = "loads"
    GROUPED = "grouped"
    WHOLE = "whole"
    VIEW = "view"
    GIVEN = "given"


@dataclass(frozen=True)
class Relation:
    """A model, seed or source table that a lane reads; `name` is that of its table of changes.

    `key` names the groups of a GROUPED one, and `ways` how changes name them: the changed
    relation's name and a select. `not_compared` are columns whose changes don't matter. `lane` is
    set for a report of now.
    """

    name: str
    schema: str
    alias: str
    kind: Kind
    sql: str = ""
    inputs: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()
    not_compared: tuple[str, ...] = ()
    source: str = ""
    lane: str = ""

    @property
    def table(self) -> str:
        return f'"{self.schema}"."{self.alias}"'


@dataclass(frozen=True)
class Program:
    """The relations of all lanes, each after those that it reads, and what they depend on.

    `code` identifies the models' code and settings that it was compiled from.
    """

    code: str
    relations: tuple[Relation, ...]

    @property
    def lanes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.lane for one in self.relations if one.lane))

    def of_lane(self, lane: str) -> tuple[Relation, ...]:
        """Its reports and all that they read, in order."""
        by_name = {one.name: one for one in self.relations}
        needed: set[str] = set()
        waiting = [one.name for one in self.relations if one.lane == lane]
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += by_name[name].inputs
        return tuple(one for one in self.relations if one.name in needed)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Program:
        found = json.loads(text)
        return Program(found["code"], tuple(map(_relation, found["relations"])))


def _relation(found: dict[str, Any]) -> Relation:
    found["kind"] = Kind(found["kind"])
    found["ways"] = tuple((name, sql) for name, sql in found["ways"])
    for name in ("inputs", "key", "not_compared"):
        found[name] = tuple(found[name])
    return Relation(**found)


def relations_of(
    manifest: Mapping[str, Any],
    ways: Mapping[str, list[tuple[str, str]]],
    taking: Mapping[str, set[str]],
) -> Iterator[Relation]:
    """The relations of the reports of now in dbt's manifest, each after those that it reads.

    `ways` are those of ops.live_ways by model, `taking` the tables that take events by source.
    What reads nothing that takes events stays as the base has it.
    """
    nodes: dict[str, Any] = manifest["nodes"] | manifest["sources"]
    found: dict[str, Relation] = {}

    def visit(id_: str) -> Relation:
        if id_ not in found:
            found[id_] = _read(nodes[id_], visit, ways, taking)
        return found[id_]

    for id_, node in sorted(nodes.items()):
        if _lane(node):
            visit(id_)
    yield from found.values()


def _read(
    node: Mapping[str, Any],
    visit: Any,
    ways: Mapping[str, list[tuple[str, str]]],
    taking: Mapping[str, set[str]],
) -> Relation:
    schema, alias = node["schema"], node.get("alias") or node["identifier"]
    if node["resource_type"] == "source":
        source = node["source_name"]
        name = f"{schema}__{alias}"
        if node["name"] in taking.get(source, ()):
            return Relation(name, schema, alias, Kind.RAW, source=source)
        loads = (source, node["name"]) == ("ops", "loads")
        return Relation(name, schema, alias, Kind.LOADS if loads else Kind.GIVEN)
    name = node["name"]
    kind = _kind(node)
    if kind is Kind.GIVEN:
        return Relation(name, schema, alias, kind)
    inputs = [visit(id_) for id_ in node["depends_on"]["nodes"]]
    if all(one.kind in (Kind.GIVEN, Kind.LOADS) for one in inputs):
        kind = Kind.GIVEN
    key = node["config"].get("unique_key") or ()
    return Relation(
        name,
        schema,
        alias,
        kind,
        sql=node["compiled_code"],
        inputs=() if kind is Kind.GIVEN else tuple(one.name for one in inputs),
        key=(key,) if isinstance(key, str) else tuple(key),
        ways=tuple(ways.get(name, ())),
        not_compared=tuple(node["config"]["meta"].get("not_compared", ())),
        lane=_lane(node),
    )


def _kind(node: Mapping[str, Any]) -> Kind:
    """Tables that the batch builds anew, seeds and snapshots stay; reports of now are live."""
    config = node["config"]
    if node["resource_type"] != "model":
        return Kind.GIVEN
    if config["materialized"] == "view":
        return Kind.VIEW
    if config["materialized"] == "replace_by_key":
        return Kind.GROUPED if config["meta"].get("follows") else Kind.WHOLE
    return Kind.WHOLE if _lane(node) else Kind.GIVEN


def _lane(node: Mapping[str, Any]) -> str:
    if node["resource_type"] != "model":
        return ""
    return str(node["config"].get("meta", {}).get("lane", ""))
