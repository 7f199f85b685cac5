"""Division of whole numbers that have no room for the digits of their quotient."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from unit.project import PROJECT

LARGEST = 10**36
DIVISION = Environment().from_string(
    (PROJECT / "macros/money/long_divided.sql").read_text()
    + "select {{ long_divided('cast($dividend as hugeint)',"
    " 'cast($divisor as hugeint)', '$places') }}"
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@given(
    dividend=st.integers(0, LARGEST),
    divisor=st.integers(1, LARGEST) | st.integers(0, 36).map(lambda digits: 10**digits),
    places=st.integers(0, 60),
)
@settings(max_examples=300, deadline=None)
def test_a_long_division_is_exact_and_rounded_half_up(
    connection: duckdb.DuckDBPyConnection, dividend: int, divisor: int, places: int
) -> None:
    expected = (2 * dividend * 10**places + divisor) // (2 * divisor)
    assume(expected < 10**38)
    numbers = {"dividend": dividend, "divisor": divisor, "places": places}
    assert connection.execute(DIVISION.render(), numbers).fetchall() == [(expected,)]
