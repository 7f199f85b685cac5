"""What Medusa sends as events lands as what its admin API answers does."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from storehouse.core.errors import ConfigError
from storehouse.live.receiver.senders import Sender, senders
from storehouse.live.receiver.signatures import sign
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.medusa import Medusa, Subscriber, body_of, served
from storehouse.sources.events.contract import Refused
from warehouse.api_histories import medusa_days
from warehouse.shop import Home

SECRET = {"MEDUSA_WEBHOOK_SECRET": "a-secret-that-is-long-enough"}
TABLES = (
    *("orders", "order_items", "shipping_methods", "credit_lines", "fulfillments"),
    "customers",
)
MODELS = ("stg_medusa__orders", "stg_medusa__order_lines", "base_medusa__credit_lines")
VALUES = "columns(lambda c: not starts_with(c, '_'))"
RECEIVED_AT = "2026-04-01T00:00:00+00:00"


def home_at(folder: Path, stack: ExitStack, shop: Medusa) -> Home:
    address = stack.enter_context(served(shop))
    environ = {"MEDUSA_URL": address, "MEDUSA_SECRET_KEY": "sk_invented", **SECRET}
    return Home(folder, sources="medusa", environ=environ)


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    home = Home(tmp_path / "home", sources="medusa", environ=SECRET)
    found, left_out = senders(home.settings, home.environ)
    assert left_out == ()
    return found["medusa"]


def event_of(sender: Sender, body: bytes) -> Event:
    headers = sign(sender.webhook.signature, sender.secrets[0], body, "", 1_000_000.0)
    assert list(headers) == ["x-medusa-signature"]
    sender.verified(headers, body, 1_000_000.0)
    return sender.payload.event(body, headers, "", RECEIVED_AT)


def test_events_give_the_raw_rows_of_a_pull_and_all_versions_of_an_order_stay_apart(
    tmp_path: Path, sender: Sender
) -> None:
    """Each day is pulled as it ends; the events of all days land in one load."""
    with ExitStack() as stack:
        shop = Medusa()
        pulled = home_at(tmp_path / "pulled", stack, shop)
        events: list[Event] = []
        subscriber = Subscriber(shop)
        for _ in medusa_days(shop):
            pulled.storehouse("load", "--full")
            events += [event_of(sender, body) for body in subscriber.bodies()]
        by_event = home_at(tmp_path / "by_event", stack, Medusa())
        with log_address(by_event.settings, by_event.environ).opened() as log:
            log.append(events)
        report = by_event.storehouse("load")
    assert report["errors"] == []
    for table in TABLES:
        columns = "* exclude (_batch_id, _loaded_at, _source_file, _row_number)"
        query = f"select distinct {columns} from raw_medusa.{table} order by all"
        assert by_event.query(query) == pulled.query(query)
        assert by_event.query(query)
    versions = "select count(*) from raw_medusa.orders group by order_id, _source_file"
    assert {count for (count,) in by_event.query(versions)} == {1}

    select = [f"+{model}" for model in MODELS]
    staged = []
    for home in (by_event, pulled):
        home.models("--select", *select)
        staged.append(
            [home.query(f"select {VALUES} from staging.{model} order by all") for model in MODELS]
        )
    assert staged[0] == staged[1]
    assert all(staged[0])


def test_a_record_without_what_the_pull_asks_for_is_refused(sender: Sender) -> None:
    shop = Medusa(now="2026-04-01T00:00:00.000Z")
    shop.order(1, shop.item("1", 1, 1, "10"))
    shop.customer(1, "Leeds")
    whole = shop.orders.records["order_1"]
    assert json.loads(event_of(sender, body_of("order", whole, 1)).data)["orders"]
    refused = {
        "orders lack total": {**whole, "raw_total": {}},
        "order_items lack quantity": {
            **whole, "items": [{k: v for k, v in whole["items"][0].items() if k != "raw_quantity"}],
        },
        "has no order_id": {**whole, "id": None},
    }  # fmt: skip
    for reason, record in refused.items():
        with pytest.raises(Refused, match=reason):
            event_of(sender, body_of("order", record, 1))
    with pytest.raises(Refused, match=r"expected at data\.order, data\.customer"):
        event_of(sender, body_of("cart", whole, 1))


def test_a_source_without_webhooks_has_none_to_receive(tmp_path: Path) -> None:
    home = Home(tmp_path, sources="ecb", environ=SECRET)
    with pytest.raises(ConfigError, match="no source that is on declares `events`"):
        senders(home.settings, home.environ)
