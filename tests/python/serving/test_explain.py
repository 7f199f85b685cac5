"""A number is the sum of the entries that explain it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from serving.questions import drawn
from storehouse.core.errors import ConfigError
from storehouse.serving import explain as module
from storehouse.serving.explain import ENTRY_COLUMNS, Question, explain, explained_entries
from storehouse.serving.explain_document import explain_document
from storehouse.serving.explain_raw import raw_rows
from storehouse.serving.metrics import answer
from storehouse.serving.published import Published, published
from storehouse.serving.where import parse_condition
from warehouse.homes import copy_of
from warehouse.shop import Home


@pytest.fixture(scope="module")
def build(shop_home: Home) -> Iterator[Published]:
    with published(shop_home.settings) as opened:
        yield opened


def test_fifty_drawn_questions_are_explained_by_entries_that_sum_to_the_answer(
    build: Published,
) -> None:
    days = build.rows("select min(entry_date), max(entry_date) from marts.fct_ledger_entries")[0]
    kinds = {"channel": ["web", "app", "store"], "category": ["Garden", "Kitchen", "Toys"]}
    entries = 0
    for query in drawn(50, 14, days, kinds):
        name = query.names[0]
        question = Question(name, query.where, query.since, query.until)
        span = {"where": query.where, "since": query.since, "until": query.until}
        found = explain(build, name, **span)  # type: ignore[arg-type]
        rows = explained_entries(build, question)
        given = answer(build, [name], **span).rows  # type: ignore[arg-type]
        values = [row[ENTRY_COLUMNS.index("value")] for row in rows]
        assert found.entry_count == len(rows)
        assert sum(values, Decimal()) == given[0][0] == found.value
        entries += len(rows)
    assert entries > 10_000


@pytest.mark.parametrize("name", ["net_sales", "margin", "cost", "units"])
def test_a_span_without_entries_is_explained_as_nothing(build: Published, name: str) -> None:
    found = explain(build, name, since=date(2000, 1, 1), until=date(2000, 1, 2))
    assert found.value == Decimal()
    assert found.entry_count == 0
    assert not found.documents


def test_a_sum_that_is_not_the_metric_is_never_shown(
    build: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = module._CONTRIBUTIONS.replace("is distinct from 0", "> 20")
    monkeypatch.setattr(module, "_CONTRIBUTIONS", lost)
    with pytest.raises(Exception, match="bug in storehouse"):
        explain(build, "net_sales")


def test_a_number_of_unknown_cost_is_explained_as_not_known(real_home: Home) -> None:
    with published(real_home.settings) as build:
        found = explain(build, "margin")
        assert found.value is None
        assert "sale" in {part.entry_type for part in found.by_type if part.value is None}


def test_a_metric_that_is_no_sum_over_the_book_says_what_it_is(build: Published) -> None:
    with pytest.raises(ConfigError, match=r"margin_rate is not a sum .* Margin as a share of net"):
        explain(build, "margin_rate")
    with pytest.raises(ConfigError, match="Did you mean net_sales"):
        explain(build, "net_sale")


def test_a_document_leads_down_to_its_order_lines_rates_and_payments(build: Published) -> None:
    refund, order_id, currency = build.rows(
        "select document_id, order_id, currency_code from marts.fct_ledger_entries "
        "where document_type = 'refund' and order_line_key <> '-1' "
        "and currency_code <> 'GBP' and reporting_amount <> 0 order by 1 limit 1"
    )[0]
    (found,) = explain_document(build, refund)
    assert (found.document_type, found.document_id) == ("refund", refund)
    rows = {
        name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        for name, table in found.tables.items()
    }
    assert [row["order_id"] for row in rows["order"]] == [order_id]
    assert rows["lines"]
    assert rows["payments"]
    rates = {(row["currency_code"], row["rate_date"]): row["rate"] for row in rows["rates"]}
    for entry in rows["entries"]:
        worth = entry["amount"] * rates[currency, entry["entry_date"]]
        assert abs(worth - entry["reporting_amount"]) <= Decimal("0.00005")
        assert entry["_loaded_at"]


def test_what_a_document_is_not_asked_by_is_refused(shop_home: Home) -> None:
    shop_home.storehouse("explain", "--document", "O000001", "--since", "2025-01-01", code=2)


def test_an_unknown_document_is_refused(build: Published) -> None:
    with pytest.raises(ConfigError, match="no document 'nowhere'"):
        explain_document(build, "nowhere")


def test_the_command_line_gives_all_entries_as_csv(shop_home: Home, tmp_path: Path) -> None:
    file = tmp_path / "entries.csv"
    options = ("--where", "channel=web", "--since", "2025-12-01")
    output = shop_home.storehouse("explain", "net_sales", *options, "--csv", str(file))
    with published(shop_home.settings) as build:
        found = explain(
            build,
            "net_sales",
            where=[parse_condition("channel=web")],
            since=date(2025, 12, 1),
        )
    assert Decimal(output["value"]) == found.value
    assert len(file.read_text().splitlines()) == 1 + found.entry_count
    document = found.documents[0].document_id
    (shown,) = shop_home.storehouse("explain", "--document", document)["documents"]
    assert shown["document_id"] == document


def test_a_document_leads_on_to_exactly_the_rows_of_the_files_that_name_it(
    build: Published, shop_home: Home
) -> None:
    named = defaultdict(set)
    for table, column in (
        ("orders", "order_id"),
        ("order_lines", "order_id"),
        ("refunds", "refund_id"),
        ("refund_lines", "refund_id"),
        ("deletions", "entity_id"),
    ):
        for file in (shop_home.settings.inbox / "shop" / table).glob("*.csv"):
            with file.open(encoding="utf-8") as lines:
                for number, row in enumerate(csv.DictReader(lines), 1):
                    named[row[column]].add((f"shop.{table}", f"{table}/{file.name}", number))
    documents = build.rows(
        "select distinct document_type, document_id from marts.fct_ledger_entries order by all"
    )
    versions = 0
    for kind, number in Random(14).sample(documents, 40):
        found = raw_rows(shop_home.settings, "shop", kind, number)
        assert found.untraced == ()
        rows = {
            (
                name,
                row[table.columns.index("_source_file")],
                row[table.columns.index("_row_number")],
            )
            for name, table in found.tables.items()
            for row in table.rows
        }
        assert {name for name, _, _ in rows} >= {f"shop.{kind}s"}
        assert rows <= named[number]
        missing = {file for _, file, _ in named[number] - rows}
        landed = {file for (file,) in _landed(shop_home, missing)}
        assert not landed, "a file that another one repeats is landed once"
        versions += len(rows)
    assert versions > 100


def test_a_deletion_is_of_the_document_only_and_not_of_another_entity_with_its_id(
    shop_home: Home, tmp_path: Path
) -> None:
    home = replace(copy_of(shop_home, tmp_path / "home"), inbox=tmp_path / "inbox")
    query = "select document_type, max(document_id) from marts.fct_ledger_entries group by 1"
    documents = dict(home.query(query))
    entities = ("customer", "order", "refund")
    file = tmp_path / "inbox" / "shop" / "deletions" / "equal.csv"
    file.parent.mkdir(parents=True)
    rows = [
        f"{entity},{number},2026-01-05T00:00:00Z"
        for entity in entities
        for number in documents.values()
    ]
    file.write_text("\n".join(["entity,entity_id,deleted_at", *rows, ""]), encoding="utf-8")
    home.storehouse("load")
    for kind, number in documents.items():
        found = raw_rows(home.settings, "shop", kind, number).tables["shop.deletions"]
        assert [row[:2] for row in found.rows] == [(kind, number)]
        assert found.columns[:2] == ("entity", "entity_id")


def test_raw_rows_are_not_looked_for_by_what_a_run_without_the_source_parsed(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, sources="ecb")
    home.dbt("parse", "--target-path", str(home.settings.target_dir))
    with pytest.raises(ConfigError, match="of a run without source shop"):
        raw_rows(home.settings, "shop", "order", "O000123")


def _landed(home: Home, files: set[str]) -> list[tuple[str]]:
    listed = ", ".join(f"'{file}'" for file in files) or "''"
    return home.query(
        f"select source_file from ops.loads where status = 'loaded' and source_file in ({listed})"
    )
