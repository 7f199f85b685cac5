"""Every setting may be another, from the start or one day; a copy of the project has its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import OF_THE_LOAD
from warehouse.copied import Copy
from warehouse.shop import PROJECT, Home

# Another value of every var that is a setting.
SECOND: dict[str, Any] = {
    "reporting_currency_code": "EUR",
    "max_exchange_rate_age_days": 3,
    "stock_cover_window_days": 10,
    "reorder_lead_days": 3,
    "reorder_cover_days": 20,
    "session_timeout_minutes": 5,
    "bot_user_agents": ["bot", "wget"],
    "bot_min_events": 4,
    "shops": {
        "shop": {
            "time_zone": "Pacific/Auckland",
            "currency_code": "USD",
            "opened_on": "1991-05-06",
            "entities": [
                "exchange_rates",
                "customers",
                "customer_versions",
                "products",
                "product_versions",
                "orders",
                "order_lines",
                "refunds",
                "refund_lines",
                "stock_movements",
                "web_events",
            ],
        }
    },
    "rfm_window_days": 20,
    "affinity_min_orders": 2,
    "affinity_min_lift": 0,
    "affinity_max_basket_products": 3,
    "alert_source_max_age_hours": 24,
    "alert_order_days": 5,
    "alert_order_amount": 150,
    "alert_order_shop_factor": 4,
    "alert_order_customer_factor": 2,
    "alert_history_days": 40,
    "alert_min_history": 20,
    "alert_min_customer_orders": 2,
    "alert_baseline_days": 20,
    "alert_refund_days": 10,
    "alert_refund_factor": 1,
    "alert_refund_min_rate": 0.01,
    "alert_refund_min_units": 1,
    "alert_payment_days": 6,
    "alert_payment_factor": 1.5,
    "alert_payment_min_rate": 0.01,
    "alert_payment_min_failures": 1,
    "alert_finding_amount": 1,
    "alert_finding_documents": 3,
    "alert_tie_out_share": 0.01,
    "alert_tie_out_min_amount": 1.5,
    "alert_sales_days": 3,
    "alert_sales_weeks": 6,
    "alert_sales_min_days": 3,
    "alert_sales_spreads": 0,
    "alert_sales_min_share": 0.1,
    "change_feed_runs": 2,
    "max_loss_share": 0.5,
    "test_all_rows": True,
}

WHOLE = (
    "Rebuilt in full, because the definition of these models has changed "
    "(SQL, settings, follows, views or seeds that they read):"
)
REPORTED_IN = "select currency_code from marts.dim_currencies where is_reporting_currency"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "project")


def _run(home: Home, *command: str) -> str:
    process = home.start(*command)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return str(output)


def _differing(home: Home, other: Home) -> Iterator[tuple[Any, ...]]:
    left_out = OF_THE_LOAD | {"rpt_findings.first_seen_at": "of the build"}
    only = {"reports.rpt_loads": "false"}  # each home has its own loads
    there = Other("a new home", other.settings.warehouse, left_out, only)
    for compared in compare_warehouses(0, home.settings.warehouse, there):
        if compared.surplus or compared.missing:
            yield compared.table, compared.surplus, compared.missing, compared.examples


def test_the_second_settings_differ_from_the_first_in_every_var() -> None:
    first = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    del first["technical_columns"]  # no setting: what landing adds to every table
    assert {name: first[name] == SECOND.get(name, first[name]) for name in first} == dict.fromkeys(
        first, False
    )


@pytest.mark.long
def test_after_a_change_of_every_setting_rows_are_those_of_a_new_home_whatever_was_run_first(
    copy: Copy, tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    inbox = sample_shop(600, 60)
    home = Home(tmp_path / "home", inbox=inbox, project=copy.path)
    home.storehouse("load")
    home.models()
    copy.set(**SECOND)
    partly = _run(home, "dbt", "run", "-s", "fct_orders", "fct_web_events", "agg_product_pairs")
    assert f"{WHOLE} agg_product_pairs, fct_orders, fct_web_events." in " ".join(partly.split())
    output = _run(home, "storehouse", "build")
    assert WHOLE in " ".join(output.split())

    fresh = Home(tmp_path / "fresh", inbox=inbox, project=copy.path)
    fresh.storehouse("run")
    assert list(_differing(home, fresh)) == []
    assert fresh.published(REPORTED_IN) == [("EUR",)]
    assert WHOLE not in " ".join(_run(home, "dbt", "run").split())


def test_a_changed_seed_changes_the_rows_that_follow_it(
    copy: Copy, tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    home = Home(tmp_path / "home", inbox=sample_shop(600, 60), project=copy.path)
    home.storehouse("load")
    channels = ("+fct_sessions",)
    home.models("-s", *channels)
    email = "select count(*) from marts.fct_sessions where marketing_channel = 'Email'"
    ((before,),) = home.query(email)
    seed = copy.path / "seeds" / "marketing_channels.csv"
    seed.write_text(seed.read_text().replace("Email", "Post"))
    _run(home, "dbt", "run", "-s", "fct_web_events")  # without its seed
    assert home.query(email) == [(before,)]
    home.models("-s", *channels)
    assert home.query(email) == [(0,)]
    post = email.replace("Email", "Post")
    assert home.query(post) == [(before,)]
    assert before > 0


def test_a_type_of_entry_that_the_seed_does_not_know_fails_a_test(
    copy: Copy, tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    """It would fall out of net and total sales without a word."""
    seed = copy.path / "seeds" / "entry_types.csv"
    seed.write_text(seed.read_text().replace("refund_tax,tax,false,true\n", ""))
    home = Home(tmp_path / "home", inbox=sample_shop(200, 30), project=copy.path)
    home.storehouse("load")
    home.models("-s", "+fct_ledger_entries", "dim_entry_types")
    test = "every_entry_type_of_fct_ledger_entries_counts_towards_a_measure"
    process = home.start("dbt", "test", "-s", test)
    output, _ = process.communicate()
    unknown = "select count(*) from marts.fct_ledger_entries where is_total_sales is null"
    ((entries,),) = home.query(unknown)
    assert process.returncode == 1
    assert f"Got {entries} results" in output
    assert entries > 0


@pytest.mark.parametrize(
    "currency",
    ["JPY", *(pytest.param(code, marks=pytest.mark.long) for code in ("USD", "BRL", "KWD"))],
)
def test_a_shop_in_pounds_publishes_in_any_currency(
    currency: str, copy: Copy, tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    """The sample has rates of the yen; a bank's file has those of the others."""
    copy.set(reporting_currency_code=currency)
    home = Home(tmp_path / "home", project=copy.path)
    inbox = home.path / "inbox" / "shop"
    shutil.copytree(sample_shop(600, 60) / "shop", inbox)
    if currency != "JPY":
        day = min(file.name[:10] for file in inbox.rglob("*.csv"))
        rates = [f"{date.fromisoformat(day) + timedelta(n)},GBP,{currency},2.5," for n in range(90)]
        header = "rate_date,base_currency_code,quote_currency_code,rate,updated_at"
        file = inbox / "exchange_rates" / "2026-12-31_bank.csv"
        file.write_text("\n".join([header, *rates]) + "\n")
    home.storehouse("run")
    assert home.published(REPORTED_IN) == [(currency,)]
    assert home.published(
        "select count(reporting_amount) > 0.9 * count(*), "
        "bool_or(reporting_amount <> amount and currency_code = 'GBP') "
        "from marts.fct_ledger_entries"
    ) == [(True, True)]


