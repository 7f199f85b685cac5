"""The sample shop as a folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sample_shop.delivery.daily import batches
from sample_shop.delivery.tables import export_tables
from sample_shop.delivery.troubled import handle_roughly
from sample_shop.period import DEFAULT_TIME_ZONE, period_of
from sample_shop.shop import Shop, invent_shop
from sample_shop.stock.export import write_stock_daily
from sample_shop.trade.currencies import DEFAULT as DEFAULT_CURRENCY
from sample_shop.trade.identifiers import Identifiers
from sample_shop.troubles import ALL, Trouble
from sample_shop.truth.documents import write_ledger, write_payments
from sample_shop.truth.tally import count_troubles
from sample_shop.truth.web import write_visits
from storehouse.core.errors import ConfigError
from storehouse.core.progress import Progress, Silent

DEFAULT_END = date(2025, 12, 31)
EARLIEST = date(1970, 1, 1)  # before that, moments would be negative
MOST_DAYS = 36_500
MOST_ORDERS_A_DAY = 1_000_000  # a file is put together in memory
SUMMARY = Path("truth", "summary.json")


@dataclass(frozen=True)
class SampleSummary:
    """What was written. `files` are those of the export; `order_lines` those that stand.

    `ledger_amount` is in the reporting currency. `troubles` counts how often each occurred.
    """

    orders: int
    order_lines: int
    customers: int
    products: int
    refunds: int
    refund_lines: int
    payments: int
    stock_movements: int
    web_events: int
    sessions: int
    files: int
    rows: int
    ledger_entries: int
    ledger_amount: Decimal
    troubles: Mapping[str, int]


def write_sample(
    out: Path,
    *,
    orders: int,
    days: int,
    seed: int,
    end: date | None = None,
    troubles: frozenset[Trouble] = ALL,
    currency: str = DEFAULT_CURRENCY,
    time_zone: str = DEFAULT_TIME_ZONE,
    progress: Progress | None = None,
) -> SampleSummary:
    """Write a shop of `orders` orders over the `days` local days up to `end` into `out`.

    Its books are in `currency`, and its days are those of `time_zone`.

    The same arguments give the same files, byte for byte. `out` appears whole or not at all;
    an earlier sample there is replaced. Raises ConfigError for arguments that make no shop,
    for an `out` that holds anything else, and for one that can't be written.
    """
    end = end or DEFAULT_END
    _check(orders=orders, days=days, seed=seed, end=end)
    out = out.resolve()
    try:
        _check_folder(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as work:
            fresh = Path(work, "new")
            period = period_of(days, end, time_zone)
            shop = invent_shop(
                period, orders=orders, seed=seed, troubles=troubles, currency=currency
            )
            summary = _write(fresh, shop, progress or Silent(), seed=seed, troubles=troubles)
            _write_summary(fresh / SUMMARY, summary, days=days, seed=seed, end=end)
            if out.exists():
                out.rename(Path(work, "old"))
            fresh.rename(out)
    except OSError as error:
        raise ConfigError(
            f"The sample can't be written to {out}: {error}. Name a writable folder."
        ) from error
    return summary


def _check(*, orders: int, days: int, seed: int, end: date) -> None:
    longest = min(max((end - EARLIEST).days, 0), MOST_DAYS)
    for name, value, least, most in (
        ("days", days, 1, longest),
        ("orders", orders, 1, MOST_ORDERS_A_DAY * days),
        ("seed", seed, 0, sys.maxsize),
    ):
        if not least <= value <= most:
            raise ConfigError(
                f"A sample that ends on {end} with {name} = {value} can't be generated: {name} "
                f"must be between {least} and {most}."
            )


def _check_folder(out: Path) -> None:
    if not out.exists():
        return
    names = {path.name for path in out.iterdir()}
    if names and not (names <= {"shop", "truth", "earlier"} and (out / SUMMARY).is_file()):
        raise ConfigError(
            f"{out} contains files that are not a sample ({', '.join(sorted(names)[:3])}), "
            "and they will not be overwritten. Name a new or empty folder."
        )


def _write(
    folder: Path, shop: Shop, progress: Progress, *, seed: int, troubles: frozenset[Trouble]
) -> SampleSummary:
    truth = folder / "truth"
    truth.mkdir(parents=True)
    identifiers = Identifiers(shop)
    tables = export_tables(shop, identifiers)
    rows = sum(len(table.thing) for table in tables)
    progress.start("Write the sample shop", rows)
    # Arrow and numpy let other threads run while they work.
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        try:
            ledger = pool.submit(write_ledger, truth / "ledger.parquet", shop, identifiers)
            payments = pool.submit(write_payments, truth / "payments.parquet", shop, identifiers)
            stock = pool.submit(write_stock_daily, truth, shop, identifiers)
            visits = pool.submit(write_visits, truth, shop, identifiers)
            files = {
                pool.submit(batch.write, folder / "shop", shop.period): batch
                for table in tables
                for batch in batches(table, shop.period)
            }
            for done in as_completed(files):
                done.result()
                progress.advance(len(files[done].rows), files[done].table.name)
            handled = handle_roughly(
                folder, shop, identifiers, tables, seed=seed, troubles=troubles
            )
            payments.result()
            occurred = {**stock.result(), **visits.result()}
            entries, amount = ledger.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return SampleSummary(
        orders=len(shop.orders),
        order_lines=shop.lines.final,
        customers=len(shop.customers),
        products=len(shop.products),
        refunds=len(shop.refunds),
        refund_lines=len(shop.refund_lines),
        payments=len(shop.payments),
        stock_movements=len(shop.stock),
        web_events=len(shop.web.events),
        sessions=len(shop.web.visits),
        files=sum(len(batch.days) for batch in files.values()) + handled.files,
        rows=rows + handled.rows,
        ledger_entries=entries,
        ledger_amount=amount,
        troubles={**count_troubles(shop), **occurred, **handled.troubles},
    )


def _write_summary(path: Path, summary: SampleSummary, *, days: int, seed: int, end: date) -> None:
    contents = {"days": days, "seed": seed, "end": str(end), **asdict(summary)}
    text = json.dumps(contents, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")
