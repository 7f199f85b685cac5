"""The sample's stock as files say it, and the truth about each product and day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array, MomentText, counts, picked
from sample_shop.rows import packed
from sample_shop.shop import Shop
from sample_shop.stock.movements import (
    COUNT,
    LOCATIONS,
    MOVEMENT_TYPES,
    RECEIPT,
    RETURN,
    SALE,
    WRITE_OFF,
    Movements,
)
from sample_shop.trade.identifiers import Identifiers
from sample_shop.troubles import Trouble
from sample_shop.truth.columns import dates

CELLS_AT_ONCE = 1_000_000  # products x days

_TYPES = pa.array(MOVEMENT_TYPES)
_LOCATIONS = pa.array(LOCATIONS)
# Column, the movements it sums, and the sign they have in it.
_QUANTITIES = (
    ("received_quantity", RECEIPT, 1),
    ("sold_quantity", SALE, -1),
    ("returned_quantity", RETURN, 1),
    ("written_off_quantity", WRITE_OFF, -1),
    ("counted_difference_quantity", COUNT, 1),
)
_DAILY = pa.schema(
    {
        "product_id": pa.string(),
        "stock_date": pa.date32(),
        **{name: pa.int64() for name, _, _ in _QUANTITIES},
        "on_hand_quantity": pa.int64(),
    }
)


class StockExport:
    """The columns of stock_movements, for movements given by number; they never change."""

    def __init__(self, shop: Shop, identifiers: Identifiers) -> None:
        self._movements = shop.stock
        self._ids = identifiers
        self._moments = MomentText(shop.period.start, shop.period.end)

    def stock_movements(self, movement: Ints, updated: Ints) -> dict[str, Array]:
        moved = self._movements.take(movement)
        moment = self._moments(updated)
        return {
            "stock_movement_id": self._ids.stock_movements(movement),
            "product_id": self._ids.products(moved.product),
            "location_id": picked(_LOCATIONS, moved.location),
            "movement_type": picked(_TYPES, moved.kind),
            "quantity": counts(moved.quantity),
            "moved_at": moment,
            "updated_at": moment,
        }


def write_stock_daily(truth: Path, shop: Shop, identifiers: Identifiers) -> Mapping[str, int]:
    """Write each product's days, and say how often stock's troubles occurred.

    Every product has opening stock, and so a row for every day of the period.
    """
    days = np.arange(shop.period.days)
    with pq.ParquetWriter(truth / "stock_daily.parquet", _DAILY, write_statistics=False) as writer:
        for products, quantities in _daily(shop):
            columns = {
                "product_id": identifiers.products(np.repeat(products, len(days))),
                "stock_date": dates(shop.period, np.tile(days, len(products))),
                **{name: pa.array(cells.ravel()) for name, cells in quantities.items()},
            }
            writer.write_table(pa.table(columns, schema=_DAILY))
    kinds = np.bincount(shop.stock.column("kind"), minlength=len(MOVEMENT_TYPES))
    return {Trouble.STOCK_COUNTS.value: int(kinds[WRITE_OFF] + kinds[COUNT])}


def _daily(shop: Shop) -> Iterator[tuple[Ints, dict[str, Ints]]]:
    """Some products at a time; of these each column, shape (products, days)."""
    days = shop.period.days
    product = shop.stock.column("shelf") // len(LOCATIONS)
    by_product = packed(np.argsort(product, kind="stable"))
    product = product[by_product]
    step = max(1, CELLS_AT_ONCE // days)
    for start in range(0, len(shop.products), step):
        products = np.arange(start, min(start + step, len(shop.products)))
        low, high = np.searchsorted(product, [start, start + len(products)])
        these = shop.stock.take(by_product[low:high])
        cell = (these.product - start) * days + shop.period.day_of(these.moved)
        quantities = {
            name: sign * _sums(these, kind, cell, len(products) * days).reshape(-1, days)
            for name, kind, sign in _QUANTITIES
        }
        changes = sum(sign * quantities[name] for name, _, sign in _QUANTITIES)
        yield products, {**quantities, "on_hand_quantity": np.cumsum(changes, axis=1)}


def _sums(moved: Movements, kind: int, cell: Ints, cells: int) -> Ints:
    """The signed quantities of one kind by cell. They are far too small for a float to round."""
    which = np.flatnonzero(moved.kind == kind)
    sums = np.bincount(cell[which], weights=moved.quantity[which], minlength=cells)
    return sums.astype(np.int64)
