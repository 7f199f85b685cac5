"""A change feed that leaves out a kind of document is found, with its name and an example."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.copied import Copy
from warehouse.shop import Home

FEED = "models/staging/shop/stg_shop__changes.sql"
PAYMENTS = """    {{ deliveries('shop', 'payments', 'payment', 'payment_id') }}
    union all
"""
REFUNDED_ORDERS = """    select * from refunded_orders
    union all
"""
RATES = """    union all
    select * from rate_changes
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sample_shop: Callable[..., Path]) -> Home:
    """A shop in two loads, so that refunds come without their orders."""
    copy = Copy(tmp_path_factory.mktemp("project") / "copy")
    home = Home(tmp_path_factory.mktemp("home"), project=copy.path)
    inbox = home.path / "inbox" / "shop"
    for is_first in (True, False):
        for file in (sample_shop(600, 60) / "shop").rglob("*.csv"):
            if (file.name < "2025-12-10") == is_first:
                (inbox / file.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copy(file, inbox / file.parent.name)
        home.storehouse("load")
    home.models("-s", "+int_*_united", "+int_product_history")
    return home


def _tested(home: Home, code: int) -> str:
    test = "every_document_is_named_by_its_change_feed"
    process = home.start("dbt", "build", "-s", "stg_shop__changes", test)
    said, _ = process.communicate()
    assert process.returncode == code, said
    return " ".join(said.split())


def test_the_feed_of_the_shop_names_all_that_it_delivers(home: Home) -> None:
    assert "PASS=" in _tested(home, code=0)


@pytest.mark.parametrize(
    ("left_out", "complaint"),
    [
        (PAYMENTS, "does not name each payment that came with payments, as "),
        (REFUNDED_ORDERS, "does not name each order that came with refunds that name it, as "),
        (RATES, "does not name each exchange_rate that came with exchange_rates, as EUR "),
    ],
)
def test_a_feed_without_a_kind_is_named_with_the_kind_and_an_example(
    left_out: str, complaint: str, home: Home
) -> None:
    feed = home.project / FEED
    whole = feed.read_text()
    assert whole.count(left_out) == 1
    feed.write_text(whole.replace(left_out, ""))
    try:
        assert f"stg_shop__changes {complaint}" in _tested(home, code=1)
    finally:
        feed.write_text(whole)
