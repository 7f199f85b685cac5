"""All assets as the files of one bundle, which Superset imports whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from storehouse.core.errors import ConfigError
from superset_assets.charts import chart, chart_document
from superset_assets.dashboard import (
    Layout,
    Row,
    Section,
    column_filter,
    dashboard_document,
    period_filter,
)
from superset_assets.datasets import (
    Column,
    Currency,
    Dataset,
    dataset_document,
    documented,
    relation,
    reports,
)
from superset_assets.entries import Chart, Entry
from superset_assets.semantic import Semantics

DATABASE = "databases/storehouse.yaml"
# `make superset` puts the address of the published file in its place.
EXAMPLE_URI = "duckdb:////srv/storehouse/published/current.duckdb?access_mode=read_only"
_VERSION = "1.0.0"
# By their names in this space assets keep their identity when they are generated again.
_SPACE = uuid.UUID("6f0c9f0e-3b0f-5b1c-9a53-6c1f3b7d2a10")
_WIDE = 10_000  # dbt's texts and SQL are not broken anew


def assets(
    manifest: Mapping[str, Any],
    semantic_manifest: Mapping[str, Any],
    settings: Mapping[str, Any],
    currency: Currency,
) -> dict[str, str]:
    """The text of each file; `settings` is dashboard.yml. Raises ConfigError for its mistakes."""
    known = datasets(manifest, semantic_manifest, settings)
    sections = [_section(one, known, currency) for one in settings["sections"]]
    charts = [one for section in sections for row in section.rows for one in row.charts]
    titles = [one.entry.title for one in charts]
    if len(set(titles)) < len(titles):
        raise ConfigError("Two charts of bi/superset/dashboard.yml have one title. Rename one.")
    documents = {
        "metadata.yaml": {"version": _VERSION, "type": "assets"},
        DATABASE: _identified("database", "storehouse", _DATABASE),
        **{
            f"datasets/storehouse/{one.name}.yaml": _identified(
                "dataset", one.name, dataset_document(one, currency), database=True
            )
            for one in known
        },
        **{
            f"charts/{_file_name(one.entry.title)}.yaml": _identified(
                "chart", one.entry.title, chart_document(one)
            )
            | {"dataset_uuid": identity("dataset", one.dataset.name)}
            for one in charts
        },
        f"dashboards/{settings['slug']}.yaml": _identified(
            "dashboard", settings["slug"], _dashboard(settings, sections, charts)
        ),
    }
    return {name: _text(document) for name, document in documents.items()}


def datasets(
    manifest: Mapping[str, Any], semantic_manifest: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[Dataset]:
    """Metrics, reports, and the tables that the publisher adds to the file."""
    of_metrics = Semantics(semantic_manifest, documented(manifest)).datasets()
    return [*of_metrics, *reports(manifest), *map(_declared, settings["tables"])]


def identity(kind: str, name: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{kind}/{name}"))


_DATABASE = {
    "database_name": "storehouse",
    "sqlalchemy_uri": EXAMPLE_URI,
    "cache_timeout": None,
    "expose_in_sqllab": True,
    "allow_run_async": False,
    "allow_ctas": False,
    "allow_cvas": False,
    "allow_dml": False,
    "allow_csv_upload": False,
    "extra": {"allows_virtual_table_explore": True},
}


def _declared(table: Mapping[str, Any]) -> Dataset:
    schema, _, name = table["name"].partition(".")
    columns = [Column(one["name"], one["type"], one["description"]) for one in table["columns"]]
    return relation(schema, name, table["description"], columns)


def _section(declared: Mapping[str, Any], known: Sequence[Dataset], currency: Currency) -> Section:
    rows = tuple(
        Row(row["height"], tuple(chart(_entry(one), known, currency) for one in row["charts"]))
        for row in declared["rows"]
    )
    return Section(declared["title"], declared["note"], rows)


def _entry(declared: Mapping[str, Any]) -> Entry:
    """An entry of dashboard.yml, its lists as tuples. Raises ConfigError for an unknown key."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in declared.items()
    }
    try:
        return Entry(**fields)
    except TypeError as error:
        raise ConfigError(
            f"Chart {declared.get('title')!r} of bi/superset/dashboard.yml can't be read: {error}. "
            f"Its keys are {', '.join(Entry.__dataclass_fields__)}; title and kind are needed."
        ) from error


def _dashboard(
    settings: Mapping[str, Any], sections: Sequence[Section], charts: Sequence[Chart]
) -> dict[str, Any]:
    uuids = {one.entry.title: identity("chart", one.entry.title) for one in charts}
    layout = Layout(settings["title"], uuids)
    for section in sections:
        layout.add(section)
    return dashboard_document(
        settings, layout, [period_filter(layout, charts), *_filters(settings, layout, charts)]
    )


def _filters(
    settings: Mapping[str, Any], layout: Layout, charts: Sequence[Chart]
) -> Iterator[dict[str, Any]]:
    """The values of a filter are those of the first chart whose dataset has its column."""
    for one in settings["filters"]:
        name, column = one["name"], one["column"]
        having = [each.dataset for each in charts if column in each.dataset.column_names()]
        if not having:
            raise ConfigError(
                f"Filter {name!r} of bi/superset/dashboard.yml names the column {column!r}, which "
                "no chart's dataset has. Name one of models/metrics/."
            )
        yield column_filter(name, column, identity("dataset", having[0].name), layout, charts)


def _identified(
    kind: str, name: str, document: Mapping[str, Any], *, database: bool = False
) -> dict[str, Any]:
    found = {**document, "uuid": identity(kind, name), "version": _VERSION}
    return found | {"database_uuid": identity("database", "storehouse")} if database else found


def _file_name(title: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in title.lower())


class _Dumper(yaml.SafeDumper):
    """Writes SQL and other texts of several lines as they are."""


def _lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _lines)


def _text(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)
