"""Servers of a home as a user starts them, and what they answer in types again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx

from serving.questions import Question
from storehouse.core.config import Settings
from storehouse.serving.published_files import current_file
from storehouse.serving.where import Condition
from warehouse.shop import Home

EARLIER = "20200101T000000.000000Z"
_TYPED = {
    "DATE": date.fromisoformat,
    "TIMESTAMP": lambda text: datetime.fromisoformat(text.removesuffix("Z")),
}


@contextmanager
def serving(home: Home, *arguments: str) -> Iterator[str]:
    """The address that a command of storehouse listens on."""
    with home.start("storehouse", *arguments) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            assert " at http://" in said, said + server.stdout.read()
            yield said.split(" at ")[1].split(" ")[0].rpartition("/")[0]
        finally:
            server.terminate()


@contextmanager
def client_of(home: Home, *arguments: str) -> Iterator[httpx.Client]:
    """A client of `storehouse serve`."""
    with serving(home, "serve", *arguments) as address, httpx.Client(base_url=address) as client:
        client.timeout = 60
        yield client


def written(condition: Condition) -> str:
    """A condition as a person writes it."""
    listed = ",".join('"{}"'.format(one.replace('"', '""')) for one in condition.values)
    return f"{condition.field}{condition.operator}{listed}"


def asked(question: Question) -> dict[str, Any]:
    """The conditions and days of a question as parameters."""
    days = {"since": question.since, "until": question.until}
    return {
        "where": [written(condition) for condition in question.where],
        **{name: day.isoformat() for name, day in days.items() if day},
    }


def typed_rows(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of JSON with the types that their columns say they have."""
    types = [column["data_type"] for column in document["columns"]]
    return [tuple(map(_typed, row.values(), types)) for row in document["rows"]]


def _typed(value: Any, data_type: str) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if data_type.startswith("DECIMAL"):
        return Decimal(value)
    return _TYPED.get(data_type, str)(value)


def add_earlier_build(settings: Settings, build_id: str = EARLIER) -> Path:
    """The file of an earlier build, in which one sale was a unit of money larger."""
    file = current_file(settings)
    assert file is not None
    earlier = settings.published_dir / build_id / file.name
    earlier.parent.mkdir()
    shutil.copyfile(file, earlier)
    earlier.chmod(0o644)
    with duckdb.connect(str(earlier)) as con:
        con.execute(f"update meta.builds set build_id = '{build_id}'")
        con.execute(
            "update marts.fct_ledger_entries set reporting_amount = reporting_amount + 1 "
            "where ledger_entry_key = (select min(ledger_entry_key) "
            "from marts.fct_ledger_entries where entry_type = 'sale')"
        )
    return earlier
