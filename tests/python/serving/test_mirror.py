"""The mirror in a real PostgreSQL is the published build, whatever happened to it before."""

from __future__ import annotations

import json
from contextlib import closing
from threading import Thread

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from serving.mirrored import ROLE, Database, differences, mirrored, published_next, rows
from serving.questions import hold_against_reports, of_metrics
from storehouse.core.errors import LockedError, PublishError
from storehouse.serving.published import published
from warehouse.shop import Home

_SCHEMAS = "('marts', 'reports', 'meta')"


def test_the_command_copies_the_build_with_types_comments_and_keys(
    shop_home: Home, database: Database
) -> None:
    done = shop_home.storehouse("mirror", "--url", database.url)
    assert done["before"] is None
    assert done["copied"] > done["rows"] > 100_000
    assert differences(shop_home.settings, database) == []
    types = database.ask(
        "select column_name::text, data_type::text, numeric_precision::int, numeric_scale::int "
        "from information_schema.columns where table_schema = 'marts' "
        "and table_name = 'fct_ledger_entries'"
    )
    assert ("reporting_amount", "numeric", 18, 4) in types
    assert ("_loaded_at", "timestamp without time zone", None, None) in types
    said = "select obj_description('marts.fct_ledger_entries'::regclass)"
    assert "One row per" in database.one(said)
    keys = database.ask(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
        "where contype = 'p'"
    )
    assert ("marts.fct_ledger_entries", "PRIMARY KEY (ledger_entry_key)") in keys
    assert ("reports.rpt_daily_totals", "PRIMARY KEY (sales_date, source_name)") in keys
    bare = database.ask(
        "select c.oid::regclass::text, attname::text from pg_class as c "
        "inner join pg_attribute on c.oid = attrelid and attnum > 0 "
        "where relkind = 'r' and relnamespace::regnamespace::text in ('marts', 'reports') "
        "and col_description(c.oid, attnum) is null"
    )
    assert bare == []
    again = shop_home.storehouse("mirror", "--url", database.url)
    assert again["unchanged"] is True
    assert (again["copied"], again["deleted"]) == (0, 0)


@pytest.mark.parametrize("home", ["shop_home", "yen_home"])
def test_drawn_questions_have_the_answers_of_metrics_to_the_cent(
    home: str, request: pytest.FixtureRequest, database: Database
) -> None:
    shop: Home = request.getfixturevalue(home)
    mirrored(shop, database)
    with published(shop.settings) as build:
        hold_against_reports(build, of_metrics(build), database.ask)


def test_only_what_changed_between_builds_is_copied(small_home: Home, database: Database) -> None:
    mirrored(small_home, database)
    for number in range(3):
        published_next(
            small_home.settings,
            f"update marts.fct_orders set total_amount = total_amount + {number + 1} "
            f"where hash(order_key) % 3 = {number}",
            f"insert into marts.dim_channels select 'new {number}' || chr(0), 'A new channel.'",
        )
        done = mirrored(small_home, database)
        assert 60 < done.copied < 400
        assert differences(small_home.settings, database) == [
            "marts.dim_channels"  # which holds a zero character, as no text of PostgreSQL can
        ]
    assert database.one("select count(*) from marts.dim_channels where channel like 'new%�'") == 3


def test_a_build_that_was_gone_back_to_is_mirrored(small_home: Home, database: Database) -> None:
    first = mirrored(small_home, database).build_id
    second = published_next(small_home.settings)
    assert mirrored(small_home, database).build_id == second
    small_home.storehouse("rollback")
    done = mirrored(small_home, database)
    assert (done.before, done.build_id) == (second, first)
    assert done.copied < 3 * done.tables  # what is published says its counts of each table
    assert differences(small_home.settings, database) == []


def test_a_full_mirror_mends_what_someone_changed(small_home: Home, database: Database) -> None:
    mirrored(small_home, database)
    database.run("delete from marts.fct_orders", "update marts.dim_products set sku = 'x'")
    published_next(
        small_home.settings, "update marts.fct_orders set channel = 'x' where channel = 'web'"
    )
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == ["marts.dim_products", "marts.fct_orders"]
    mirrored(small_home, database, full=True)
    assert differences(small_home.settings, database) == []


