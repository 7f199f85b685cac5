"""SQLite checks no text: what is none in its encoding is refused by key, all else is exact."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from loaders.database.lite import LiteShop, lite_shop
from loaders.database.live import At
from storehouse.sources.database import sqlite, table_stream


def refusal(shop: LiteShop) -> str:
    (error,) = shop.attempt().errors
    return str(error)


@pytest.mark.parametrize(
    ("encoding", "bad"),
    [("UTF-8", "4d616c6df6"), ("UTF-8", "eda080"), ("UTF-8", "f4908080"), ("UTF-16le", "00d8")],
)
def test_bytes_that_are_no_text_refuse_their_table_by_column_and_key(
    tmp_path: Path, encoding: str, bad: str
) -> None:
    with lite_shop(tmp_path, encoding) as shop:
        shop.sql(
            "create table t (id text primary key, v text)",
            "insert into t values ('1', 'ö€\U0001f600'), ('3', 'x')",
            f"insert into t values ('2', cast(x'{bad}' as text))",
            "create table other (id integer primary key)",
            "insert into other values (7)",
        )
        shop.declare("t", ["id", "v"], key="id")
        shop.declare("other", ["id"], key="id")
        message = refusal(shop)
        assert f"column v of t, in the row with id='2' (bytes {bad.upper()}), can't land" in message
        assert f"it is not valid {encoding.lower()}" in message
        assert (shop.count("t"), shop.count("other")) == (0, 1)
        shop.sql("update t set v = 'ü' where id = '2'")
        shop.load()
        assert shop.current("t", "id") == [("1", "ö€\U0001f600"), ("2", "ü"), ("3", "x")]


def test_keys_that_differ_in_bytes_that_are_no_text_do_not_become_one(lite: LiteShop) -> None:
    lite.sql(
        "create table t (id text primary key)",
        "insert into t values (cast(x'61f6' as text)), (cast(x'61fc' as text))",
    )
    lite.declare("t", ["id"], key="id")
    assert "in the row with id=bytes 61F6, can't land" in refusal(lite)


def test_a_bad_value_amid_the_second_of_three_tables_leaves_whole_pages_and_stops_no_other(
    lite: LiteShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BATCH_ROWS", 3)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 3)
    rows = ", ".join(f"({one}, 'x')" for one in range(1, 11))
    for table in "abc":
        lite.sql(f"create table {table} (id integer primary key, v text)")
        lite.sql(f"insert into {table} values {rows}")
        lite.declare(table, ["id", "v"], key="id")
    lite.sql("update b set v = cast(x'f6' as text) where id = 8")
    assert "column v of b, in the row with id='8'" in refusal(lite)
    assert [lite.count(table) for table in "abc"] == [10, 6, 10]
    logged = "select table_name, sum(row_count)::int from ops.loads group by all order by all"
    assert lite.rows(logged) == [("a", 10), ("b", 6), ("c", 10)]
    lite.sql("update b set v = 'ö' where id = 8")
    lite.load()
    assert dict(lite.current("b", "id")) == {
        str(one): "ö" if one == 8 else "x" for one in range(1, 11)
    }


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_a_load_that_was_broken_off_goes_on_behind_any_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(sqlite, "_BATCH_ROWS", 1)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 1)
    keys = ["", "\0", "a\0b", "a", "A", "B", "_", "ä", "Ä", "'", '"', "%", "12", "9", "\U0001f600"]
    with lite_shop(tmp_path, encoding) as shop:
        shop.sql("create table t (id text collate nocase, v text)")
        for key in keys:
            shop.con.execute("insert into t values (?, ?)", [key, key])
        shop.declare("t", ["id", "v"], key="id")
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                shop.load_with(At(3, _interrupt))
        for _ in keys:
            shop.load()
        assert shop.current("t", "id") == [(key, key) for key in sorted(keys)]


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_blob_lands_as_digits_where_it_is_declared_and_is_refused_elsewhere(
    lite: LiteShop,
) -> None:
    lite.sql(
        "create table t (id text, b blob)",
        "insert into t values ('12', x'00ff')",
        "insert into t values (x'3132', x'00ff')",
    )
    lite.declare("t", ["id", "b"], key="id")
    assert "it is a BLOB, in a column that is not declared as one" in refusal(lite)
    lite.sql("delete from t where typeof(id) = 'blob'")
    lite.load()
    assert lite.current("t", "id") == [("12", "00FF")]
    lite.sql("insert into t values ('13', '00FF')")
    message = refusal(lite)
    assert "column b of t, in the row with id='13', can't land" in message
    assert "a column holds BLOBs and other values" in message


def test_a_real_lands_as_the_number_that_it_is(lite: LiteShop) -> None:
    made = random.Random(5)
    reals = [struct.unpack("d", made.randbytes(8))[0] for _ in range(2000)]
    reals = [real for real in reals if real == real]  # noqa: PLR0124  SQLite keeps NaN as null
    lite.sql("create table t (id real primary key)")
    lite.con.executemany("insert or ignore into t values (?)", [[real] for real in reals])
    lite.declare("t", ["id"], key="id")
    lite.load()
    assert {float(text) for (text,) in lite.rows("select id from raw_shop.t")} == set(reals)


def test_generated_columns_and_odd_names_land(lite: LiteShop) -> None:
    lite.sql(
        'create table "orders.2024" ("rowid" integer primary key, "oid" text, net real,'
        ' "gross %" as (net * 2), "tax""" real generated always as (net / 4) stored)',
        "insert into \"orders.2024\" values (7, 'x', 1.5)",
    )
    columns = {"row": "rowid", "oid": "oid", "gross": "gross %", "tax": 'tax"'}
    declared = [
        {"name": name, "config": {"meta": {"column": column}}} for name, column in columns.items()
    ]
    for table in ("orders.2024", '"orders.2024"', 'main."orders.2024"'):
        lite.declare("t", declared, key="row", table=table)
        lite.load()
    assert lite.current("t", "row") == [("7", "x", "3.0", "0.375")]