@pytest.mark.parametrize("command", ["storehouse", "dbt"])
def test_a_misspelt_entity_is_refused_with_the_names_that_there_are(
    command: str, copy: Copy, tmp_path: Path
) -> None:
    copy.set(shops={"shop": SECOND["shops"]["shop"] | {"entities": ["orders", "payment"]}})
    process = Home(tmp_path / "home", project=copy.path).start(command, "build")
    output, _ = process.communicate()
    assert process.returncode == 2
    output = " ".join(output.split())
    assert "vars.shops.shop.entities in dbt_project.yml names 'payment'" in output
    assert "order_lines, orders, payments, product_versions, products" in output


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"time_zone": "Europe/Londn"}, "'Europe/Londn', which is not a time zone"),
        ({"history": "snapshots"}, "history in dbt_project.yml is 'snapshots'"),
        ({"currency_code": None}, "has no currency_code"),
    ],
)
def test_an_entry_of_a_shop_that_can_not_be_right_is_refused_by_name(
    entry: dict[str, Any], complaint: str, copy: Copy, tmp_path: Path
) -> None:
    copy.set(shops={"shop": SECOND["shops"]["shop"] | entry})
    process = Home(tmp_path / "home", project=copy.path).start("dbt", "run", "-s", "dim_dates")
    output, _ = process.communicate()
    assert process.returncode == 2
    assert complaint in " ".join(output.split())
