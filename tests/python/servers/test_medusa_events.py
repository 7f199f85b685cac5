"""A real Medusa posts its orders and customers to a real receiver while the shop goes on."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from live.receiving import receiving
from servers import medusa, medusa_order
from servers.medusa_events import RECEIVER
from servers.medusa_seed import FATES, Seeded, seed
from servers.medusa_server import Address
from servers.medusa_shop import signed_in
from servers.postgresql import ServerError, free_port
from storehouse.log.event_log import EventLog
from storehouse.log.opening import log_address
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import OF_THE_LOAD, OPEN_NOW
from storehouse.prove.served import started
from warehouse.live_homes import shown, wait_for
from warehouse.shop import Home

SECRET = {"MEDUSA_WEBHOOK_SECRET": "a-secret-that-is-long-enough"}
OTHER_SECRET = {"MEDUSA_WEBHOOK_SECRET": "another-secret-of-a-receiver"}
TABLES = {
    "orders": ("orders", "order_items", "shipping_methods", "credit_lines", "fulfillments"),
    "customers": ("customers",),
}
KEYS = {"orders": "order_id", "customers": "customer_id"}
TECHNICAL = {"_batch_id", "_loaded_at", "_source_file", "_row_number"}
# Left out: when a home was built, how many rows landed, and credits, which have a test below.
ONLY = OPEN_NOW | {
    "reports.rpt_builds": "false",
    "reports.rpt_data_status": "false",
    "marts.fct_ledger_entries": "document_id not like '% credit %'",
}
# By kind and id, the rows of its newest version: table, and columns as JSON.
Records = dict[tuple[str, str], set[tuple[str, str]]]


@dataclass(frozen=True)
class Story:
    """A shop at its end: the home that takes its events, and one that only pulls.

    `unfilled` is what ordering said before the shop was generated; `seconds` is how long an order
    took to be in the file of now; `posted` and `pulled` are all orders and customers, by event and
    by pull.
    """

    by_event: Home
    by_pull: Home
    unfilled: str
    order: str
    seconds: float
    posted: Records
    pulled: Records


@pytest.fixture(scope="module")
def story(
    fresh_medusa: Callable[[Mapping[str, str]], AbstractContextManager[Address]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    port = free_port()
    environ = {RECEIVER: f"http://127.0.0.1:{port}/webhooks/medusa", **SECRET}
    with fresh_medusa(environ) as server:
        yield _lived(server, port, tmp_path_factory.mktemp("homes"))


def _lived(server: Address, port: int, folder: Path) -> Story:
    environ = {"MEDUSA_URL": server.url, "MEDUSA_SECRET_KEY": server.key}
    by_event = Home(folder / "by_event", sources="medusa", environ=environ | SECRET)
    by_pull = Home(folder / "by_pull", sources="medusa", environ=environ)
    with signed_in(server.url, server.key) as admin:
        with pytest.raises(ServerError) as unfilled:
            medusa_order.order(admin, 1, "guest@example.com")
        with receiving(by_event, "--port", str(port)):
            seeded = seed(admin, len(FATES))
            by_event.storehouse("run")
            by_pull.storehouse("run")
            order, seconds = _seen_live(by_event, seeded)
        _go_on(seeded)  # while the receiver is away
        by_pull.storehouse("run")
        pulled = _pulled(by_pull)
        _refuse(replace(by_event, environ=environ | OTHER_SECRET), port)
        with (
            receiving(by_event, "--port", str(port)),
            log_address(by_event.settings, by_event.variables).opened() as log,
        ):
            wait_for(lambda: _posted(log) == pulled, f"in the log: {len(pulled)} records")
            posted = _posted(log)
        by_event.storehouse("run")
    return Story(by_event, by_pull, str(unfilled.value), order, seconds, posted, pulled)


def _seen_live(home: Home, seeded: Seeded) -> tuple[str, float]:
    """An order that is placed while live is on, and how long until its file shows it."""
    with started("live", home.variables):
        order = medusa_order.order(seeded.shop.admin, 2, "guest@example.com")
        begun = time.monotonic()
        query = f"select 1 from reports.rpt_orders_now where order_id = '{order}'"
        wait_for(lambda: shown(home, "trade", query) == [(1,)], "the order")
        return order, time.monotonic() - begun


def _refuse(home: Home, port: int) -> None:
    """A receiver that refuses what is posted, until it has done so."""
    with receiving(home, "--port", str(port)) as client:
        metrics = f"{client.address}/metrics"
        wait_for(lambda: 'status="401"' in client.http.get(metrics).text, "a refusal")


def _go_on(seeded: Seeded) -> None:
    shop, orders = seeded.shop, {fate: ids[0] for fate, ids in seeded.orders.items()}
    item = shop.read(orders["open"])["items"][0]
    shop.set_quantity(orders["open"], item["id"], item["quantity"] + 2)
    shop.cancel(orders["captured"])
    shop.refund(orders["delivered"], 1.25, "late")
    shop.ship(shop.order([(seeded.variants[0], 2)], "late@example.com"))
    (customer,) = shop.admin.call("/customers", email="customer1@example.com")["customers"]
    shop.admin.call(f"/customers/{customer['id']}", {"last_name": "Lovelace"})


def _posted(log: EventLog) -> Records:
    """What the log says last of each order and customer."""
    found: Records = {}
    for _, event in log.read(0, 100_000):
        data: dict[str, list[dict[str, Any]]] = json.loads(event.data)
        (kind,) = TABLES.keys() & data.keys()
        rows = {(table, _as_json(row)) for table, listed in data.items() for row in listed}
        found[kind, data[kind][0][KEYS[kind]]] = rows
    return found


def _pulled(home: Home) -> Records:
    """The newest version of each order and customer that was read."""
    found: Records = defaultdict(set)
    with duckdb.connect(str(home.path / "warehouse.duckdb"), read_only=True) as con:
        for kind, tables in TABLES.items():
            for table in tables:
                newest = con.sql(
                    f"select * from raw_medusa.{table} qualify _loaded_at = "
                    f"max(_loaded_at) over (partition by {KEYS[kind]})"
                )
                for values in newest.fetchall():
                    row = dict(zip(newest.columns, values, strict=True))
                    found[kind, row[KEYS[kind]]].add((table, _as_json(row)))
    return found


def _as_json(row: dict[str, Any]) -> str:
    return json.dumps(
        {k: row[k] for k in sorted(row.keys() - set(TECHNICAL)) if row[k] is not None}
    )


def test_what_is_posted_is_what_the_pull_reads(story: Story) -> None:
    """Every column, and what changed while the receiver was away, and while it refused."""
    assert story.posted == story.pulled
    assert len([key for kind, key in story.posted if kind == "orders"]) == len(FATES) + 2


def test_every_event_was_taken(story: Story) -> None:
    status = story.by_event.storehouse("status")["log"]
    assert status["dead_letters"] == 0
    assert status["readers"] == [{"source": "medusa", "offset": status["end"], "behind": 0}]
    assert story.by_event.query("select count(*) from ops.rejected_rows") == [(0,)]
    landed = "from raw_medusa.orders where _source_file like '%(event log)%'"
    count = "count(distinct order_id), count(*) filter (where order_id = '{}') > 0"
    assert story.by_event.query(f"select {count.format(story.order)} {landed}") == [
        (len(FATES) + 2, True)
    ]


def test_an_order_is_in_the_reports_of_now_within_seconds(story: Story) -> None:
    assert story.seconds < 30


def test_the_marts_are_those_of_a_home_that_only_pulls(story: Story) -> None:
    other = Other("by pull alone", story.by_pull.settings.warehouse, OF_THE_LOAD, only=ONLY)
    compared = list(compare_warehouses(None, story.by_event.settings.warehouse, other))
    assert [one for one in compared if one.differences] == []
    assert len([one for one in compared if one.rows]) > 25


def test_a_credit_has_the_moment_that_it_had_when_it_was_seen_first(story: Story) -> None:
    """Medusa creates it anew when its order changes: events see it before, a pull may not."""
    by_event, by_pull = (_credits(home) for home in (story.by_event, story.by_pull))
    assert by_event.keys() == by_pull.keys()
    assert len(by_event) > 3
    assert all(by_event[credit] <= by_pull[credit] for credit in by_event)


def _credits(home: Home) -> dict[tuple[Any, ...], Any]:
    """The moment of each entry of a credit."""
    rows = home.query(
        "select ledger_entry_key, order_id, amount, entry_date, entry_at "
        "from marts.fct_ledger_entries where document_id like '% credit %'"
    )
    return {row[:-1]: row[-1] for row in rows}


def test_nothing_is_ordered_in_a_medusa_without_the_generated_shop(story: Story) -> None:
    assert "Medusa's shop lacks a region." in story.unfilled


def test_a_receiver_without_a_secret_is_refused(tmp_path: Path) -> None:
    for environ, reason in (
        ({RECEIVER: "http://127.0.0.1:1/webhooks/medusa"}, "MEDUSA_WEBHOOK_SECRET is not: set it"),
        ({RECEIVER: "127.0.0.1:8504", **SECRET}, "must be the address of `storehouse receive`"),
    ):
        with pytest.raises(ServerError, match=reason):
            medusa.start(tmp_path, environ=environ)
    assert list(tmp_path.iterdir()) == []