@pytest.mark.parametrize(
    "ddl",
    [
        "create table t (id text primary key, v any) strict, without rowid",
        "create table base (id text primary key, v); create view t as select * from base",
        "create virtual table t using fts5 (id, v)",
    ],
)
def test_tables_of_all_kinds_land(lite: LiteShop, ddl: str) -> None:
    lite.con.executescript(ddl)
    target = "base" if "base" in ddl else "t"
    lite.sql(f"insert into {target} values ('b', '1'), ('a', 'é')")
    lite.declare("t", ["id", "v"], key="id")
    if "virtual" in ddl:  # its columns have no types
        assert "column id of table t is a key and has no type" in refusal(lite)
        return
    lite.load()
    assert lite.current("t", "id") == [("a", "é"), ("b", "1")]


def test_a_view_that_fails_stops_no_other_table(lite: LiteShop) -> None:
    lite.sql(
        "create table base (id text primary key)",
        "insert into base values ('a')",
        "create view t as select id, no_such_function(id) as v from base",
    )
    lite.declare("t", ["id", "v"], key="id")
    lite.declare("base", ["id"], key="id")
    assert "no such function: no_such_function" in refusal(lite)
    assert lite.count("base") == 1


def test_a_query_that_fails_in_the_middle_stops_only_its_table(lite: LiteShop) -> None:
    lite.sql(
        "create table t (id integer primary key, v text)",
        "insert into t values (1, '{}'), (2, '{')",
        "create view a as select id, cast(json_extract(v, '$.a') as text) as v from t",
    )
    lite.declare("a", ["id", "v"], key="id")
    lite.declare("t", ["id", "v"], key="id")
    (error,) = lite.attempt().errors
    assert str(error).startswith("shop.a: SQLite file ")
    assert "malformed JSON. Correct the value there, or the view" in str(error)
    assert lite.count("t") == 2
