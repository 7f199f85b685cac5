"""The seed of currencies beside what ISO 4217 and the European Central Bank list."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
import yaml

from unit.project import PROJECT

WITHDRAWN = {
    *("ANG", "BGN", "BYR", "CUC", "CYP", "EEK", "HRK", "LTL", "LVL", "MRO", "MTL"),
    *("ROL", "SIT", "SKK", "SLL", "STD", "TRL", "VEF", "ZWL"),
}
WITHOUT_UNIT = {
    *("XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"),
}


@pytest.fixture(scope="module")
def digits() -> dict[str, str]:
    with (PROJECT / "seeds/currencies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["currency_name"] for row in rows)
    codes = [row["currency_code"] for row in rows]
    assert codes == sorted(set(codes))
    return {row["currency_code"]: row["minor_unit_digits"] for row in rows}


def test_all_currencies_of_iso_4217_are_known_with_their_minor_units(
    digits: dict[str, str],
) -> None:
    listed = {code: unit for code, unit in digits.items() if code not in WITHDRAWN}
    assert len(listed) == 178
    assert Counter(listed.values()) == {"0": 17, "2": 139, "3": 7, "4": 2, "": 13}
    by_unit = {unit: {code for code in listed if listed[code] == unit} for unit in ("3", "4", "")}
    assert by_unit["3"] == {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
    assert by_unit["4"] == {"CLF", "UYW"}
    assert by_unit[""] == WITHOUT_UNIT
    assert {digits[code] for code in ("JPY", "KRW", "VND", "CLP", "ISK", "XOF", "UGX")} == {"0"}
    assert {digits[code] for code in ("GBP", "EUR", "USD", "BRL", "HUF", "IRR", "TWD")} == {"2"}


def test_every_currency_of_the_reference_rates_is_known(digits: dict[str, str]) -> None:
    declared = yaml.safe_load((PROJECT / "models/staging/ecb/_ecb__sources.yml").read_text())
    quoted = {
        column["name"].upper()
        for table in declared["sources"][0]["tables"]
        for column in table["columns"]
        if len(column["name"]) == 3
    }
    assert len(quoted) > 40
    assert quoted - set(digits) == set()
