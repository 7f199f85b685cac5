"""Every value arrives as its database has it, in text that staging can cast."""

from __future__ import annotations

from loaders.database.live import At, LiveShop, new_database

VALUES = {
    "numeric(38,18)": ("12345678901234567890.123456789012345678", None),
    "numeric": ("0.10", "'NaN'"),
    "double precision": ("0.1", "0.1::float8"),
    "bigint": ("9007199254740993", None),
    "boolean": ("true", "true"),
    "timestamptz": ("2024-03-31 01:30:00.5+00", "'2024-03-31 03:30:00.5 Europe/Berlin'"),
    "timestamp": ("2024-03-31 01:30:00", "'2024-03-31 01:30'"),
    "date": ("0044-03-15 BC", "'0044-03-15 BC'"),
    "time": ("23:59:59.999999", "'23:59:59.999999'"),
    "interval": ("P1Y2M3DT4H5M6.5S", "'1 year 2 months 3 days 4:05:06.5'"),
    "jsonb": ('{"a": [1.10, null], "b": "é\\""}', """'{"a":[1.10,null],"b":"é\\""}'"""),
    "json": ('{"b":1.0,  "a":2}', """'{"b":1.0,  "a":2}'"""),
    "numeric[]": ("[1.10,null,12345678901234567.89]", "'{1.10,null,12345678901234567.89}'"),
    "text[]": ('["a,b","\\"q\\""]', """array['a,b', '"q"']"""),
    "bytea": ("\\x00ff10", "'\\x00ff10'"),
    "uuid": ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    "text": ('it\'s "quoted", ä\n€', "'it''s \"quoted\", ä\n€'"),
    "varchar(5)": ("", "''"),
    "inet": ("10.0.0.1/32", "'10.0.0.1'"),
    "mood": ("so so", "'so so'"),
    "price": ("1.50", "1.50"),
}


def test_each_type_lands_as_text_without_loss(shop: LiveShop) -> None:
    columns = {f"c{number}": kind for number, kind in enumerate(VALUES)}
    shop.sql(
        "create type mood as enum ('so so')",
        "create domain price as numeric(10,2)",
        "create table things (id int primary key, "
        + ", ".join(f"{name} {kind}" for name, kind in columns.items())
        + ")",
        "insert into things values (1, "
        + ", ".join(given or f"'{text}'" for text, given in VALUES.values())
        + ")",
        "insert into things (id) values (2)",
    )
    shop.declare("things", ["id", *columns], key="id")
    shop.load()
    full, empty = shop.current("things", "id")
    expected = {kind: text for kind, (text, _) in VALUES.items()}
    expected["numeric"] = "NaN"
    assert dict(zip(VALUES, full[1:], strict=True)) == expected
    assert empty == ("2", *[None] * len(VALUES))


ODD_SETTINGS = {
    "timezone": "Asia/Tokyo",
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-3",
    "client_encoding": "LATIN1",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "1",
}


def test_values_do_not_depend_on_the_settings_of_the_server(shop: LiveShop) -> None:
    name = "peculiar"
    shop.url = new_database(shop.url, name)
    shop.sql(
        "create table t (id int primary key, a timestamptz, b date, c bytea, d float8, e interval)",
        "insert into t values (1, '2024-07-01 00:00+02', '2024-07-02', '\\x41', 0.1::float8 + 0.2,"
        " '1 month -2 days')",
        *(
            f"alter role storehouse in database {name} set {setting} = '{value}'"
            for setting, value in ODD_SETTINGS.items()
        ),
    )
    shop.declare("t", ["id", "a", "b", "c", "d", "e"], key="id", incremental={"cursor": "a"})
    for url in (shop.url, f"{shop.url}?options=-c%20datestyle%3DGerman%20-c%20timezone%3DPRC"):
        shop.attempt(url=url).raise_for_problems()
        (row,) = shop.current("t", "id")
        assert row == (
            "1", "2024-06-30 22:00:00+00", "2024-07-02", "\\x41", "0.30000000000000004", "P1M-2D",
        )  # fmt: skip


def test_money_is_a_number_and_generated_columns_are_columns(shop: LiveShop) -> None:
    shop.sql(
        "create domain price as money",
        "create table t (id int primary key, a money, b price, c money[],"
        " d numeric generated always as (id * 2) stored)",
        "insert into t values (1, -1234.5, 0.07, '{1.00,2000.00}')",
    )
    shop.declare("t", ["id", "a", "b", "c", "d"], key="id")
    shop.load()
    assert shop.current("t", "id") == [("1", "-1234.50", "0.07", "[1.00,2000.00]", "2")]


