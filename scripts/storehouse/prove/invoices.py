"""Small daily files in the form of `online_retail`, where the real ones must not be needed."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

HEADER = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
    "CustomerID", "Country",
)  # fmt: skip
FIRST_DAY = date(2011, 3, 20)  # a week before the clock changes
PRODUCTS = [(f"{20000 + n}{'a' if n % 3 == 0 else ''}", f"THING {n}") for n in range(40)]
COUNTRIES = ("United Kingdom", "EIRE", "Unspecified")

CREDIT_NOTES = 0.2
GUESTS = 0.2
REPEATED_ROWS = 0.1
CORRECTED_FILES = 0.2
EMPTY_AT_FIRST = 0.2
ROWS_LOST_AT_FIRST = 0.2

Row = list[str]


def write_invoices(export: Path, *, days: int, seed: int) -> None:
    """Write `days` files with invoices, credit notes, service codes and repeated rows.

    Of some there is a wrong first version in `export`/earlier.
    """
    chance = Random(seed)
    number = 500000
    for day in (FIRST_DAY + timedelta(days=n) for n in range(days)):
        documents = []
        for _ in range(chance.randint(3, 12)):
            number += 1
            documents.append(_document(chance, number, day))
        name = Path("online_retail", f"{day}.csv.gz")
        _write(export / name, [row for document in documents for row in document])
        if chance.random() < CORRECTED_FILES:
            _write(export / "earlier" / name, _spoilt(chance, documents))


def _document(chance: Random, number: int, day: date) -> list[Row]:
    credit = chance.random() < CREDIT_NOTES
    sign = -1 if credit else 1
    at = datetime.combine(day, time(chance.randint(6, 20), chance.randint(0, 59)))
    customer = "" if chance.random() < GUESTS else f"{chance.randint(12000, 12050)}.0"
    country = chance.choice(COUNTRIES)
    rows = []
    for _ in range(chance.randint(1, 6)):
        code, name = chance.choice([*PRODUCTS, ("POST", "POSTAGE")])
        price = f"{chance.randint(1, 5000) / 1000:.3f}"
        quantity = str(sign * chance.randint(1, 24))
        invoice = f"{'C' if credit else ''}{number}"
        row = [invoice, code, name, quantity, str(at), price, customer, country]
        rows += [row, row] if chance.random() < REPEATED_ROWS else [row]
    return rows


def _spoilt(chance: Random, documents: Sequence[Sequence[Row]]) -> list[Row]:
    """Without some rows, with some that never were, in another order; or with none at all."""
    if chance.random() < EMPTY_AT_FIRST:
        return []
    rows = [
        row for document in documents for row in document if chance.random() >= ROWS_LOST_AT_FIRST
    ]
    rows += [[f"{row[0]}9", *row[1:]] for row in chance.choice(documents)]
    chance.shuffle(rows)
    return rows


def _write(file: Path, rows: Sequence[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        lines = "".join(",".join(row) + "\n" for row in [HEADER, *rows])
        packed.write(lines.encode())
