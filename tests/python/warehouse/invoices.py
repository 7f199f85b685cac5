"""Small daily files in the form of `online_retail`, for tests that must not need the real ones."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

_HEADER = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
    "CustomerID", "Country",
)  # fmt: skip
_PRODUCTS = [(f"{20000 + n}{'a' if n % 3 == 0 else ''}", f"THING {n}") for n in range(40)]
_COUNTRIES = ("United Kingdom", "EIRE", "Unspecified")


def write_invoices(folder: Path, *, days: int, seed: int) -> list[Path]:
    """Write `days` files with invoices, credit notes, service codes and repeated rows."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    number = 500000
    for day in (date(2011, 3, 20) + timedelta(days=n) for n in range(days)):
        rows: list[list[str]] = []
        for _ in range(chance.randint(3, 12)):
            number += 1
            rows += _document(chance, number, day)
        file = folder / f"{day}.csv.gz"
        with gzip.open(file, "wt", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([_HEADER, *rows])
        files.append(file)
    return files


def _document(chance: random.Random, number: int, day: date) -> list[list[str]]:
    credit = chance.random() < 0.2
    sign = -1 if credit else 1
    at = datetime.combine(day, time(chance.randint(6, 20), chance.randint(0, 59)))
    customer = f"{chance.randint(12000, 12050)}.0" if chance.random() < 0.8 else ""
    country = chance.choice(_COUNTRIES)
    rows = []
    for _ in range(chance.randint(1, 6)):
        code, name = chance.choice([*_PRODUCTS, ("POST", "POSTAGE")])
        price = f"{chance.randint(1, 5000) / 1000:.3f}"
        quantity = str(sign * chance.randint(1, 24))
        invoice = f"{'C' if credit else ''}{number}"
        row = [invoice, code, name, quantity, str(at), price, customer, country]
        rows += [row, row] if chance.random() < 0.1 else [row]
    return rows