def test_tables_of_all_kinds_land(shop: LiveShop) -> None:
    shop.sql(
        "create table base (id int primary key, v text)",
        "create table heir () inherits (base)",
        "create table parted (id int, v text) partition by range (id)",
        "create table part partition of parted for values from (0) to (10)",
        "insert into base values (1, 'a')",
        "insert into heir values (2, 'b')",
        "insert into parted values (1, 'a'), (2, 'b')",
        "create view seen as select * from base",
        "create materialized view kept as select * from base",
    )
    tables = ["base", "parted", "seen", "kept"]
    for table in tables:
        shop.declare(table, ["id", "v"], key="id")
    shop.load()
    for table in tables:
        assert shop.current(table, "id") == [("1", "a"), ("2", "b")]


def test_rows_that_policies_hide_are_said(shop: LiveShop) -> None:
    shop.sql(
        "create table public.hidden (id int primary key)",
        "insert into public.hidden values (1), (2)",
        "alter table public.hidden enable row level security",
        "create policy visible on public.hidden using (id = 1)",
        "grant select on public.hidden to public",
        "create role tenant login password 'x'",
    )
    shop.declare("hidden", ["id"], key="id")
    report = shop.attempt(url=f"postgresql://tenant:x@{shop.host}")
    assert "shop.hidden: row-level security applies to user 'tenant'" in report.notes[0]
    assert shop.count("hidden") == 1


def test_a_name_that_is_another_table_now_is_said_and_read_anew(shop: LiveShop) -> None:
    shop.url = new_database(shop.url, "moved")
    shop.sql(
        "create schema old",
        "create schema new",
        "create table old.t (id int primary key)",
        "create table new.t (id int primary key)",
        "insert into old.t values (7000)",
        "insert into new.t values (1), (7000)",
    )
    shop.declare("t", ["id"], key="id", incremental={"cursor": "id"})
    for schema, rows in (("old", 1), ("new", 2)):
        shop.sql(f"alter role storehouse in database moved set search_path = {schema}")
        report = shop.load()
        assert report.tables[0].rows == rows
    assert 't was "old"."t" and is "new"."t" now, by the search_path there' in report.notes[0]


def test_names_of_the_database_may_be_any(shop: LiveShop) -> None:
    shop.sql(
        "create schema sales",
        'create table sales."Order Lines" ("Order ID" int, "line" int, "a""b" text,'
        ' primary key ("Order ID", line))',
        "insert into sales.\"Order Lines\" values (1, 1, 'x'), (1, 2, 'y')",
    )
    shop.declare(
        "order_lines",
        [
            {"name": "order_id", "config": {"meta": {"column": "Order ID"}}},
            "line",
            {"name": "ab", "config": {"meta": {"column": 'a"b'}}},
            {"name": "later", "config": {"meta": {"optional": True}}},
        ],
        table="sales.Order Lines",
        key=["order_id", "line"],
    )
    shop.load()
    assert shop.current("order_lines", "order_id, line") == [
        ("1", "1", "x", None),
        ("1", "2", "y", None),
    ]


def test_a_name_may_be_written_as_in_sql(shop: LiveShop) -> None:
    shop.sql(
        'create schema "s.1"',
        'create table "s.1"."orders.2024" (oid int primary key, "select" text, "100%" text)',
        "insert into \"s.1\".\"orders.2024\" values (1, 'a', 'b')",
    )
    columns = {"id": "oid", "selected": "select", "percent": "100%"}
    shop.declare(
        "t",
        [{"name": name, "config": {"meta": {"column": to}}} for name, to in columns.items()],
        table='"s.1"."orders.2024"',
        key="id",
    )
    shop.load()
    assert shop.current("t", "id") == [("1", "a", "b")]
    shop.declare("t", ["id"], table="s.1.orders.2024", key="id")
    (error,) = shop.attempt().errors
    assert 'there is no table s.1.orders.2024 (there is "s.1"."orders.2024")' in str(error)


def test_all_tables_of_a_source_are_read_from_one_moment(shop: LiveShop) -> None:
    """Each gets a row after the one was read, and before the other is."""
    shop.sql(
        "create table a (id int primary key)",
        "create table b (id int primary key)",
        "insert into a values (1)",
        "insert into b values (1)",
    )
    shop.declare("a", ["id"], key="id")
    shop.declare("b", ["id"], key="id")
    added = At(1, lambda: shop.sql("insert into a values (2)", "insert into b values (2)"))
    shop.load_with(added).raise_for_problems()
    assert added.portions < 0
    assert (shop.count("a"), shop.count("b")) == (1, 1)
    shop.load()
    assert shop.current("a", "id") == shop.current("b", "id") == [("1",), ("2",)]
