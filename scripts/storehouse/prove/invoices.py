"""Small daily files in the form of `online_retail`, so that the real ones are not needed."""

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

    Some have a wrong first version in `export`/earlier.
    """
    rng = Random(seed)
    number = 500000
    for day in (FIRST_DAY + timedelta(days=n) for n in range(days)):
        documents = []
        for _ in range(rng.randint(3, 12)):
            number += 1
            documents.append(_document(rng, number, day))
        name = Path("online_retail", f"{day}.csv.gz")
        _write(export / name, [row for document in documents for row in document])
        if rng.random() < CORRECTED_FILES:
            _write(export / "earlier" / name, _corrupted(rng, documents))


def _document(rng: Random, number: int, day: date) -> list[Row]:
    credit = rng.random() < CREDIT_NOTES
    sign = -1 if credit else 1
    at = datetime.combine(day, time(rng.randint(6, 20), rng.randint(0, 59)))
    customer = "" if rng.random() < GUESTS else f"{rng.randint(12000, 12050)}.0"
    country = rng.choice(COUNTRIES)
    rows = []
    for _ in range(rng.randint(1, 6)):
        code, name = rng.choice([*PRODUCTS, ("POST", "POSTAGE")])
        price = f"{rng.randint(1, 5000) / 1000:.3f}"
        quantity = str(sign * rng.randint(1, 24))
        invoice = f"{'C' if credit else ''}{number}"
        row = [invoice, code, name, quantity, str(at), price, customer, country]
        rows += [row, row] if rng.random() < REPEATED_ROWS else [row]
    return rows


def _corrupted(rng: Random, documents: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows with some missing, some added and in another order; or none at all."""
    if rng.random() < EMPTY_AT_FIRST:
        return []
    rows = [row for document in documents for row in document if rng.random() >= ROWS_LOST_AT_FIRST]
    rows += [[f"{row[0]}9", *row[1:]] for row in rng.choice(documents)]
    rng.shuffle(rows)
    return rows


def _write(file: Path, rows: Sequence[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        lines = "".join(",".join(row) + "\n" for row in [HEADER, *rows])
        packed.write(lines.encode())
