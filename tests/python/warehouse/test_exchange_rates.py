"""Reference rates from a web server: any pair of currencies, and changes that reach the book."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from warehouse.bank import Bank, publishing
from warehouse.shop import Home

IN_DOLLARS = {"reporting_currency_code": "USD"}
BOOK = ("-s", "+fct_exchange_rates", "+fct_ledger_entries", "+fct_orders")
PAYMENTS = ("-s", "+fct_payments")
CHANGED, GONE, LAST = date(2025, 12, 10), date(2025, 12, 17), date(2025, 12, 31)


@pytest.fixture
def bank() -> Iterator[Bank]:
    with publishing(date(2025, 11, 24), LAST) as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path, sample_shop: Callable[..., Path], bank: Bank) -> Home:
    environ = {"ECB_RATES_URL": f"{bank.api.address}/rates"}
    return Home(tmp_path, "shop,ecb", sample_shop(200, 30), environ)


def rates_of(home: Home, currency: str) -> dict[date, tuple[str, Decimal]]:
    found = home.query(
        "select rate_date, rate_kind, rate from marts.fct_exchange_rates "
        f"where currency_code = '{currency}'"
    )
    return {day: (kind, rate) for day, kind, rate in found}


def pounds_in_dollars(bank: Bank, day: date) -> Decimal:
    dollars, pounds = bank.rates[day]["USD"], bank.rates[day]["GBP"]
    assert dollars is not None
    assert pounds is not None
    return (dollars / pounds).quantize(Decimal("1e-20"), ROUND_HALF_UP)


def worth(home: Home, day: date) -> Decimal:
    """What the pounds booked on a day came to, a pound."""
    ((rate,),) = home.query(
        "select sum(reporting_amount) / sum(amount) from marts.fct_ledger_entries "
        f"where currency_code = 'GBP' and entry_date = '{day}'"
    )
    return round(Decimal(rate), 3)


def test_a_changed_rate_reaches_the_book_of_a_third_currency_as_in_a_full_refresh(
    home: Home, bank: Bank
) -> None:
    home.storehouse("load")
    home.models(*BOOK, variables=IN_DOLLARS)
    pounds = rates_of(home, "GBP")
    assert {day: pounds[day] for day in bank.rates} == {
        day: ("crossed", pounds_in_dollars(bank, day)) for day in bank.rates
    }
    # A weekend has Friday's.
    assert pounds[date(2025, 12, 13)] == pounds[date(2025, 12, 12)]
    stated = bank.rates[CHANGED]["USD"]
    assert rates_of(home, "EUR")[CHANGED] == ("stated", stated)
    before = home.fingerprints()

    bank.rates[CHANGED]["GBP"] = Decimal("0.5")
    bank.rates[LAST]["GBP"] = Decimal("0.25")
    del bank.rates[GONE]
    bank.publish()
    home.storehouse("load", "--source", "ecb", "--full")
    home.models(*BOOK, variables=IN_DOLLARS)
    pounds = rates_of(home, "GBP")
    assert pounds[CHANGED] == ("crossed", pounds_in_dollars(bank, CHANGED))
    assert pounds[GONE] == pounds[date(2025, 12, 16)]
    assert worth(home, CHANGED) == round(pounds[CHANGED][1], 3)
    assert worth(home, GONE) == round(pounds[GONE][1], 3)
    assert worth(home, LAST) == round(pounds[LAST][1], 3)
    incremental = home.fingerprints()
    assert incremental != before
    home.models("--full-refresh", *BOOK, variables=IN_DOLLARS)
    assert home.fingerprints() == incremental


def test_what_a_bank_said_is_gone_from_the_book_when_it_is_switched_off(home: Home) -> None:
    alone = Home(home.path, "shop", home.inbox)
    home.storehouse("load")
    home.models(*PAYMENTS, variables=IN_DOLLARS)
    with_bank = home.fingerprints()
    alone.models(*PAYMENTS, variables=IN_DOLLARS)
    without = home.fingerprints()
    assert without != with_bank
    alone.models("--full-refresh", *PAYMENTS, variables=IN_DOLLARS)
    assert home.fingerprints() == without
