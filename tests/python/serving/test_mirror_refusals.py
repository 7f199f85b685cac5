"""What a server refuses or breaks: the mirror says so, gives the remedy and no password."""

from __future__ import annotations

import json

import pytest

from serving.mirrored import Database, differences, mirrored, published_next
from storehouse.core.errors import PublishError
from storehouse.serving.mirror.connection import MirrorError
from warehouse.shop import Home

_CANARY = "canary-5ee7"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("me:" + _CANARY + "@127.0.0.1:1/none", 2),
        ("host=127.0.0.1 port=1 password=" + _CANARY, 2),
        ("mysql://me:" + _CANARY + "@127.0.0.1:1/none", 2),
        ("postgresql://me:" + _CANARY + "[@127.0.0.1:1/none", 2),
        ("postgresql://me:12/" + _CANARY + "@127.0.0.1:1/none", 2),
        ("postgresql://me:12#" + _CANARY + "@127.0.0.1:1/none", 2),
        ("postgresql://me:12?" + _CANARY + "@127.0.0.1:1/none", 2),
        ("postgresql://me:word@" + _CANARY + "@127.0.0.1:1/none", 2),
        ("postgresql://me:" + _CANARY + "\n@127.0.0.1:1/none", 2),
        ("postgresql://me:" + _CANARY + "@127.0.0.1:a/none", 2),
        ("postgresql://me:" + _CANARY + "%zz@127.0.0.1:1/none", 6),
        ("postgresql://127.0.0.1:1/none?user=me&password=" + _CANARY, 6),
    ],
)
def test_a_password_is_never_shown_whatever_is_wrong_with_the_url(
    small_home: Home, url: str, code: int
) -> None:
    said = small_home.storehouse("mirror", "--url", url, code=code)
    assert _CANARY not in json.dumps(said)
    assert "mirror" in said["error"]


_TRIGGER = (
    "create function public.theirs() returns trigger language plpgsql as 'begin {body}; end'",
    "create trigger theirs before insert on marts.fct_orders execute function theirs()",
)
_REFUSED = {
    "Foreign keys to the mirror's tables are not possible": (
        "create table public.theirs (order_key text references marts.fct_orders)",
        "insert into public.theirs select order_key from marts.fct_orders",
    ),
    "Someone else has added that constraint": (
        "alter table marts.fct_orders add constraint theirs check (total_amount < 0) not valid",
    ),
    "Someone has cancelled the statement": tuple(
        one.format(body="perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60)")
        for one in _TRIGGER
    ),
    "their own words.*Mend what it names": tuple(
        one.format(body="raise exception ''their own words''") for one in _TRIGGER
    ),
}
_UNDO = (
    "drop table if exists public.theirs",
    "drop function if exists public.theirs cascade",
    "alter table marts.fct_orders drop constraint if exists theirs",
)


