"""The sample's web visits: its events, put into sessions by the rules, are the invented visits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sample.shop import one
from sample_shop import write_sample
from sample_shop.troubles import IN_THE_SHOP, Trouble

COLUMNS = (
    "event_id", "event_type", "visitor_id", "customer_id", "product_id", "order_id", "page_url",
    "referrer_url", "utm_source", "utm_medium", "utm_campaign", "user_agent", "occurred_at",
)  # fmt: skip

# The rules of sessions, once more and in another way: from rows, where the sample starts
# from visits. A session is numbered within its visitor.
SESSIONS = r"""
create table numbered as
select
    *,
    sum(is_new::int) over (partition by visitor_id order by occurred_at, id) as session_number
from (
    select
        *, row_number() over (order by occurred_at, event_id) as id,
        occurred_at - lag(occurred_at) over (partition by visitor_id order by occurred_at, event_id)
            > interval 30 minutes as is_new,
        regexp_extract(referrer_url, '^https?://([^/?#]+)', 1) as referrer_host,
        utm_source is not null or referrer_host not in ('', 'shop.example') as has_touch
    from events
);
create table touched as
select
    visitor_id,
    coalesce(session_number, 0) as number,
    min(occurred_at) as started,
    max(occurred_at) as ended,
    count(*) as events_count,
    bool_or(regexp_matches(
        user_agent, 'bot|crawl|spider|slurp|headless|curl|python-requests', 'i'
    )) or (count(*) >= 20 and epoch(max(occurred_at) - min(occurred_at)) < count(*) - 1) as is_bot,
    first(customer_id order by id) filter (where customer_id is not null) as first_named,
    last(customer_id order by id) filter (where customer_id is not null) as last_named,
    first(order_id order by id) filter (where event_type = 'purchase') as order_id,
    max(list_position(
        ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'], event_type
    )) as furthest_step,
    arg_min(
        {'source': utm_source, 'medium': utm_medium, 'campaign': utm_campaign,
         'host': referrer_host}, id
    ) filter (where has_touch) as touch
from numbered group by all;
create table channelled as
select
    *,
    case
        when touch is null then 'Direct'
        when touch.medium in ('cpc', 'ppc', 'paid') then 'Paid Search'
        when touch.medium = 'email' then 'Email'
        when touch.medium in ('social', 'paid_social') then 'Social'
        when touch.medium = 'affiliate' then 'Affiliates'
        when touch.medium is not null then 'Other'
        when regexp_matches(touch.host, '(^|\.)(google|bing|duckduckgo)\.') then 'Organic Search'
        else 'Referral'
    end as channel
from touched;
create table sessions as
select
    visitor_id, started as session_started_at, ended as session_ended_at,
    timezone('Europe/London', timezone('UTC', started))::date as session_date,
    events_count, is_bot,
    coalesce(
        last_named,
        first_value(first_named ignore nulls) over later,
        last_value(last_named ignore nulls) over earlier
    ) as customer_id,
    order_id, furthest_step, channel as marketing_channel, touch.source as utm_source,
    touch.medium as utm_medium, touch.campaign as utm_campaign,
    first_value(channel) over up_to_now as first_touch_channel,
    coalesce(
        last_value(nullif(channel, 'Direct') ignore nulls) over up_to_now, 'Direct'
    ) as last_touch_channel
from channelled
window
    up_to_now as (partition by visitor_id order by number),
    earlier as (
        partition by visitor_id order by number
        rows between unbounded preceding and 1 preceding
    ),
    later as (
        partition by visitor_id order by number
        rows between 1 following and unbounded following
    );
