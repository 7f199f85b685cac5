"""Text arrives as UTF-8, whatever the encoding of the database or of its user."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.database.live import LiveShop, new_database, run
from loaders.project import Project

_numbers = itertools.count()

SAMPLES = {
    "LATIN1": "Malmö",
    "WIN1252": "€5 “x”",
    "EUC_JP": "日本カナ",
    "KOI8R": "Привет",
    "UTF8": "😀",
}


def of_encoding(shop: LiveShop, encoding: str) -> LiveShop:
    """The shop in a database of an encoding of its own; statements are written in UTF-8."""
    shop.url = new_database(shop.url, f"encoded{next(_numbers)}", encoding)
    return shop


def write(shop: LiveShop, *statements: str) -> None:
    run(f"{shop.url}?client_encoding=UTF8", *statements)


@pytest.mark.parametrize("encoding", SAMPLES)
def test_text_of_any_encoding_lands_as_it_is(shop: LiveShop, encoding: str) -> None:
    of_encoding(shop, encoding)
    text = SAMPLES[encoding]
    write(
        shop,
        f'create table "t{text}" (id text primary key, "c{text}" text)',
        f"insert into \"t{text}\" values ('{text}', '{text * 3}')",
    )
    columns: list[str | dict[str, object]] = [
        "id",
        {"name": "c", "config": {"meta": {"column": f"c{text}"}}},
    ]
    shop.declare("t", columns, table=f"t{text}", key="id")
    shop.load()
    assert shop.current("t", "id") == [(text, text * 3)]


@pytest.mark.parametrize("setting", ["database", "role", "url"])
def test_the_encoding_of_a_client_changes_nothing(
    shop: LiveShop, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN2")
    of_encoding(shop, "UTF8")
    name = shop.url.rpartition("/")[2]
    write(shop, "create table t (id text primary key)", "insert into t values ('Malmö €5')")
    if setting == "url":
        shop.url += "?client_encoding=LATIN1"
    else:
        on = "database" if setting == "database" else "role storehouse in database"
        write(shop, f"alter {on} {name} set client_encoding = 'WIN1252'")
    shop.declare("t", ["id"], key="id")
    shop.load()
    assert shop.current("t", "id") == [("Malmö €5",)]


@pytest.mark.parametrize(
    ("encoding", "bad", "message"),
    [
        ("SQL_ASCII", r"E'Malm\366'", "bytes 4d616c6df6"),
        ("SQL_ASCII", r"E'\355\240\200'", "bytes eda080"),
        ("WIN1252", r"convert_from('\x81', 'WIN1252')", "bytes 81"),
    ],
)
def test_bytes_without_a_character_refuse_their_table_by_column_and_key(
    shop: LiveShop, encoding: str, bad: str, message: str
) -> None:
    of_encoding(shop, encoding)
    write(
        shop,
        "create table t (id int primary key, at timestamptz, v text)",
        "insert into t select i, now(), repeat('x', 100) from generate_series(1, 30000) i",
        f"update t set v = {bad} where id in (25000, 29000)",
        "create table u (id int primary key)",
        "insert into u values (1)",
    )
    shop.declare("t", ["id", "at", "v"], key="id", incremental={"cursor": "at"})
    shop.declare("u", ["id"], key="id")
    (error,) = shop.attempt().errors
    assert f"shop.t: a value of column v of t, in the row with id='25000' ({message})" in str(error)
    assert (shop.count("t"), shop.count("u")) == (0, 1)
    write(shop, "update t set v = 'x' where id > 1000")
    shop.load()
    assert shop.count("t") == 30000


def test_any_bytes_land_as_they_are_or_are_refused_by_key(server: str) -> None:
    """Of a database that has no encoding; what Python reads as UTF-8 is what lands."""
    url = new_database(server, f"ascii{next(_numbers)}", "SQL_ASCII")

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.one_of(st.binary(max_size=9), st.text(max_size=9).map(str.encode))))
    def lands_or_is_refused(values: list[bytes]) -> None:
        values = [value.replace(b"\0", b"") for value in values]
        bytes_of = "convert_from(decode('{}', 'hex'), 'SQL_ASCII')"
        run(url, "drop table if exists t", "create table t (id int primary key, v text)")
        for number, value in enumerate(values):
            run(url, f"insert into t values ({number}, {bytes_of.format(value.hex())})")
        with tempfile.TemporaryDirectory() as folder:
            shop = LiveShop(Project(Path(folder)), url)
            shop.declare("t", ["id", "v"], key="id")
            errors = [str(error) for error in shop.attempt().errors]
            bad = [number for number, value in enumerate(values) if not _is_text(value)]
            if bad:
                assert f"column v of t, in the row with id='{bad[0]}' (" in errors[0]
                assert shop.count("t") == 0
            else:
                landed = shop.current("t", "id::int")
                assert landed == [(str(n), value.decode()) for n, value in enumerate(values)]

    lands_or_is_refused()


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