@pytest.mark.parametrize("remedy", _REFUSED)
def test_what_users_made_and_the_server_refuses_is_named_with_its_remedy(
    small_home: Home, database: Database, remedy: str
) -> None:
    before = mirrored(small_home, database).build_id
    database.run(*_REFUSED[remedy])
    published_next(small_home.settings)
    with pytest.raises(MirrorError, match=remedy):
        mirrored(small_home, database, full=True)
    assert database.one("select build_id from meta.builds") == before
    database.run(*_UNDO)
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_a_connection_that_breaks_during_the_commit_leaves_open_which_build_there_is(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    database.run(
        "create function public.leave() returns trigger language plpgsql as "
        "'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'",
        "create constraint trigger leave after insert on meta.builds initially deferred "
        "for each row execute function leave()",
    )
    published_next(small_home.settings)
    with pytest.raises(MirrorError, match="either this build or the one before") as caught:
        mirrored(small_home, database)
    assert "was not changed" not in str(caught.value)
    database.run("drop function public.leave cascade")
    mirrored(small_home, database)
    assert differences(small_home.settings, database) == []


def test_settings_of_the_database_do_not_matter(
    small_home: Home, server: Database, database: Database
) -> None:
    alter = f"alter database {database.url.rpartition('/')[2]}"
    settings = (
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "statement_timeout = '100ms'",
        "idle_in_transaction_session_timeout = '1ms'",
        "lock_timeout = '1ms'",
    )
    server.run(*(f"{alter} set {setting}" for setting in settings))
    small_home.storehouse("mirror", "--url", database.url)
    server.run(f"{alter} reset all")
    assert differences(small_home.settings, database) == []


def test_a_database_of_another_encoding_is_refused_with_the_remedy(
    small_home: Home, server: Database
) -> None:
    server.run(
        "create database latin encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'"
    )
    database = Database(server.url.rpartition("/")[0] + "/latin")
    with pytest.raises(MirrorError, match="must have the encoding UTF8"):
        mirrored(small_home, database)


@pytest.mark.parametrize(
    "theirs",
    [
        "create function reports.theirs() returns int language sql as 'select 1'",
        "create type reports.theirs as enum ('a')",
        "comment on schema reports is 'ours'",
    ],
)
def test_a_schema_in_which_others_have_anything_is_left_alone(
    small_home: Home, database: Database, theirs: str
) -> None:
    database.run("create schema reports", theirs)
    with pytest.raises(PublishError, match="schema reports of that database is not its own"):
        mirrored(small_home, database)


@pytest.mark.parametrize("kind", ["table", "view"])
def test_what_others_call_like_a_table_of_the_build_stays_theirs(
    small_home: Home, database: Database, kind: str
) -> None:
    mirrored(small_home, database)
    database.run(f"create {kind} reports.rpt_new as select 'theirs' as whose")
    published_next(
        small_home.settings,
        "create table reports.rpt_new as select 1::bigint as a",
        "update ops.builds set tables = list_append(tables, 'reports.rpt_new')",
    )
    with pytest.raises(PublishError, match=r"rpt_new.* (drop|Rename) or (rename|drop) it"):
        mirrored(small_home, database)
    assert database.one("select whose from reports.rpt_new") == "theirs"


def test_a_user_that_may_create_no_schema_mirrors_to_those_that_it_owns(
    small_home: Home, database: Database
) -> None:
    database.run(
        "drop role if exists owner",
        "create role owner login password 'word'",
        *(f"create schema {name} authorization owner" for name in ("marts", "reports", "meta")),
    )
    url = f"postgresql://owner:word@{database.url.rpartition('@')[2]}"
    for role in ("reads_one", "reads_two"):
        database.run(f"drop role if exists {role}", f"create role {role}")
        assert small_home.storehouse("mirror", "--url", url, "--role", role)["notes"] == []
        assert database.one(f"select has_table_privilege('{role}', 'marts.fct_orders', 'select')")


def test_a_build_id_that_the_mirror_does_not_have_from_us_names_no_file(
    small_home: Home, database: Database
) -> None:
    build_id = mirrored(small_home, database).build_id
    database.run(f"update meta.builds set build_id = '../published/{build_id}'")
    published_next(small_home.settings)
    done = mirrored(small_home, database)
    assert done.copied > done.rows - 1
    assert differences(small_home.settings, database) == []


def test_an_autovacuum_of_an_altered_table_is_ended(
    small_home: Home, server: Database, database: Database
) -> None:
    mirrored(small_home, database)
    published_next(small_home.settings, "alter table marts.fct_orders add column more bigint")
    server.run("alter system set autovacuum_naptime = '1s'", "select pg_reload_conf()")
    database.run(
        "alter table marts.fct_orders set (autovacuum_vacuum_threshold = 0, "
        "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, "
        "autovacuum_vacuum_cost_limit = 1)",
        "update marts.fct_orders set channel = channel",
    )
    vacuums = (
        "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker' "
        "and query like '%marts.fct_orders%'"
    )
    try:
        while not database.one(vacuums):
            """The server has yet to begin."""
        mirrored(small_home, database)
    finally:
        server.run("alter system reset autovacuum_naptime", "select pg_reload_conf()")
    assert differences(small_home.settings, database) == []
