"""MetricFlow over the definitions of a build: its metrics, and the SQL of a query."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NoReturn

from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal
from storehouse.serving.metrics import BOOK, PERIODS, Metric, known_or_refused
from storehouse.serving.where import Condition

try:
    from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantic_interfaces.type_enums.dimension_type import DimensionType
    from metricflow_semantics.model.dbt_manifest_parser import (
        parse_manifest_from_dbt_generated_manifest,
    )
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
except ImportError as error:
    raise ConfigError(
        f"Metrics need the extra `serving`, of which {error.name} is missing: "
        "run `make env`, or `pip install 'storehouse[serving]'`."
    ) from error


# Units whose values add up.
_SUMMED = ("money", "quantity", "count")

# A placeholder in the SQL for a value of a condition, quoted like one.
_MARK = "\1{}\1"
_MARKED = re.compile("'\1([0-9]+)\1'")
_REMEMBERED = 500


class _CompilesOnly:
    """The database interface that MetricFlow requires for compiling only."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"

    def query(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError

    execute = dry_run = close = query


class MetricEngine:
    """Compiles metric queries; must not be used by two threads at once."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        manifest = parse_manifest_from_dbt_generated_manifest(json.dumps(definitions))
        self._engine = MetricFlowEngine(SemanticManifestLookup(manifest), _CompilesOnly())
        self._compiled = lru_cache(_REMEMBERED)(self._compile)
        declared = {metric["name"]: metric for metric in definitions["metrics"]}
        models = {
            measure["name"]: model["node_relation"]["alias"]
            for model in definitions["semantic_models"]
            for measure in model["measures"]
        }
        self._dimensions = {name: self._dimensions_of(name) for name in declared}
        self.metrics = {
            name: Metric(
                name=name,
                label=metric["label"] or name,
                description=" ".join((metric["description"] or "").split()),
                unit=_meta(metric).get("unit", "count"),
                dimensions=(*PERIODS, *self._dimensions[name]),
                sums_book=_meta(metric).get("unit") in _SUMMED
                and {models[measure] for measure in _measures(metric, declared)} == {BOOK},
            )
            for name, metric in sorted(declared.items())
        }

    def _dimensions_of(self, metric: str) -> dict[str, str]:
        """MetricFlow's name of each dimension and key, by its short name.

        If two share a short name, the nearer one is meant.
        """
        engine = self._engine
        found = {item.name: item.name for item in engine.entities_for_metrics([metric])}
        dimensions = engine.simple_dimensions_for_metrics([metric])
        for item in sorted(dimensions, key=lambda one: len(one.entity_links), reverse=True):
            if item.type is not DimensionType.TIME:  # grouped by as a period
                found[item.name] = item.dunder_name
        return dict(sorted(found.items()))

    def compiled(self, names: Sequence[str], by: Sequence[str], where: Sequence[Condition]) -> str:
        """The SQL of a metric query. Raises ConfigError for a dimension the metrics lack.

        Compiling takes far longer than most queries, so it is done once for queries that differ
        only in values, which are put into the SQL afterwards.
        """
        values = [value for one in where for value in one.values]
        numbers = iter(range(len(values)))
        marked = tuple(
            replace(one, values=tuple(_MARK.format(next(numbers)) for _ in one.values))
            for one in where
        )
        return _MARKED.sub(
            lambda mark: literal(values[int(mark[1])]),
            self._compiled(tuple(names), tuple(by), marked),
        )

    def _compile(
        self, names: tuple[str, ...], by: tuple[str, ...], where: tuple[Condition, ...]
    ) -> str:
        fields = self._fields_of(names)
        for name in (*by, *(condition.field for condition in where)):
            known_or_refused(name, fields, f"dimension of {', '.join(names)}")
        request = MetricFlowQueryRequest.create(
            metric_names=list(names),
            group_by_names=[fields[name] for name in by],
            order_by_names=[fields[name] for name in by],
            where_constraints=[one.predicate(_item(fields[one.field])) for one in where] or None,
        )
        query = self._engine.explain(request).sql_statement.sql
        columns = (*(_column(fields[name], name) for name in by), *names)
        order = f" order by {', '.join(map(str, range(1, len(by) + 1)))}" if by else ""
        return f"select {', '.join(columns)} from (\n{query}\n){order}"

    def _fields_of(self, names: Sequence[str]) -> dict[str, str]:
        """The dimensions that all of the metrics have, and the periods."""
        common = {period: f"metric_time__{period}" for period in PERIODS}
        shared = self._dimensions[names[0]]
        for name in names[1:]:
            other = self._dimensions[name]
            shared = {short: full for short, full in shared.items() if other.get(short) == full}
        return common | shared


def _item(field: str) -> str:
    """A dimension or key in the syntax of MetricFlow's filters."""
    path, _, name = field.rpartition("__")
    if path == "metric_time":
        item = f"TimeDimension('metric_time', '{name}')"
    elif path:
        item = f"Dimension('{field}')"
    else:
        item = f"Entity('{field}')"
    return f"{{{{ {item} }}}}"


def _column(field: str, name: str) -> str:
    value = f'cast("{field}" as date)' if name in PERIODS else f'"{field}"'
    return f'{value} as "{name}"'


def _meta(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict((metric.get("config") or {}).get("meta") or {})


def _measures(metric: Mapping[str, Any], declared: Mapping[str, Any]) -> set[str]:
    parameters = metric["type_params"]
    own = parameters.get("measure")
    found = {own["name"]} if own else set()
    for part in parameters.get("metrics") or ():
        found |= _measures(declared[part["name"]], declared)
    return found
