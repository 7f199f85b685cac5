"""A build with other columns, keys and descriptions, and what users had made on those it had."""

from __future__ import annotations

import pytest

from serving.mirrored import Database, differences, mirrored, published_next, rows
from storehouse.core.errors import PublishError
from warehouse.shop import Home

_WIDER = "alter table marts.fct_orders alter column total_amount type decimal(20, 4)"
_ANOTHER = "alter table marts.fct_orders alter column total_amount type bigint"
_SAID = (
    "select col_description('marts.fct_orders'::regclass, attnum) from pg_attribute "
    "where attrelid = 'marts.fct_orders'::regclass and attname = '{}'"
)


@pytest.mark.parametrize("copying", [False, True])
def test_a_snapshot_from_before_sees_old_values_of_a_wider_column_but_none_of_another_type(
    small_home: Home, database: Database, *, copying: bool
) -> None:
    """As docs/bi.md says."""
    mirrored(small_home, database)
    sums = "select count(*), count(total_amount) from marts.fct_orders"
    for change, expected in ((_WIDER, (200, 200)), (_ANOTHER, (200, 0))):
        published_next(small_home.settings, change)
        begin = "begin isolation level repeatable read"
        with database.session(begin, "select build_id from meta.builds") as reader:
            mirrored(small_home, database)
            if copying:
                with reader.cursor() as cursor:
                    cursor.execute("create temporary table seen (n numeric)")
                    cursor.execute("insert into seen select total_amount from marts.fct_orders")
                (found,) = rows(reader, "select count(*), count(n) from seen")
            else:
                (found,) = rows(reader, sums)
            assert found == expected
        assert differences(small_home.settings, database) == []


def test_descriptions_follow_the_build_also_those_of_columns_of_another_type(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    said = database.one(_SAID.format("total_amount"))
    assert said
    published_next(
        small_home.settings,
        _ANOTHER,
        "comment on column marts.fct_orders.channel is null",
        "comment on table marts.dim_channels is null",
    )
    mirrored(small_home, database)
    assert database.one(_SAID.format("total_amount")) == said
    assert database.one(_SAID.format("channel")) is None
    assert database.one("select obj_description('marts.dim_channels'::regclass)") is None


def test_a_column_that_is_no_longer_of_the_key_may_be_null(
    small_home: Home, database: Database
) -> None:
    keys = "update ops.builds set keys = json_merge_patch(keys, '{\"marts.dim_channels\": [%s]}')"
    published_next(small_home.settings, keys % '"channel", "channel_kind"')
    mirrored(small_home, database)
    published_next(
        small_home.settings,
        keys % '"channel"',
        "alter table marts.dim_channels alter column channel_kind drop not null",
        "update marts.dim_channels set channel_kind = null",
    )
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_only_a_whole_key_of_the_table_is_a_key(small_home: Home, database: Database) -> None:
    published_next(
        small_home.settings,
        "update ops.builds set keys = json_merge_patch(keys, "
        '\'{"marts.dim_channels": ["channel", "lower(channel_kind)"]}\')',
    )
    mirrored(small_home, database)
    keys = database.ask("select conrelid::regclass::text from pg_constraint where contype = 'p'")
    assert ("marts.dim_channels",) not in keys


def test_indexes_and_rights_of_users_stay_on_a_column_of_another_type(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    database.run(
        "drop role if exists analyst",
        "create role analyst",
        "grant usage on schema marts to analyst",
        "grant select (total_amount, channel) on marts.fct_orders to analyst",
        "create index ours on marts.fct_orders (total_amount, channel)",
        "create index half on marts.fct_orders ((total_amount / 2)) where total_amount > 0",
    )
    try:
        for change in (_WIDER, _ANOTHER):
            published_next(small_home.settings, change)
            mirrored(small_home, database)
            for name in ("ours", "half"):
                assert database.one(f"select to_regclass('marts.{name}') is not null")
            for name in ("total_amount", "channel"):
                assert database.one(
                    f"select has_column_privilege('analyst', 'marts.fct_orders', '{name}', "
                    "'select')"
                )
            assert differences(small_home.settings, database) == []
    finally:
        database.run("drop owned by analyst", "drop role analyst")


def test_a_view_on_a_column_that_gets_wider_is_named(small_home: Home, database: Database) -> None:
    mirrored(small_home, database)
    database.run("create view public.totals as select total_amount from marts.fct_orders")
    published_next(small_home.settings, _WIDER)
    with pytest.raises(PublishError, match=r"view totals .*Drop what depends on it"):
        mirrored(small_home, database)
    database.run("drop view public.totals")
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_names_are_mirrored_to_63_bytes_and_longer_ones_are_refused(
    small_home: Home, database: Database
) -> None:
    longest, too_long = "é" * 31 + "a", "é" * 32
    published_next(
        small_home.settings,
        f"create table reports.{longest} as select 1::bigint as a, 2::bigint as b",
        f"update ops.builds set tables = list_append(tables, 'reports.{longest}'), "
        f'keys = json_merge_patch(keys, \'{{"reports.{longest}": ["a"]}}\')',
    )
    mirrored(small_home, database)
    published_next(
        small_home.settings,
        f'update ops.builds set keys = json_merge_patch(keys, \'{{"reports.{longest}": ["b"]}}\')',
    )
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []
    published_next(
        small_home.settings, f"alter table reports.{longest} add column {too_long} bigint"
    )
    with pytest.raises(PublishError, match="63 bytes"):
        mirrored(small_home, database)