"""


def _load(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    types = ", ".join(f"'{name}': 'varchar'" for name in COLUMNS)
    connection.execute(
        "create table raw_events as select *, parse_filename(filename, true)::date as file_date"
        f" from read_csv('{out}/shop/web_events/*.csv', auto_detect = false, header = true,"
        " delim = ',', quote = '\"', escape = '\"', nullstr = '', filename = true,"
        f" columns = {{{types}}})"
    )
    connection.execute(
        "create table events as select * replace (strptime(occurred_at, '%Y-%m-%dT%H:%M:%SZ')"
        " as occurred_at) from raw_events"
    )
    for name in ("sessions", "funnel_daily"):
        connection.execute(f"create table true_{name} as from '{out}/truth/{name}.parquet'")
    connection.execute(SESSIONS)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web") / "out"
    write_sample(folder, orders=6000, days=365, seed=11, troubles=IN_THE_SHOP)
    return folder


@pytest.fixture(scope="module")
def shop(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """`events` as delivered, `sessions` by the rules, `true_…` as invented."""
    with duckdb.connect() as connection:
        _load(connection, out)
        connection.execute(
            "create table orders as select order_id, any_value(customer_id) as customer_id,"
            " any_value(placed_at) as placed_at, any_value(channel) as channel"
            f" from read_csv('{out}/shop/orders/*.csv', all_varchar = true) group by all"
        )
        yield connection


def _difference(shop: duckdb.DuckDBPyConnection, one: str, other: str) -> list[Any]:
    rows = shop.execute(f"(from {one} except all from {other}) limit 3").fetchall()
    return rows + shop.execute(f"(from {other} except all from {one}) limit 3").fetchall()


def test_the_rules_make_the_invented_visits_of_the_events(shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, "select count(*) from true_sessions") > 6000
    assert _difference(shop, "sessions", "true_sessions") == []


def test_the_rules_make_the_invented_visits_of_many_orders_in_few_days(tmp_path: Path) -> None:
    """So many that visitors buy twice in a visit, or again a little later."""
    write_sample(tmp_path / "out", orders=20_000, days=4, seed=5, troubles=IN_THE_SHOP)
    with duckdb.connect() as connection:
        _load(connection, tmp_path / "out")
        assert _difference(connection, "sessions", "true_sessions") == []
        twice = (
            "select count(*) from (select visitor_id, session_number from numbered"
            " where event_type = 'purchase' group by all having count(distinct order_id) > 1)"
        )
        assert one(connection, twice) > 0


@pytest.mark.parametrize("seed", range(6))
def test_the_rules_make_the_invented_visits_of_a_few_orders(seed: int, tmp_path: Path) -> None:
    """So few that all visits may end in an order, or no order has a customer."""
    write_sample(tmp_path / "out", orders=8, days=2, seed=seed, troubles=IN_THE_SHOP)
    with duckdb.connect() as connection:
        _load(connection, tmp_path / "out")
        assert _difference(connection, "sessions", "true_sessions") == []


def test_the_funnel_counts_the_sessions_of_people(shop: duckdb.DuckDBPyConnection) -> None:
    shop.execute(
        "create or replace view funnel as select session_date, marketing_channel,"
        " coalesce(utm_campaign, '') as utm_campaign, count(*) as sessions_count,"
        " count(*) filter (where furthest_step >= 2) as product_view_sessions_count,"
        " count(*) filter (where furthest_step >= 3) as cart_sessions_count,"
        " count(*) filter (where furthest_step >= 4) as checkout_sessions_count,"
        " count(*) filter (where furthest_step >= 5) as purchase_sessions_count"
        " from sessions where not is_bot group by all"
    )
    assert _difference(shop, "funnel", "true_funnel_daily") == []


def test_the_header_is_that_of_the_export_format(out: Path) -> None:
    for path in (out / "shop/web_events").iterdir():
        assert path.read_text(encoding="utf-8").split("\n", 1)[0] == ",".join(COLUMNS)


PROMISES = {
    "an event lies in the file of its local day": "from raw_events where file_date"
    " != timezone('Europe/London', occurred_at::timestamptz)::date",
    "an event has a number of its own": "from (from events select event_id group by all"
    " having count(*) > 1)",
    "a purchase names an order of the web or the app, at its moment": "from events left join"
    " orders using (order_id) where event_type = 'purchase' and (orders.order_id is null"
    " or orders.channel not in ('web', 'app')"
    " or strptime(placed_at, '%Y-%m-%dT%H:%M:%SZ') > occurred_at)",
    "a purchase names the customer of its order": "from events join orders using (order_id)"
    " where events.customer_id is distinct from orders.customer_id",
    "only purchases name orders": "from events where event_type != 'purchase'"
    " and order_id is not null",
    "an order is bought in one visit": "from (from numbered select order_id"
    " where order_id is not null group by all having count(distinct (visitor_id,"
    " session_number)) > 1)",
    "products are named where they are looked at or wanted, and only there": "from events where"
    " (event_type in ('product_view', 'add_to_cart')) != (product_id is not null)",
    "people take their time": "from true_sessions where not is_bot and events_count >= 20"
    " and epoch(session_ended_at - session_started_at) < events_count - 1",
}


@pytest.mark.parametrize("promise", PROMISES)
def test_no_row_breaks_the_promise(promise: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, f"select count(*) {PROMISES[promise]}") == 0


PAUSES = (
    "from (select occurred_at - lag(occurred_at) over (partition by visitor_id"
    " order by occurred_at, event_id) as pause from events)"
)
FEATURES = {
    "pauses of exactly 30 minutes": f"{PAUSES} where pause = interval 30 minutes",
    "pauses of 30 minutes and a second": f"{PAUSES} where pause = interval 1801 seconds",
    "visits during which the day ends": "from true_sessions where session_date"
    " != timezone('Europe/London', timezone('UTC', session_ended_at))::date",
    "visits that run on while the clock is set forward": "from true_sessions where"
    " session_started_at < '2025-03-30 01:00' and session_ended_at > '2025-03-30 01:00'",
    "visits that run on while the clock is set back": "from true_sessions where"
    " session_started_at < '2025-10-26 01:00' and session_ended_at > '2025-10-26 01:00'",
    "bots that say so": "from true_sessions where is_bot and events_count < 20",
    "bots that say they are browsers": "from sessions join events on"
    " events.visitor_id = sessions.visitor_id where is_bot and user_agent like '%Firefox%'",
    "people one event short of a bot": "from true_sessions where not is_bot"
    " and events_count = 19 and epoch(session_ended_at - session_started_at) < 18",
    "people exactly as slow as they must be": "from true_sessions where not is_bot"
    " and events_count = 20 and epoch(session_ended_at - session_started_at) = 19",
    "visits without a name whose customer is known": "from true_sessions anti join ("
    " from numbered where customer_id is not null) using (visitor_id)"
    " where customer_id is null",
    "visits brought by something that only the second event says": "from numbered"
    " where has_touch and is_new is not null and not is_new",
    "visits that something else seems to bring in the end": "from (select visitor_id,"
    " session_number from numbered where has_touch group by all"
    " having count(distinct coalesce(utm_source, referrer_host)) > 1)",
    "last touches of earlier visits": "from true_sessions where marketing_channel = 'Direct'"
    " and last_touch_channel != 'Direct'",
    "first touches of earlier visits": "from true_sessions"
    " where first_touch_channel != marketing_channel",
    "purchases without a cart in the same visit": "from (from numbered select visitor_id,"
    " session_number group by all having bool_or(event_type = 'purchase')"
    " and not bool_or(event_type = 'add_to_cart'))",
    "orders announced twice": "from (select order_id from events where order_id is not null"
    " group by all having count(*) > 1)",
    "visitors who are two customers": "from (from events select visitor_id group by all"
    " having count(distinct customer_id) > 1)",
    "customers with several devices": "from (from events select customer_id group by all"
    " having customer_id is not null and count(distinct visitor_id) > 1)",
    "guests who buy": "from true_sessions where order_id is not null and customer_id is null",
    "campaigns with commas": "from true_sessions where utm_campaign like '%,%'",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_sample_has(feature: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, f"select count(*) {FEATURES[feature]}") > 0


def test_all_marketing_channels_occur(shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, "select count(distinct marketing_channel) from true_sessions") == 8


def test_there_are_four_events_a_visit_and_three_visits_for_two_orders(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    online = one(shop, "select count(*) from orders where channel in ('web', 'app')")
    visits = one(shop, "select count(*) from true_sessions")
    assert 1.4 < visits / online < 1.6
    assert 3.7 < one(shop, "select count(*) from events") / visits < 4.5


def test_the_summary_counts_events_sessions_bots_and_late_names(
    out: Path, shop: duckdb.DuckDBPyConnection
) -> None:
    summary = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))
    assert summary["web_events"] == one(shop, "select count(*) from events")
    assert summary["sessions"] == one(shop, "select count(*) from sessions")
    bots = one(shop, "select count(*) from sessions where is_bot")
    assert summary["troubles"]["bots"] == bots
    late = (
        "select count(*) from channelled as visit where last_named is null and exists ("
        "from channelled as later where later.visitor_id = visit.visitor_id"
        " and later.number > visit.number and later.last_named is not null)"
    )
    assert summary["troubles"]["late_identity"] == one(shop, late)


@pytest.mark.parametrize("trouble", [Trouble.BOTS, Trouble.LATE_IDENTITY])
def test_a_trouble_that_is_off_does_not_occur_and_the_rules_still_hold(
    trouble: Trouble, tmp_path: Path
) -> None:
    summary = write_sample(
        tmp_path / "out", orders=1500, days=60, seed=2, troubles=IN_THE_SHOP - {trouble}
    )
    assert summary.troubles[trouble] == 0
    assert sum(summary.troubles.values()) > 0
    with duckdb.connect() as connection:
        _load(connection, tmp_path / "out")
        assert _difference(connection, "sessions", "true_sessions") == []
