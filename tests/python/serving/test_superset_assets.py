"""Superset's assets are those of dbt's artifacts, and their SQL gives the reports' numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml

from serving.questions import Question, hold_against_reports
from storehouse.core.errors import ConfigError
from storehouse.serving.metrics import answer, metrics
from storehouse.serving.published import Published, published
from superset_assets.bundle import assets, datasets
from superset_assets.datasets import Currency, Dataset, documented
from superset_assets.files import changed_files, generated
from superset_assets.semantic import Semantics
from warehouse.shop import PROJECT, Home

DECLARED = PROJECT / "bi" / "superset" / "dashboard.yml"
POUND = Currency("GBP", 2)


@pytest.fixture(scope="module")
def build(shop_home: Home) -> Iterator[Published]:
    with published(shop_home.settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def manifest(shop_home: Home) -> dict[str, Any]:
    return _artifact(shop_home, "manifest.json")


@pytest.fixture(scope="module")
def semantic_manifest(shop_home: Home) -> dict[str, Any]:
    return _artifact(shop_home, "semantic_manifest.json")


@pytest.fixture
def declared() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DECLARED.read_text("utf-8"))
    return found


@pytest.fixture
def known(
    manifest: dict[str, Any], semantic_manifest: dict[str, Any], declared: dict[str, Any]
) -> list[Dataset]:
    return datasets(manifest, semantic_manifest, declared)


def _artifact(home: Home, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home.settings.target_dir / name).read_text("utf-8"))
    return found


def _relation(dataset: Dataset) -> str:
    return f"({dataset.sql})" if dataset.sql else f"{dataset.schema}.{dataset.name}"


def test_the_assets_are_current(shop_home: Home) -> None:
    settings = shop_home.settings
    assert changed_files(settings, generated(settings)) == [], "run: python scripts/superset_assets"


def test_every_column_of_a_dataset_is_published_with_its_type_and_described(
    build: Published, known: list[Dataset]
) -> None:
    assert len(known) > 20
    for dataset in known:
        shape = build.con.sql(f"from {_relation(dataset)}")
        types = dict(zip(shape.columns, map(str, shape.types), strict=True))
        for column in dataset.columns:
            assert types.get(column.name) == column.data_type, (dataset.name, column.name)
            assert column.description, (dataset.name, column.name)


def test_no_name_of_a_metric_is_also_that_of_a_column(
    build: Published, known: list[Dataset]
) -> None:
    for dataset in known:
        columns = {*build.con.sql(f"from {_relation(dataset)}").columns}
        assert columns & dataset.metrics_by_name().keys() == set(), dataset.name


def test_every_metric_has_the_value_of_the_semantic_layer(
    build: Published, known: list[Dataset]
) -> None:
    of_metrics = [dataset for dataset in known if dataset.sql]
    names = [metric.name for dataset in of_metrics for metric in dataset.metrics]
    assert sorted(names) == [metric.name for metric in metrics(build)]
    for dataset in of_metrics:
        for metric in dataset.metrics:
            value = build.one(f"select {metric.expression} from {_relation(dataset)} as rows")
            assert answer(build, [metric.name]).rows == ((value,),), metric.name


def test_drawn_questions_have_the_answers_of_the_reports_to_the_cent(
    build: Published, known: list[Dataset]
) -> None:
    def ask(question: Question) -> list[tuple[Any, ...]]:
        (dataset,) = (one for one in known if one.metrics_by_name().keys() >= {*question.names})
        expressions = [dataset.metrics_by_name()[name].expression for name in question.names]
        keys = [
            f"cast(date_trunc('{key}', day) as date)" if key in _PERIODS else key
            for key in question.by
        ]
        conditions = [one.predicate(one.field) for one in question.where]
        conditions += [f"day >= '{question.since}'"] if question.since else []
        conditions += [f"day <= '{question.until}'"] if question.until else []
        where = f"where {' and '.join(conditions)}" if conditions else ""
        group = f"group by {', '.join(keys)}" if keys else ""
        columns = ", ".join([*keys, *expressions])
        return build.rows(f"select {columns} from {_relation(dataset)} as rows {where} {group}")

    hold_against_reports(build, ask)


_PERIODS = ("week", "month", "quarter", "year")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"metrics": ["profit"]}, "0 datasets have"),
        ({"metrics": ["net_sales", "sessions"]}, "0 datasets have"),
        ({"metrics": ["net_sales"], "by": ["colour"]}, "names the column 'colour'"),
        ({"metrics": ["net_sales"], "only": ["is_big"]}, "names the column 'is_big'"),
        ({"report": "rpt_moods", "columns": ["mood"]}, "0 datasets have rpt_moods"),
        ({"report": "rpt_findings", "columns": ["mood"]}, "names the column 'mood'"),
        ({"report": "rpt_findings", "metrics": ["mood"]}, "names the metric 'mood'"),
        ({"metrics": ["net_sales"], "kind": "sphere"}, "names the kind 'sphere'"),
        ({"metrics": ["net_sales"], "colour": "red"}, "unexpected keyword argument 'colour'"),
        ({}, "must name a report, or metrics"),
    ],
)
def test_a_chart_of_what_is_not_there_is_refused(
    manifest: dict[str, Any],
    semantic_manifest: dict[str, Any],
    declared: dict[str, Any],
    wrong: Mapping[str, Any],
    said: str,
) -> None:
    chart = {"title": "Wrong", "kind": "table", **wrong}
    declared["sections"][0]["rows"][0]["charts"].append(chart)
    with pytest.raises(ConfigError, match=said) as refused:
        assets(manifest, semantic_manifest, declared, POUND)
    assert "'Wrong' of bi/superset/dashboard.yml" in str(refused.value)


def test_two_charts_of_one_title_are_refused(
    manifest: dict[str, Any], semantic_manifest: dict[str, Any], declared: dict[str, Any]
) -> None:
    charts = declared["sections"][0]["rows"][0]["charts"]
    charts.append(charts[0])
    with pytest.raises(ConfigError, match="have one title"):
        assets(manifest, semantic_manifest, declared, POUND)


@pytest.mark.parametrize(
    ("metric", "change", "said"),
    [
        ("margin", {"filter": {"where_filters": [{"where_sql_template": "x"}]}}, "it is derived"),
        ("margin", {"type": "cumulative"}, "it is cumulative"),
        ("margin", {"metrics": {"offset_window": {"count": 7}}}, "net_sales has offset_window"),
        ("net_sales", {"measure": {"filter": {"where_filters": []}}}, "has filter"),
        ("net_sales", {"measure": {"join_to_timespine": True}}, "joined to the time spine"),
    ],
)
def test_a_metric_whose_sql_would_say_less_than_its_definition_is_refused(
    manifest: dict[str, Any],
    semantic_manifest: dict[str, Any],
    metric: str,
    change: Mapping[str, Any],
    said: str,
) -> None:
    changed = deepcopy(semantic_manifest)
    (one,) = (each for each in changed["metrics"] if each["name"] == metric)
    one.update({name: value for name, value in change.items() if name in ("filter", "type")})
    one["type_params"]["metrics"][:1] = [
        each | change.get("metrics", {}) for each in one["type_params"]["metrics"][:1]
    ]
    if "measure" in change:
        one["type_params"]["measure"].update(change["measure"])
    with pytest.raises(ConfigError, match=said):
        Semantics(changed, documented(manifest)).datasets()


def test_a_chart_keeps_its_identity_when_its_settings_change(
    manifest: dict[str, Any], semantic_manifest: dict[str, Any], declared: dict[str, Any]
) -> None:
    name = "charts/net_sales.yaml"
    before = yaml.safe_load(assets(manifest, semantic_manifest, declared, POUND)[name])
    after = yaml.safe_load(assets(manifest, semantic_manifest, declared, Currency("JPY", 0))[name])
    assert before["uuid"] == after["uuid"]
    assert before["params"]["currency_format"]["symbol"] == "GBP"
    assert after["params"]["currency_format"]["symbol"] == "JPY"
    assert after["params"]["y_axis_format"] == ",.0f"


def test_a_filter_leaves_out_the_charts_that_it_can_not_filter(
    manifest: dict[str, Any], semantic_manifest: dict[str, Any], declared: dict[str, Any]
) -> None:
    files = assets(manifest, semantic_manifest, declared, POUND)
    dashboard = yaml.safe_load(files["dashboards/shop.yaml"])
    names = {
        one["meta"]["chartId"]: one["meta"]["sliceName"]
        for one in dashboard["position"].values()
        if isinstance(one, dict) and one["type"] == "CHART"
    }
    left_out = {
        one["name"]: {names[number] for number in one["scope"]["excluded"]}
        for one in dashboard["metadata"]["native_filter_configuration"]
    }
    assert {"Stock value", "To reorder", "Tie-outs"} <= left_out["Period"]
    assert {"Stock value", "Sessions by week"} <= left_out["Channel"]
    assert "Stock value" not in left_out["Category"]
    assert not {"Net sales", "Net sales by week"} & set().union(*left_out.values())
