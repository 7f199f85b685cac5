"""Datasets of metrics, from dbt's semantic manifest.

Superset joins nothing and has no metric over two datasets. So each semantic model is joined with
its dimensions, and models that share a metric become one dataset, one below the other: an
aggregate ignores the rows of the other models, where its measure is null. Names are those of
`storehouse metric`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from storehouse.core.errors import ConfigError
from superset_assets.datasets import Column, Dataset, Metric

DAY = "day"
_AGGREGATES = {"sum": "sum({})", "count_distinct": "count(distinct {})"}
_DIMENSION = re.compile(r"\{\{\s*Dimension\('(?:\w+__)?(\w+?)'\)\s*\}\}")
_UNSUPPORTED = ("filter", "offset_window", "offset_to_grain")


class Semantics:
    """The semantic layer; `documented` has the columns of each table by name."""

    def __init__(
        self, manifest: Mapping[str, Any], documented: Mapping[str, Mapping[str, Column]]
    ) -> None:
        self._models = {model["name"]: model for model in manifest["semantic_models"]}
        self._metrics = {metric["name"]: metric for metric in manifest["metrics"]}
        self._documented = documented
        self._measures = {
            measure["name"]: (model["name"], measure)
            for model in manifest["semantic_models"]
            for measure in model["measures"]
        }

    def datasets(self) -> list[Dataset]:
        """One dataset for each group of semantic models that share a metric, by name."""
        groups: list[set[str]] = []
        for metric in self._metrics:
            group = self._models_of(metric)
            for other in [one for one in groups if one & group]:
                groups.remove(other)
                group |= other
            groups.append(group)
        return [self._dataset(group) for group in sorted(map(sorted, groups))]

    def _models_of(self, metric: str) -> set[str]:
        inputs = self._metrics[metric]["type_params"]["input_measures"]
        return {self._measures[measure["name"]][0] for measure in inputs}

    def _dataset(self, names: Sequence[str]) -> Dataset:
        columns = [self._columns_of(self._models[name]) for name in names]
        shared = [
            column for name, column in columns[0].items() if all(name in one for one in columns)
        ]
        return Dataset(
            name="metrics_" + "_and_".join(names),
            description=" ".join(self._models[name]["description"] for name in names),
            sql="\nunion all by name\n".join(self._rows_of(self._models[name]) for name in names),
            columns=tuple(shared),
            metrics=tuple(
                self._metric(metric)
                for metric in sorted(self._metrics)
                if self._models_of(metric) <= {*names}
            ),
        )

    def _metric(self, name: str) -> Metric:
        metric = self._metrics[name]
        return Metric(
            name,
            metric["label"] or name,
            " ".join(metric["description"].split()),
            metric["config"]["meta"]["unit"],
            self._expression(name),
            is_sum=metric["type"] == "simple",
        )

    def _expression(self, name: str) -> str:
        """The metric as one SQL expression over the rows of its dataset."""
        metric = self._metrics[name]
        parameters = metric["type_params"]
        match metric["type"]:
            case "simple":
                return self._aggregate(metric, parameters["measure"])
            case "derived" if not metric["filter"]:
                parts = {one["alias"] or one["name"]: one for one in parameters["metrics"]}
                for one in parts.values():
                    _refuse(name, one)
                known = re.compile(rf"\b({'|'.join(parts)})\b")
                return known.sub(
                    lambda found: f"({self._expression(parts[found[1]]['name'])})",
                    parameters["expr"],
                )
        raise ConfigError(
            f"Metric {name} can't be brought to Superset: it is {metric['type']}, or filters a "
            "derived metric. Teach scripts/superset_assets/semantic.py to write its SQL."
        )

    def _aggregate(self, metric: Mapping[str, Any], used: Mapping[str, Any]) -> str:
        _refuse(metric["name"], used)
        measure = self._measures[used["name"]][1]
        if measure["agg"] not in _AGGREGATES or used["join_to_timespine"]:
            raise ConfigError(
                f"Measure {measure['name']} can't be brought to Superset: it is aggregated by "
                f"{measure['agg']}, or joined to the time spine. Teach "
                "scripts/superset_assets/semantic.py to write its SQL."
            )
        aggregate = _AGGREGATES[measure["agg"]].format(measure["name"])
        filters = (metric["filter"] or {}).get("where_filters", ())
        if filters:
            templates = " and ".join(f"({one['where_sql_template']})" for one in filters)
            conditions = _DIMENSION.sub(r"\1", templates)
            aggregate = f"{aggregate} filter (where {conditions})"
        empty = used["fill_nulls_with"]
        return aggregate if empty is None else f"coalesce({aggregate}, {empty})"

    def _columns_of(self, model: Mapping[str, Any]) -> dict[str, Column]:
        """What the rows of a model can be grouped by, the day first."""
        day = _named(model["dimensions"], model["defaults"]["agg_time_dimension"])
        found = [Column(DAY, self._documented_of(model, day).data_type, day["description"])]
        for one in (model, *self._joined_to(model)):
            own = _dimensions(one) if one is not model else (*model["entities"], *_dimensions(one))
            for item in own:
                documented = self._documented_of(one, item)
                description = item["description"] or documented.description
                found.append(Column(item["name"], documented.data_type, description))
        by_name = {column.name: column for column in found}
        if len(by_name) < len(found):
            raise ConfigError(
                f"Dimensions of {model['name']} and of what it is joined with share a name: "
                f"{', '.join(column.name for column in found)}. Rename one in models/metrics/."
            )
        return by_name

    def _documented_of(self, model: Mapping[str, Any], item: Mapping[str, Any]) -> Column:
        """The column of the model's table that an entity or dimension is."""
        return self._documented[model["node_relation"]["alias"]][item["expr"] or item["name"]]

    def _joined_to(self, model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The models with dimensions of the entities that the model names, in its order."""
        return [
            other
            for entity in model["entities"]
            for other in self._models.values()
            if other is not model and _dimensions(other) and _primary(other) == entity["name"]
        ]

    def _rows_of(self, model: Mapping[str, Any]) -> str:
        """The rows of a model with its measures and dimensions, and those of joined models."""
        day = _named(model["dimensions"], model["defaults"]["agg_time_dimension"])
        items = [*model["entities"], *_dimensions(model), *model["measures"]]
        columns = [_selected(day["expr"] or day["name"], DAY)]
        columns += [_selected(item["expr"] or item["name"], item["name"]) for item in items]
        sql = f"select *\nfrom {_relation(model, columns)}"
        for other in self._joined_to(model):
            key = next(one for one in other["entities"] if one["type"] == "primary")
            columns = [
                _selected(item["expr"] or item["name"], item["name"])
                for item in (key, *_dimensions(other))
            ]
            sql += f"\nleft join {_relation(other, columns)} using ({key['name']})"
        return sql


def _relation(model: Mapping[str, Any], columns: Sequence[str]) -> str:
    relation = model["node_relation"]
    listed = ",\n".join(f"    {column}" for column in columns)
    table = f"{relation['schema_name']}.{relation['alias']}"
    return f"(\n  select\n{listed}\n  from {table}\n) as {model['name']}"


def _selected(expression: str, name: str) -> str:
    return name if expression == name else f"{expression} as {name}"


def _dimensions(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All but times: metrics are grouped by one time, the day."""
    return [one for one in model["dimensions"] if one["type"] == "categorical"]


def _primary(model: Mapping[str, Any]) -> str | None:
    return next((one["name"] for one in model["entities"] if one["type"] == "primary"), None)


def _named(items: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(item for item in items if item["name"] == name)


def _refuse(metric: str, used: Mapping[str, Any]) -> None:
    """Raise ConfigError for a part of a metric that would be ignored."""
    ignored = [name for name in _UNSUPPORTED if used.get(name)]
    if ignored:
        raise ConfigError(
            f"Metric {metric} can't be brought to Superset: its part {used['name']} has "
            f"{', '.join(ignored)}. Teach scripts/superset_assets/semantic.py to write its SQL."
        )
