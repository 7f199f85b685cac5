"""What the project promises of its own models, read from dbt's manifest."""

from __future__ import annotations

import re
from typing import Any

import pytest

from unit.model_layers import reads, table_of_layers
from unit.project import PROJECT, SOURCES

_WITH_CONTRACT = ("intermediate", "marts", "aggregates", "tie_outs", "alerts", "now", "reports")


def _models(manifest: dict[str, Any], *folders: str) -> list[dict[str, Any]]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and (not folders or node["fqn"][1] in folders)
    ]


def test_every_model_seed_and_snapshot_is_described_and_says_its_grain(
    parsed: dict[str, Any],
) -> None:
    silent = [
        node["name"]
        for node in parsed["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and "**One row per " not in node["description"]
    ]
    assert silent == []


def test_every_table_of_every_source_is_described(parsed: dict[str, Any]) -> None:
    tables = parsed["sources"].values()
    assert [f"{one['source_name']}.{one['name']}" for one in tables if not one["description"]] == []
    assert {one["source_name"] for one in tables} > set(SOURCES)


def test_every_layer_reads_what_contributing_allows_it_and_is_allowed_nothing_more(
    parsed: dict[str, Any],
) -> None:
    found = list(reads(parsed))
    assert [text for text, _, allowed_by in found if allowed_by is None] == []
    allowed = {(layer, entry) for layer, entries in table_of_layers().items() for entry in entries}
    assert allowed == {(layer, allowed_by) for _, layer, allowed_by in found}


def test_every_column_of_marts_and_reports_is_described_and_typed(
    parsed: dict[str, Any],
) -> None:
    bare = [
        f"{model['name']}.{column['name']}"
        for model in _models(parsed, "marts", "alerts", "now", "reports")
        for column in model["columns"].values()
        if not column["description"] or not column["data_type"]
    ]
    assert bare == []


def test_every_amount_column_says_its_currency_in_its_description(
    parsed: dict[str, Any],
) -> None:
    unsaid = [
        f"{model['name']}.{column['name']}"
        for model in _models(parsed, "marts", "now", "reports")
        for column in model["columns"].values()
        if column["name"].endswith("_amount") and "currency" not in column["description"]
    ]
    assert unsaid == []


def test_every_model_from_the_united_entities_on_has_a_contract(parsed: dict[str, Any]) -> None:
    loose = [
        model["name"]
        for model in _models(parsed, *_WITH_CONTRACT)
        if not model["config"]["contract"]["enforced"]
    ]
    assert loose == []


def test_the_canonical_contract_says_of_each_column_what_it_holds_and_whether_it_may_be_null(
    parsed: dict[str, Any],
) -> None:
    united = [m for m in _models(parsed, "intermediate") if m["name"].endswith("_united")]
    assert len(united) > 10
    for model in united:
        for column in model["columns"].values():
            name, meta = f"{model['name']}.{column['name']}", column["config"]["meta"]
            description = column["description"]
            assert ("Never null" in description) is meta.get("required", False), name
            assert meta.get("required") or re.search(r"\bnull\b|\belse\b", description.lower()), (
                name
            )
            assert ", ".join(meta.get("one_of", [])) in description, name


def test_the_book_knows_the_types_of_lines_that_the_contract_lists(parsed: dict[str, Any]) -> None:
    code = parsed["macros"]["macro.storehouse.line_types"]["macro_sql"]
    for entity in ("order_lines", "refund_lines"):
        united = parsed["nodes"][f"model.storehouse.int_{entity}_united"]
        listed = united["columns"]["line_type"]["config"]["meta"]["one_of"]
        assert re.findall(r"'(\w+)'", code) == listed


def test_what_is_built_from_marts_on_tests_its_grain_and_what_is_shown_names_an_owner(
    parsed: dict[str, Any],
) -> None:
    tested = {
        node["attached_node"]
        for node in parsed["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name", "").startswith("unique")
    }
    models = _models(parsed, "marts", "aggregates", "tie_outs", "alerts", "now", "reports")
    assert [m["name"] for m in models if m["unique_id"] not in tested] == []
    models = _models(parsed, "marts", "alerts", "now", "reports")
    assert [m["name"] for m in models if not m["config"]["meta"].get("owner")] == []


def test_a_test_with_a_condition_is_named_as_a_sentence(parsed: dict[str, Any]) -> None:
    unnamed = [
        node["name"]
        for node in parsed["nodes"].values()
        if node["resource_type"] == "test"
        and (node["config"]["where"] or node["config"]["severity"].lower() != "error")
        and node["name"]
        .removeprefix("source_")
        .startswith(node.get("test_metadata", {}).get("name", " "))
    ]
    assert unnamed == []


@pytest.mark.parametrize("entity", ["product", "customer"])
def test_what_begins_a_new_version_is_what_its_history_shows_and_its_snapshot_watches(
    parsed: dict[str, Any], entity: str
) -> None:
    nodes, technical = parsed["nodes"], {"source_name", f"{entity}_id", "_loaded_at"}
    history = nodes[f"model.storehouse.int_{entity}_history"]
    (terms,) = re.findall(r"\(([^()]+)\) as terms", history["raw_code"])
    begun_by = set(terms.replace(",", " ").split())
    periods = {f"{entity}_key", f"{entity}_version_key", "valid_from", "valid_to"}
    assert begun_by == history["columns"].keys() - technical - periods

    watched = set(nodes[f"snapshot.storehouse.snap_{entity}s"]["config"]["check_cols"])
    tracked = nodes[f"model.storehouse.int_{entity}s_tracked"]
    assert watched == tracked["columns"].keys() - technical
    made_of = {"merged_into_customer_id" if one == "is_merged" else one for one in begun_by}
    assert watched == made_of


def test_a_report_of_now_names_its_lane_and_reads_only_what_that_lane_has(
    parsed: dict[str, Any],
) -> None:
    of_lanes = {
        "trade": {"fct_ledger_entries", "fct_order_lines", "fct_orders", "fct_payments"},
        "stock": {"fct_stock_movements", "dim_products", "rpt_stock_cover"},
        "web": {"fct_web_events", "fct_sessions"},
    }
    lanes = set()
    for model in _models(parsed, "now"):
        lane = model["config"]["meta"]["lane"]
        found = {node.split(".")[-1] for node in model["depends_on"]["nodes"]}
        assert found <= of_lanes[lane], model["name"]
        assert model["name"].endswith("_now")
        assert "evaluated_at" not in model["raw_code"]
        lanes.add(lane)
    assert lanes == of_lanes.keys()


def test_an_alert_of_a_lane_reads_only_what_that_lane_has_or_what_stays_as_built(
    parsed: dict[str, Any],
) -> None:
    of_lanes = {
        "trade": {"fct_ledger_entries", "fct_order_lines", "fct_orders", "fct_payments"},
        "stock": {"fct_stock_movements", "rpt_stock_now"},
    }
    lanes = set()
    for model in _models(parsed, "alerts"):
        meta = model["config"]["meta"]
        if lane := meta.get("lane"):
            found = {node.split(".")[-1] for node in model["depends_on"]["nodes"]}
            own = of_lanes[lane] | set(meta.get("from_build", ())) | {"int_source_freshness"}
            assert found <= own, model["name"]
            lanes.add(lane)
    assert lanes == of_lanes.keys()


def test_no_model_fixes_its_own_materialization(parsed: dict[str, Any]) -> None:
    fixed = [m["name"] for m in _models(parsed) if re.search(r"config\s*\(", m["raw_code"])]
    assert fixed == []


def test_every_model_has_its_yml_beside_it() -> None:
    alone = [
        str(file.relative_to(PROJECT))
        for file in (PROJECT / "models").rglob("*.sql")
        if not file.with_suffix(".yml").is_file()
    ]
    assert alone == []


def test_every_macro_is_documented(parsed: dict[str, Any]) -> None:
    own = [
        macro
        for macro in parsed["macros"].values()
        if macro["package_name"] == "storehouse" and not macro["name"].startswith("test_")
    ]
    assert len(own) > 10
    assert [macro["name"] for macro in own if not macro["description"]] == []


def test_every_report_is_shown_by_an_exposure_or_explains_data(parsed: dict[str, Any]) -> None:
    shown = {node for e in parsed["exposures"].values() for node in e["depends_on"]["nodes"]}
    reports = {model["unique_id"] for model in _models(parsed, "now", "reports")}
    assert reports - shown == {"model.storehouse.rpt_duplicate_lines"}


def test_an_alert_is_two_files_with_the_columns_of_all_and_its_inputs_are_known_to_their_union(
    parsed: dict[str, Any],
) -> None:
    nodes = parsed["nodes"]
    unions = {
        ("alerts",): nodes["model.storehouse.rpt_alerts"],
        ("alerts", "operations"): nodes["model.storehouse.alerts_on_operation"],
    }
    columns = list(unions["alerts",]["columns"])
    alerts = [m for m in _models(parsed, "alerts") if m["name"].startswith("alert_")]
    assert len(alerts) > 10
    for alert in alerts:
        union = unions[tuple(alert["fqn"][1:-1])]
        assert list(alert["columns"]) == list(union["columns"]) == columns, alert["name"]
        missing = {*alert["depends_on"]["nodes"]} - {*union["depends_on"]["nodes"]}
        assert missing == set(), f"{union['name']} has to reference what {alert['name']} reads"
        key = f"'{alert['name'].removeprefix('alert_')}"
        assert key in alert["raw_code"], alert["name"]


def test_the_data_status_tells_of_every_mart_and_every_report_but_those_on_our_own_work(
    parsed: dict[str, Any],
) -> None:
    covered = set(parsed["nodes"]["model.storehouse.rpt_data_status"]["depends_on"]["nodes"])
    models = {model["unique_id"] for model in _models(parsed, "marts", "now", "reports")}
    own = ("rpt_data_status", "rpt_loads", "rpt_builds")
    assert models - covered == {f"model.storehouse.{name}" for name in own}
