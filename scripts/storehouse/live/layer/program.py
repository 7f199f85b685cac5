"""What the speed layer runs: dbt's compiled SQL of reports of now, alerts, and what they read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from storehouse.core.errors import BuildError


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
    of a report of now, `alert_lane` of an alert; either may declare the shortest time from one
    showing or finding to the next, `every_seconds`.
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
    every_seconds: float | None = None
    alert_lane: str = ""

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
        return tuple(sorted({one.lane for one in self.relations if one.lane}))

    def of_lane(self, lane: str) -> tuple[Relation, ...]:
        """Its reports, its alerts and all that they read, in order."""
        by_name = {one.name: one for one in self.relations}
        needed: set[str] = set()
        waiting = [one.name for one in self.relations if lane in (one.lane, one.alert_lane)]
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += by_name[name].inputs
        return tuple(one for one in self.relations if one.name in needed)

    def every_seconds(self, lane: str) -> float | None:
        """The shortest time between micro-batches that its reports declare; None if none does."""
        declared = (one.every_seconds for one in self.relations if one.lane == lane)
        return min((seconds for seconds in declared if seconds is not None), default=None)

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
    """The relations of reports of now and alerts in dbt's manifest, each after those that it reads.

    `ways` are those of ops.live_ways by model, `taking` the tables that take events by source.
    What reads nothing that takes events stays as the base has it, and so does what one with a
    lane names in `meta.from_build`. Raises BuildError if another lane computes that.
    """
    reading = _Reading(manifest["nodes"] | manifest["sources"], ways, taking)
    for id_, node in sorted(reading.nodes.items()):
        if _lane(node):
            reading.relation(id_)
    yield from reading.found.values()


class _Reading:
    """Collects relations, inputs first, in `found` by their id in the manifest."""

    def __init__(
        self,
        nodes: Mapping[str, Any],
        ways: Mapping[str, list[tuple[str, str]]],
        taking: Mapping[str, set[str]],
    ) -> None:
        self.nodes, self._ways, self._taking = nodes, ways, taking
        self.found: dict[str, Relation] = {}
        given: dict[str, set[str]] = defaultdict(set)
        for node in nodes.values():
            if _lane(node):
                given[_lane(node)] |= set(_meta(node).get("from_build", ()))
        self._from_build = {name for names in given.values() for name in names}
        for lane, names in given.items():
            self._refuse_another_view(lane, names)

    def _refuse_another_view(self, lane: str, given: set[str]) -> None:
        """A table is either computed or as built, for all lanes. Raises BuildError."""
        waiting = [id_ for id_, node in self.nodes.items() if _lane(node) == lane]
        while waiting:
            for id_ in self.nodes[waiting.pop()].get("depends_on", {}).get("nodes", ()):
                name = self.nodes[id_]["name"]
                if name in self._from_build - given:
                    raise BuildError(
                        f"A report or alert says that {name} stays as the last build made it "
                        f"(meta.from_build), but lane {lane} computes it from events. Take it out "
                        f"of from_build, or name it in one of lane {lane} as well."
                    )
                if name not in given:
                    waiting.append(id_)

    def relation(self, id_: str) -> Relation:
        if id_ not in self.found:
            node = self.nodes[id_]
            is_source = node["resource_type"] == "source"
            self.found[id_] = self._source(node) if is_source else self._model(node)
        return self.found[id_]

    def _source(self, node: Mapping[str, Any]) -> Relation:
        source, schema, alias = node["source_name"], node["schema"], node["identifier"]
        name = f"{schema}__{alias}"
        if node["name"] in self._taking.get(source, ()):
            return Relation(name, schema, alias, Kind.RAW, source=source)
        loads = (source, node["name"]) == ("ops", "loads")
        return Relation(name, schema, alias, Kind.LOADS if loads else Kind.GIVEN)

    def _model(self, node: Mapping[str, Any]) -> Relation:
        name, schema, alias = node["name"], node["schema"], node["alias"]
        kind = Kind.GIVEN if name in self._from_build else _kind(node)
        inputs: list[Relation] = []
        if kind is not Kind.GIVEN:
            inputs = [self.relation(id_) for id_ in node["depends_on"]["nodes"]]
        # A view of the load log alone costs nothing, and tells how old the newest load is.
        tells_of_loads = kind is Kind.VIEW and {one.kind for one in inputs} == {Kind.LOADS}
        lane, alert_lane = ("", _lane(node)) if _is_alert(node) else (_lane(node), "")
        if all(one.kind in (Kind.GIVEN, Kind.LOADS) for one in inputs) and not tells_of_loads:
            return Relation(name, schema, alias, Kind.GIVEN, lane=lane, alert_lane=alert_lane)
        key = node["config"].get("unique_key") or ()
        return Relation(
            name,
            schema,
            alias,
            kind,
            sql=node["compiled_code"],
            inputs=tuple(one.name for one in inputs),
            key=(key,) if isinstance(key, str) else tuple(key),
            ways=tuple(self._ways.get(name, ())),
            not_compared=tuple(node["config"]["meta"].get("not_compared", ())),
            lane=lane,
            alert_lane=alert_lane,
            every_seconds=_meta(node).get("every_seconds"),
        )


def _is_alert(node: Mapping[str, Any]) -> bool:
    """Alerts are views, which are read when they are evaluated; reports of now are kept."""
    return str(node["name"]).startswith("alert_")


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
    return str(_meta(node).get("lane", ""))


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = node["config"].get("meta", {})
    return found if node["resource_type"] == "model" else {}
