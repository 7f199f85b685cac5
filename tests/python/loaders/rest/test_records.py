"""What lands is what was written: numbers, nested values, tables within records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.rest.server import Raw, Reply
from loaders.rest.shop import ORDERS, RestShop, column
from storehouse.core.errors import ConfigError, SourceContractError
from storehouse.sources import exact_json
from storehouse.sources.rest.records import ColumnPath, Node, Shape, chains, records, rows, steps

ITEMS: dict[str, Any] = {"of": "orders", "records": "orders.items"}


def test_values_land_as_written(shop: RestShop) -> None:
    nested = '{"b": 1.10,  "c": [1.0, "\\u00e9"]}'
    shop.orders.records = []
    shop.orders.add(
        1,
        amount=Raw("12345678901234567.12345"),
        price=Raw("1.10"),
        big=Raw("1e400"),
        text="é\n\u0000€",
        none=None,
        yes=True,
        nested=Raw(nested),
    )
    names = ["amount", "price", "big", "text", "none", "yes", "nested"]
    inner = column("inner_price", "nested.b")
    shop.declare({"orders": (["id", "updated_at", *names, inner], ORDERS)})
    shop.load().raise_for_problems()
    assert shop.landed(", ".join([*names, "inner_price"])) == [
        ("12345678901234567.12345", "1.10", "1e400", "é\n\u0000€", None, "true", nested, "1.10")
    ]


def test_half_a_surrogate_pair_lands_as_its_escape_and_stops_no_load(shop: RestShop) -> None:
    shop.orders.records = []
    for number, key in enumerate((r'"\ud800a"', r'"\ud801a"', r'"\ud83d\ude00"')):
        shop.orders.add(number, **{"id": Raw(key), "new \udc00": Raw(key)})
    shop.declare({"orders": (["id", "updated_at"], ORDERS)})
    shop.load().raise_for_problems()
    assert shop.landed("id") == [r"\ud800a", r"\ud801a", "😀"]
    assert all(
        rf'"new \udc00":"\ud80{number}a"' in shop.landed("_extra")[number] for number in (0, 1)
    )


def test_nested_records_become_tables_that_know_their_parents(shop: RestShop) -> None:
    shop.orders.records = []
    taxes = [{"rate": Raw("0.20")}, {"rate": Raw("0.050")}]
    shop.orders.add(1, items=[{"sku": "a", "taxes": taxes}, {"sku": "b", "taxes": []}], tags=["x"])
    shop.orders.add(2, items=None)
    shop.orders.add(3, items=[{"sku": "c"}], tags=["y", "z"])
    tax_columns = ["rate", column("sku", "^.sku"), column("order_id", "^.^.id")]
    shop.declare(
        {
            "orders": (["id", "updated_at"], ORDERS),
            "items": (["sku", column("order_id", "^.id")], ITEMS),
            "taxes": (tax_columns, {"of": "orders", "records": "orders.items.taxes"}),
            "tags": ([column("tag", "."), column("order_id", "^.id")],
                     {"of": "orders", "records": "orders.tags"}),
        }
    )  # fmt: skip
    report = shop.load()
    report.raise_for_problems()
    assert shop.landed("order_id, sku, _row_number", "items") == [
        ("1", "a", 1), ("1", "b", 2), ("3", "c", 3)
    ]  # fmt: skip
    assert shop.landed("order_id, sku, rate", "taxes") == [("1", "a", "0.20"), ("1", "a", "0.050")]
    assert shop.landed("order_id, tag", "tags") == [("1", "x"), ("3", "y"), ("3", "z")]
    assert shop.landed("_extra") == [None] * 3
    assert shop.landed("_source_file", "items") == shop.landed("_source_file")[:3]
    assert {(c.table, c.rows) for c in report.tables} == {
        ("orders", 3), ("items", 3), ("taxes", 2), ("tags", 3)
    }  # fmt: skip


def test_a_new_member_is_accepted_and_reported(shop: RestShop) -> None:
    shop.orders.add(8, note=Raw("1.10"))
    report = shop.load()
    report.raise_for_problems()
    assert shop.landed("id, _extra")[0] == ("8", '{"note":1.10}')
    assert report.notes == (
        "s.orders: members of orders that are not declared: note. Their values are in _extra.",
    )


@pytest.mark.parametrize("there", [{"address": {"town": "x"}}, {}], ids=["member", "holder"])
def test_a_missing_member_stops_the_source_and_names_it(
    shop: RestShop, there: dict[str, Any]
) -> None:
    shop.declare({"orders": (["id", "updated_at", column("city", "address.city")], ORDERS)})
    shop.orders.records = []
    shop.orders.add(1, **there)
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert "none of its 1 records of orders has city" in str(error)
    assert shop.landed() == []
    shop.declare(
        {"orders": (["id", "updated_at", column("city", "address.city", optional=True)], ORDERS)}
    )
    shop.load().raise_for_problems()
    assert shop.landed("city") == [None]


def test_a_member_within_null_is_not_missing(shop: RestShop) -> None:
    shop.declare({"orders": (["id", "updated_at", column("city", "address.city")], ORDERS)})
    shop.orders.records = []
    shop.orders.add(1, address=None)
    shop.load().raise_for_problems()
    assert shop.landed("city") == [None]


def test_a_member_of_another_type_lands_as_its_text(shop: RestShop) -> None:
    shop.orders.records = []
    for number, value in enumerate([1, "1", True, {"a": 1}, [1], None], start=1):
        shop.orders.add(number, amount=value)
    shop.declare({"orders": (["id", "updated_at", "amount"], ORDERS)})
    shop.load().raise_for_problems()
    assert shop.landed("amount") == ["1", "1", "true", '{"a": 1}', "[1]", None]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc") | st.text(), inner),
)


@given(VALUES, st.sampled_from(["", "a", "a.b"]), st.sampled_from(["", "b", "b.c"]))
def test_no_answer_crashes_the_reading_of_records(answer: Any, at: str, below: str) -> None:
    """ValueError is what becomes an error with its place; the rows of the rest are text."""
    columns = [ColumnPath("x", up, steps(path), optional=False)
               for up in (0, 1) for path in ("", "a", "a.b")]  # fmt: skip
    shape = Shape(steps(below), tuple(columns[:3]), frozenset("a"))
    inner = Shape(steps(below), tuple(columns), frozenset())
    try:
        found = records(Node(exact_json.value(json.dumps(answer))), steps(at))
    except ValueError as error:
        assert "nothing at" in str(error)  # noqa: PT017
        return
    assert rows(found, shape).table.num_rows == len(found)
    nested = [one for chain in found for one in chains(chain, inner.below)]
    assert rows(nested, inner).table.num_rows == len(nested)


@pytest.mark.parametrize(
    "body", ['{"rows": []}', '{"orders": [{"id": 1, "id": 2}]}', "[1]", '{"orders": {"id": {}}}']
)
def test_an_answer_that_is_not_as_declared_is_an_error_with_its_place(
    shop: RestShop, body: str
) -> None:
    shop.api.faults = [Reply(body)]
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert str(error).startswith("s.orders: GET /orders?limit=3: ")


@pytest.mark.parametrize(
    ("landing", "message"),
    [
        ({**ORDERS, "pagign": {}}, "config.meta.landing.pagign is unknown"),
        ({**ORDERS, "paging": {"kind": "scroll"}}, "paging.kind is 'scroll'"),
        ({**ORDERS, "paging": {"kind": "keyset", "param": "a", "field": "no"}}, "field names 'no'"),
        ({**ORDERS, "key": ["no"]}, "key names 'no'"),
        ({"records": "orders"}, "landing.path is missing"),
        ({**ORDERS, "incremental": {"cursor": "updated_at"}}, "since_param is missing"),
        ({**ORDERS, "incremental": {"cursor": "updated_at", "since_param": "a", "window_hours": 1}},
         "window_hours needs until_param and start"),
        ({**ORDERS, "sweep": {"into": "nowhere", "entity": "order"}}, "into is 'nowhere'"),
        ({**ORDERS, "params": {"a": [1]}}, "params has 'a'"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named(shop: RestShop, landing: dict[str, Any], message: str) -> None:
    shop.declare({"orders": (["id", "updated_at"], landing)})
    with pytest.raises(ConfigError) as error:
        shop.load()
    assert message in str(error.value)
    assert "table 'orders'" in str(error.value)


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ({"auth": {"kind": "magic"}}, "auth.kind is 'magic'"),
        ({"auth": {"kind": "bearer"}}, "auth.token_variable is missing"),
        (
            {"auth": {"kind": "bearer", "token": "x", "token_variable": "A"}},
            "auth.token is unknown",
        ),
        ({"attempts": 0}, "attempts is 0"),
        ({"timeout_seconds": -1}, "timeout_seconds is -1"),
        ({"kind": "soap"}, "kind is 'soap'"),
        ({"auth": {"kind": "bearer", "token_variable": "S_TOKEN"}}, "variables S_TOKEN"),
    ],
)
def test_a_wrong_connection_is_named(
    shop: RestShop, connection: dict[str, Any], message: str
) -> None:
    shop.declare(**connection)
    with pytest.raises(ConfigError) as error:
        shop.load()
    assert message in str(error.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "ftp://x", "http://user:secret@x/", "http://"])
def test_an_address_that_is_none_is_an_error_without_it(shop: RestShop, address: str) -> None:
    shop.api.address = address
    with pytest.raises(ConfigError) as error:
        shop.load().raise_for_problems()
    assert "S_URL is no address" in str(error.value)
    assert "secret" not in str(error.value)
