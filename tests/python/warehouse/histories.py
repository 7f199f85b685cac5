"""What sources tell on some days: changes, deletions, late and repeated rows.

Each history yields when its source is as it is on the evening of a day, to be loaded then. On the
fourth everything is read anew. On the fifth, a quiet one ten days later, lists that are delivered
whole come again, and nothing has changed but one order of two of the shops.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from loaders.rest.server import Api, serving
from loaders.shopify.server import PATH, Bucket, Shopify
from loaders.shopify.shop import shop as shopify_shop
from sample_shop import write_sample
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.prove.deliveries import cut
from storehouse.prove.extracts import write_extracts
from storehouse.prove.invoices import write_invoices
from storehouse.prove.medusa import Medusa, served
from storehouse.sources.portion import Window
from warehouse.api_histories import FIRST_DAY, ecb_days, medusa_days, shopify_days
from warehouse.author import LINE_HEADER, ORDER_HEADER, deliver
from warehouse.bank import publishing
from warehouse.shop import Home

FILES = ("shop", "online_retail", "nightly_extract")
OTHERS = ("medusa", "shopify", "ecb", "my_shop")
CHANGED_ON_THE_QUIET_DAY = {"shop": "O000001", "my_shop": "A-1"}
_EVENINGS = [timedelta(days=day, hours=12) for day in (0, 1, 2, 3, 13)]
_ALL_ANEW = 3


def live(home: Home) -> Home:
    """Load what each source of the home tells on each day."""
    sources = home.sources.split(",")
    with ExitStack() as stack:
        histories = []
        if {*FILES} & {*sources}:
            histories.append(_files(home, [name for name in FILES if name in sources]))
        if "medusa" in sources:
            medusa = Medusa()
            address = stack.enter_context(served(medusa))
            home.environ.update({"MEDUSA_URL": address, "MEDUSA_SECRET_KEY": "sk_invented"})
            histories.append(medusa_days(medusa))
        if "shopify" in sources:
            shopify = Shopify(shopify_shop(), bucket=Bucket(restore_rate=20_000))
            address = stack.enter_context(serving(Api({PATH: shopify}))).address
            home.environ.update({"SHOPIFY_URL": address, "SHOPIFY_TOKEN": shopify.token})
            histories.append(shopify_days(shopify.shop))
        if "ecb" in sources:
            bank = stack.enter_context(publishing(date(2026, 2, 25), date(2026, 3, 18)))
            home.environ.update({"ECB_RATES_URL": f"{bank.api.address}/rates"})
            histories.append(ecb_days(bank))
        if "my_shop" in sources:
            histories.append(_my_shop(home))
        for day, _ in enumerate(zip(*histories, strict=True)):
            _load(home, FIRST_DAY + _EVENINGS[day], Window(full=day == _ALL_ANEW))
    return home


def _load(home: Home, now: datetime, window: Window) -> None:
    report = load(
        home.settings, progress=Silent(), now=lambda: now, window=window, environ=home.environ
    )
    report.raise_for_problems()


def _files(home: Home, sources: Sequence[str]) -> Iterator[None]:
    """Files of some days, some wrong at first, twice or late."""
    export = home.path / "export"
    write_sample(export, orders=100, days=20, seed=5)
    write_invoices(export, days=10, seed=5)
    write_extracts(export, nights=6, seed=5)
    inbox = home.path / "inbox"
    for arrivals in cut(export, sources, slices=3, rng=Random(5)):
        for arrival in arrivals:
            arrival.arrive(inbox)
        yield
    if "shop" in sources:
        _repeat_products(export / "shop", inbox / "shop")
        _change_order(export / "shop", inbox / "shop")
    if "nightly_extract" in sources:
        for table in (export / "nightly_extract").iterdir():
            newest = max(table.iterdir())
            name, _, night = newest.stem.rpartition("_")
            night_after = date.fromisoformat(night) + timedelta(days=1)
            again = f"{name}_{night_after}{newest.suffix}"
            shutil.copy(newest, inbox / "nightly_extract" / table.name / again)
    yield


def _repeat_products(export: Path, inbox: Path) -> None:
    header, *rows = min((export / "products").iterdir()).read_text(encoding="utf-8").splitlines()
    text = "\n".join([header, *reversed(rows), ""])
    (inbox / "products" / "again.csv").write_text(text, encoding="utf-8")


def _change_order(export: Path, inbox: Path) -> None:
    """Its channel turns out to be another."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((export / "orders").iterdir())]
    header, *rows = csv.reader("".join(texts).splitlines())
    of_it = [row for row in rows if row[0] == CHANGED_ON_THE_QUIET_DAY["shop"]]
    newest = max(of_it, key=lambda row: row[header.index("updated_at")])
    newest[header.index("channel")] = "kiosk"
    newest[header.index("updated_at")] = "2026-01-31T00:00:00Z"
    with (inbox / "orders" / "quiet.csv").open("w", encoding="utf-8") as file:
        csv.writer(file).writerows([header, newest])


def _my_shop(home: Home) -> Iterator[None]:
    """The guide's shop: an order comes before its lines, and files are corrected."""
    yield
    deliver(
        home, "orders/3.csv", ORDER_HEADER,
        "A-3;K-8;05.03.2025 12:00;neu;;0,00;10,00;05.03.2025 12:00",
        "A-4;K-7;05.03.2025 13:00;neu;;0,00;20,00;05.03.2025 13:00",
    )  # fmt: skip
    yield
    deliver(
        home, "order_lines/3.csv", LINE_HEADER,
        "A-3;1;Spaten;1;10,00;05.03.2025 12:00",
        "A-1;1;Kübel;1;1.234,50;06.03.2025 09:00",
        "A-1;2;Harke;1;30,00;06.03.2025 09:00",
    )  # fmt: skip
    yield
    deliver(
        home, "orders/3.csv", ORDER_HEADER,
        "A-3;K-8;05.03.2025 12:00;storniert;07.03.2025 08:00;0,00;10,00;07.03.2025 08:00",
    )  # fmt: skip
    deliver(home, "order_lines/1.csv", LINE_HEADER, "A-2;1;Gießkanne;2;49,90;02.03.2025 10:00")
    yield
    deliver(
        home, "orders/4.csv", ORDER_HEADER,
        "A-1;K-9;02.03.2025 00:30;versandt;;4,90;2.473,90;08.03.2025 08:00",
    )  # fmt: skip
    yield
