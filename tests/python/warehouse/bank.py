"""A bank that publishes reference rates in the European Central Bank's form; invented figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from loaders.http_files.web import Hosted, zipped
from loaders.rest.server import Api, serving

# In an order of the bank's own; the yen had no rate on some days.
CURRENCIES = ("USD", "JPY", "GBP", "SEK", "TRY")
_FIRST = {"USD": "1.0841", "JPY": "161.23", "GBP": "0.8427", "SEK": "11.315", "TRY": "31.2044"}
SATURDAY = 5


@dataclass
class Bank:
    """What one euro was worth, by day and currency; None where it had no rate."""

    rates: dict[date, dict[str, Decimal | None]]
    api: Api = field(default_factory=Api)

    def publish(self) -> None:
        """Put the files on the server as the rates are now."""
        for name, content in (("eurofxref", self.daily()), ("eurofxref-hist", self.historical())):
            hosted = self.api.routes.setdefault(f"/rates/{name}.zip", Hosted(b""))
            assert isinstance(hosted, Hosted)
            hosted.put(zipped(**{f"{name}__csv": content}))

    def daily(self) -> str:
        """The newest day: spaces after the commas, the month as a word."""
        day = max(self.rates)
        known = {code: rate for code, rate in self.rates[day].items() if rate is not None}
        header = "".join(f"{code}, " for code in known)
        values = "".join(f"{rate}, " for rate in known.values())
        return f"Date, {header}\n{day:%d %B %Y}, {values}\n"

    def historical(self) -> str:
        """All days, newest first; each line ends with a comma."""
        rows = [
            f"{day}," + "".join(f"{rate or 'N/A'}," for rate in self.rates[day].values())
            for day in sorted(self.rates, reverse=True)
        ]
        return "\n".join([f"Date,{','.join(CURRENCIES)},", *rows, ""])


@contextmanager
def publishing(first: date, last: date) -> Iterator[Bank]:
    """A bank with rates of the working days, on loopback."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    working = [day for day in days if day.weekday() < SATURDAY]
    rates: dict[date, dict[str, Decimal | None]] = {
        day: {
            code: Decimal(_FIRST[code]) + Decimal(number * (place + 1)).scaleb(-4)
            for place, code in enumerate(CURRENCIES)
        }
        for number, day in enumerate(working)
    }
    rates[working[2]]["JPY"] = None
    bank = Bank(rates)
    with serving(bank.api):
        bank.publish()
        yield bank
