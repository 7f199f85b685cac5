from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from jinja2 import Environment

from unit.project import PROJECT


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("quotient('1', '3')", "0.333333"),
        ("quotient('2', '3')", "0.666667"),
        ("quotient('-2', '3')", "-0.666667"),
        ("quotient('1', '2000000')", "0.000001"),
        ("quotient('-1', '2000000')", "-0.000001"),
        ("quotient('0.0001', '0.0003', 18, 6)", "0.333333"),
        ("quotient('12345678901234.5678', '7', 18, 4)", "1763668414462.0811"),
        ("quotient('0.00015 * 0', '1', 18, 4)", "0.0000"),
        ("quotient('1', '0')", None),
        ("quotient('1', '-2')", None),
        ("quotient('null', '2')", None),
    ],
)
def test_a_quotient_is_exact_and_rounded_half_away_from_zero(
    call: str, expected: str | None
) -> None:
    macros = "".join(
        (PROJECT / "macros" / "money" / f"{name}.sql").read_text()
        for name in ("in_ten_thousandths", "divided", "quotient")
    )
    sql = Environment().from_string(f"{macros}{{{{ {call} }}}}").render()
    with duckdb.connect() as con:
        ((found,),) = con.execute(f"select {sql}").fetchall()
    assert found == (None if expected is None else Decimal(expected))
