"""A database changes its tables: what is accepted, what stops its source, what is said."""

from __future__ import annotations

import pytest

from loaders.database.live import LiveShop
from storehouse.core.errors import ConfigError, SourceContractError


@pytest.fixture
def customers(shop: LiveShop) -> LiveShop:
    shop.sql(
        "create table customers (id int primary key, email text, city text, score int)",
        "insert into customers values (1, 'a@example.org', 'Berlin', 5)",
    )
    shop.declare("customers", ["id", "email", "city", "score"], key="id")
    shop.load()
    return shop


def test_a_new_column_is_reported_once_and_not_landed(customers: LiveShop) -> None:
    customers.sql("alter table customers add password_hash text default 'secret'")
    report = customers.load()
    (note,) = report.notes
    assert note == (
        "shop.customers: columns that are new: password_hash. They do not land; declare them in"
        " _shop__sources.yml to land them."
    )
    assert customers.load().notes == ()
    assert "secret" not in str(customers.rows("select * from raw_shop.customers"))
    customers.declare("customers", ["id", "email", "city", "score", "password_hash"], key="id")
    assert customers.load().notes == ()
    assert customers.current("customers", "id")[0][-1] == "secret"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "alter table customers rename email to e_mail",
            "table customers has no column email (there is e_mail)",
        ),
        (
            "alter table customers drop column email",
            "table customers has no column email.",
        ),
        (
            "alter table customers rename to shop_customers",
            "there is no table customers (there is shop_customers)",
        ),
        ("drop table customers", "there is no table customers."),
    ],
)
def test_what_is_missing_stops_its_table_and_no_other(
    customers: LiveShop, change: str, message: str
) -> None:
    customers.sql("create table orders (id int primary key)", "insert into orders values (1)")
    customers.declare("orders", ["id"], key="id")
    customers.sql(change)
    with pytest.raises(SourceContractError) as caught:
        customers.load()
    assert message in str(caught.value)
    assert "Change its yml" in str(caught.value)
    assert customers.count("orders") == 1
    assert customers.count("customers") == 1


def test_a_column_of_another_type_lands_as_text_and_is_reported(customers: LiveShop) -> None:
    customers.sql(
        "alter table customers alter score type numeric(6,2)",
        "update customers set score = 5.25",
    )
    report = customers.load()
    (note,) = report.notes
    assert note == (
        "shop.customers: column score was of type integer and is of type numeric(6,2) now. It "
        "still lands as text; check that staging can read it."
    )
    assert customers.current("customers", "id")[0][3] == "5.25"
    assert customers.load().notes == ()


def test_an_optional_column_may_go(customers: LiveShop) -> None:
    optional = {"name": "city", "config": {"meta": {"optional": True}}}
    customers.declare("customers", ["id", "email", optional, "score"], key="id")
    customers.sql("alter table customers drop column city")
    report = customers.load()
    assert report.notes == (
        "shop.customers: optional column city is gone; it is null from now on.",
    )
    assert customers.current("customers", "id")[0][2] is None


def test_a_cursor_of_another_type_is_read_on(shop: LiveShop) -> None:
    shop.sql(
        "create table t (id int primary key, updated_at timestamptz not null)",
        "insert into t values (1, now() - interval '1 day')",
    )
    shop.declare("t", ["id", "updated_at"], key="id", incremental={"cursor": "updated_at"})
    shop.load()
    shop.sql("alter table t alter updated_at type timestamp", "insert into t values (2, now())")
    report = shop.load()
    assert report.tables[0].rows == 2
    assert "updated_at was of type timestamp with time zone" in report.notes[0]


def test_a_cursor_that_can_be_read_on_no_more_says_how_to_begin_again(shop: LiveShop) -> None:
    shop.sql(
        "create table t (id int primary key, version timestamptz not null)",
        "insert into t values (1, now())",
    )
    shop.declare("t", ["id", "version"], key="id", incremental={"cursor": "version"})
    shop.load()
    shop.sql("alter table t drop version", "alter table t add version bigint not null default 7")
    with pytest.raises(SourceContractError, match="storehouse load --full"):
        shop.load()


def test_a_text_is_no_cursor(customers: LiveShop) -> None:
    customers.declare("customers", ["id", "email"], key="id", incremental={"cursor": "email"})
    with pytest.raises(
        SourceContractError, match="of type text, which is not a time, date or number"
    ):
        customers.load()


def test_a_key_that_is_null_is_refused(shop: LiveShop) -> None:
    shop.sql("create table t (id int)", "insert into t values (1), (null)")
    shop.declare("t", ["id"], key="id")
    with pytest.raises(SourceContractError, match=r"its key \(id\) is null in some rows of t"):
        shop.load()


def test_a_table_that_may_not_be_read_is_named(shop: LiveShop) -> None:
    shop.sql(
        "create table public.t (id int primary key)",
        "create role reader login password 'x'",
    )
    shop.declare("t", ["id"], key="id")
    report = shop.attempt(url=f"postgresql://reader:x@{shop.host}")
    (error,) = report.errors
    assert isinstance(error, SourceContractError)
    assert "permission denied for table t" in str(error)
    assert "Grant user 'reader' the right to select" in str(error)


@pytest.mark.parametrize(
    ("landing", "message"),
    [
        ({"table": "t"}, "config.meta.landing.key is missing"),
        ({"key": "no"}, "landing.key names 'no'; it must be a column of the table"),
        ({"key": "id", "incremental": {"cursor": "no"}}, "incremental.cursor names 'no'"),
        (
            {"key": "id", "incremental": {"cursor": "id", "overlap": -1}},
            "landing.incremental.overlap is -1; it must be a whole number",
        ),
        ({"key": "id", "pattern": "*"}, "landing.pattern is unknown"),
        ({"key": "id", "sweep": {"into": "x", "entity": "e"}}, "sweep.into is 'x'; declare a"),
        ({"key": ["id", "a"], "sweep": {"into": "x", "entity": "e"}}, "needs a key of one column"),
    ],
)
def test_a_wrong_declaration_is_named(
    shop: LiveShop, landing: dict[str, object], message: str
) -> None:
    shop.declare("t", ["id", "a"], **landing)
    with pytest.raises(ConfigError) as caught:
        shop.load()
    assert message in str(caught.value)
    assert "_shop__sources.yml: table 't'" in str(caught.value)
