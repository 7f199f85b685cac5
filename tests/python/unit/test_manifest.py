"""What the project promises of its own models, read from dbt's manifest."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from unit.model_layers import reads, table_of_layers
from unit.reads import unpinned_vars

PROJECT = Path(__file__).parents[3]
SOURCES = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["shops"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where dbt has parsed the project and built nothing."""
    folder = tmp_path_factory.mktemp("home")
    _dbt(folder, "parse")
    return folder


@pytest.fixture(scope="module")
def parsed(home: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((home / "target" / "manifest.json").read_text())
    return manifest


def _dbt(home: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *arguments],
        cwd=PROJECT,
        env=os.environ
        | {
            "STOREHOUSE_HOME": str(home),
            "STOREHOUSE_SOURCES": ",".join(SOURCES),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


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
        for model in _models(parsed, "marts", "reports")
        for column in model["columns"].values()
        if not column["description"] or not column["data_type"]
    ]
    assert bare == []


def test_every_amount_column_says_its_currency_in_its_description(
    parsed: dict[str, Any],
) -> None:
    unsaid = [
        f"{model['name']}.{column['name']}"
        for model in _models(parsed, "marts", "reports")
        for column in model["columns"].values()
        if column["name"].endswith("_amount") and "currency" not in column["description"]
    ]
    assert unsaid == []


def test_every_model_from_the_united_entities_on_has_a_contract(parsed: dict[str, Any]) -> None:
    loose = [
        model["name"]
        for model in _models(parsed, "intermediate", "marts", "aggregates", "tie_outs", "reports")
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
    models = _models(parsed, "marts", "aggregates", "tie_outs", "reports")
    assert [m["name"] for m in models if m["unique_id"] not in tested] == []
    models = _models(parsed, "marts", "reports")
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
    reports = {model["unique_id"] for model in _models(parsed, "reports")}
    assert reports - shown == {"model.storehouse.rpt_duplicate_lines"}


def test_the_data_status_tells_of_every_mart_and_every_report_but_those_on_our_own_work(
    parsed: dict[str, Any],
) -> None:
    covered = set(parsed["nodes"]["model.storehouse.rpt_data_status"]["depends_on"]["nodes"])
    models = {model["unique_id"] for model in _models(parsed, "marts", "reports")}
    own = ("rpt_data_status", "rpt_loads", "rpt_builds")
    assert models - covered == {f"model.storehouse.{name}" for name in own}


def test_a_model_that_leaves_out_one_of_its_inputs_is_refused_by_name(
    parsed: dict[str, Any], home: Path
) -> None:
    without = (
        "{% set found = {} %}{% for node in graph.nodes.values() %}"
        "{% set follows = node.config.meta.follows or {} %}"
        "{% if node.config.materialized == 'replace_by_key' and follows | length > 1 %}"
        "{% for name in follows | list %}{% set declared = follows.pop(name) %}"
        "{% do found.setdefault(node.name, []).append(follow_problems(node)) %}"
        "{% do follows.update({name: declared}) %}{% endfor %}"
        "{% do found[node.name].append(follow_problems(node)) %}"
        "{% endif %}{% endfor %}found={{ found | tojson }}"
    )
    text = _dbt(home, "--quiet", "compile", "--inline", without)
    found = json.loads(text[text.index("found=") + len("found=") :])
    assert len(found) > 20
    for name, problems in found.items():
        *refused, whole = problems
        assert whole == [], name
        follows = parsed["nodes"][f"model.storehouse.{name}"]["config"]["meta"]["follows"]
        for input_name, (problem, *more) in zip(follows, refused, strict=True):
            assert problem == f"{name} reads {input_name} and does not follow it"
            assert all(f" through {input_name}." in other for other in more)


def test_every_unit_test_pins_the_vars_that_it_rests_on(parsed: dict[str, Any]) -> None:
    assert len(parsed["unit_tests"]) > 50
    assert unpinned_vars(parsed) == []


def test_an_unpinned_var_is_found_behind_any_number_of_macros_and_named(
    parsed: dict[str, Any],
) -> None:
    tests = copy.deepcopy(parsed["unit_tests"])
    for test in tests.values():
        if test["overrides"]:
            test["overrides"]["vars"].pop("reporting_currency_code", None)
            test["overrides"]["macros"].pop("snapshotted_sources", None)
    found = unpinned_vars(parsed | {"unit_tests": tests})
    booked = "a_line_is_booked_as_price_discount_and_tax_and_the_order_books_the_rest"
    assert f"fct_ledger_entries.{booked}: reporting_currency_code" in found
    merged = "merges_are_followed_to_the_last_customer_and_a_circle_leads_nowhere"
    assert f"dim_customers.{merged}: shops" in found
    assert {line.split(": ")[1] for line in found} == {"reporting_currency_code", "shops"}


def test_every_unit_test_brings_the_rows_of_all_its_inputs() -> None:
    """Without rows dbt takes a seed's own, which a user may change."""
    bare = [
        (test["name"], given["input"])
        for file in (PROJECT / "models").rglob("*.yml")
        for test in yaml.safe_load(file.read_text()).get("unit_tests", [])
        for given in test["given"]
        if "rows" not in given
    ]
    assert bare == []


def test_tests_of_changes_compile_before_anything_is_built(home: Path) -> None:
    output = _dbt(home, "compile", "-s", "unique_in_changed_rows_fct_orders_order_key")
    assert "Compiled node" in output


def test_dates_are_the_shops_around_midnight_and_both_clock_changes(home: Path) -> None:
    london = '{"shops": {"shop": {"time_zone": "Europe/London"}}}'
    inline = ["--inline", "{{ local_date('placed_at') }}"]
    text = _dbt(home, "--quiet", "compile", *inline, "--vars", london)
    expression = text[text.index("cast(") :].strip()
    dates = {
        "2025-01-31 23:59:59": "2025-01-31",
        "2025-03-30 00:59:59": "2025-03-30",
        "2025-03-30 22:59:59": "2025-03-30",
        "2025-03-30 23:00:00": "2025-03-31",
        "2025-10-25 23:00:00": "2025-10-26",
        "2025-10-26 23:59:59": "2025-10-26",
    }
    with duckdb.connect() as con:
        for at, date in dates.items():
            found = con.execute(
                f"select ({expression})::varchar "
                f"from (select 'shop' as source_name, timestamp '{at}' as placed_at)"
            )
            assert found.fetchall() == [(date,)], at