def test_views_and_rights_of_users_go_through_all_builds(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    database.run(
        "drop role if exists analyst",
        "create role analyst",
        "grant usage on schema marts to analyst",
        "grant select on marts.fct_orders to analyst",
        "create schema ours",
        "create view ours.entries as select count(*) as entries from marts.fct_ledger_entries",
        "create index ours on marts.fct_orders (placed_at)",
    )
    reader = database.read_by_role(ROLE)
    for full in (False, True):
        published_next(small_home.settings, "alter table marts.fct_orders add column more bigint")
        mirrored(small_home, database, full=full)
        published_next(small_home.settings, "alter table marts.fct_orders drop column more")
        mirrored(small_home, database, full=full)
        assert differences(small_home.settings, database) == []
        counted = database.one("select count(*) from marts.fct_ledger_entries")
        assert database.one("select entries from ours.entries") == counted
        assert database.one("select has_table_privilege('analyst', 'marts.fct_orders', 'select')")
        assert database.one("select to_regclass('marts.ours') is not null")
        assert reader.one("select count(*) from marts.fct_ledger_entries") == counted
    database.run("drop owned by analyst", "drop role analyst")
    with pytest.raises(postgresql.ProgrammingError, match="permission denied"):
        reader.run("delete from marts.fct_orders")


def test_a_view_on_a_column_that_is_gone_is_named_and_readers_keep_the_build_before(
    small_home: Home, database: Database
) -> None:
    before = mirrored(small_home, database).build_id
    database.run("create view public.margins as select margin_amount from reports.rpt_daily_totals")
    published_next(
        small_home.settings, "alter table reports.rpt_daily_totals drop column margin_amount"
    )
    with pytest.raises(PublishError, match=r"view margins depends on column margin_amount"):
        mirrored(small_home, database)
    assert database.one("select build_id from meta.builds") == before
    assert database.one("select count(margin_amount) from public.margins") > 0
    database.run("drop view public.margins")
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_columns_keys_and_tables_of_a_build_that_others_had_not_are_made_and_taken_away(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    database.run("create table reports.notes_of_users (note text)")
    published_next(
        small_home.settings,
        "alter table marts.fct_orders alter column total_amount type decimal(20, 6)",
        "alter table marts.fct_orders rename column channel to sold_by",
        "drop table reports.rpt_loads",
        "create table reports.rpt_new as select 1::bigint as a, null::date as b",
        "update ops.builds set tables = list_append(list_filter(tables, lambda one: "
        "one <> 'reports.rpt_loads'), 'reports.rpt_new'), "
        'keys = json_merge_patch(keys, \'{"reports.rpt_new": ["a"], '
        '"marts.dim_channels": ["channel", "channel_kind"]}\')',
    )
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []
    assert database.one("select to_regclass('reports.rpt_loads') is null")
    assert database.one("select to_regclass('reports.notes_of_users') is not null")
    keys = database.ask(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
        "where contype = 'p' and conrelid::regclass::text in ('reports.rpt_new', "
        "'marts.dim_channels') order by 1"
    )
    assert keys == [
        ("marts.dim_channels", "PRIMARY KEY (channel, channel_kind)"),
        ("reports.rpt_new", "PRIMARY KEY (a)"),
    ]


def test_a_reader_of_two_tables_that_are_altered_is_let_to_its_end(
    small_home: Home, database: Database
) -> None:
    """Reader and mirror would wait for each other; the mirror gives way."""
    mirrored(small_home, database)
    published_next(
        small_home.settings,
        "alter table marts.fct_orders add column more bigint",
        "alter table marts.fct_payments add column more bigint",
    )
    waiting = (
        "select count(*) > 0 from pg_locks where relation = 'marts.fct_payments'::regclass "
        "and mode = 'AccessExclusiveLock' and not granted"
    )
    with database.session("select count(*) from marts.fct_payments") as reader:
        writer = Thread(target=mirrored, args=(small_home, database))
        writer.start()
        while not database.one(waiting):
            assert writer.is_alive()
        assert rows(reader, "select count(*) from marts.fct_orders") == [(200,)]
        reader.rollback()
        writer.join()
    assert differences(small_home.settings, database) == []


def test_two_mirrors_at_once_are_refused(small_home: Home, database: Database) -> None:
    mirrored(small_home, database)
    published_next(small_home.settings)
    with (
        database.session("select pg_advisory_xact_lock(hashtext('storehouse'))"),
        pytest.raises(LockedError),
    ):
        mirrored(small_home, database)
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_schemas_of_others_are_left_alone(small_home: Home, database: Database) -> None:
    database.run("create schema reports", "create table reports.theirs (a int)")
    with pytest.raises(PublishError, match="schema reports of that database is not its own"):
        mirrored(small_home, database)
    assert database.one(f"select count(*) from pg_namespace where nspname in {_SCHEMAS}") == 1


def test_a_user_that_may_create_no_role_mirrors_and_says_what_is_missing(
    small_home: Home, database: Database
) -> None:
    with closing(postgresql.connect(database.url, autocommit=True)) as con, con.cursor() as cursor:
        cursor.execute("drop role if exists writer")
        cursor.execute("create role writer login password 'the word'")
        cursor.execute(f"grant create on database {database.url.rpartition('/')[2]} to writer")
    url = f"postgresql://writer:the%20word@{database.url.rpartition('@')[2]}"
    done = small_home.storehouse("mirror", "--url", url, "--role", "nobody_yet")
    (note,) = done["notes"]
    assert 'create role "nobody_yet"' in note
    database.run("create role nobody_yet")
    assert small_home.storehouse("mirror", "--url", url, "--role", "nobody_yet")["notes"] == []
    reads = "select has_table_privilege('nobody_yet', 'marts.fct_orders', 'select')"
    assert database.one(reads)


def test_no_password_shows_in_an_error(small_home: Home, database: Database) -> None:
    for url, code in (
        (database.url.replace("storehouse:", "storehouse:wrong"), 6),
        ("postgresql://me:a-secret-word@127.0.0.1:1/none?sslpassword=another-word", 6),
        ("", 2),
    ):
        said = json.dumps(small_home.storehouse("mirror", "--url", url, code=code))
        assert "mirror" in said
        for secret in ("wrong", "a-secret-word", "another-word"):
            assert secret not in said


def test_a_type_that_postgresql_has_not_is_refused(small_home: Home, database: Database) -> None:
    published_next(
        small_home.settings, "alter table marts.fct_orders add column parts struct(a bigint)"
    )
    with pytest.raises(PublishError, match=r"marts.fct_orders.parts is of type STRUCT"):
        mirrored(small_home, database)
