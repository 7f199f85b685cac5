"""SQL that a BI tool has saved with the catalog's name, in clients of several versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sample_shop import write_sample
from storehouse.prove.readers.builds import next_build
from storehouse.serving.publish import publish
from warehouse.shop import PROJECT, Home

_SAVED = (
    "select sum(total_sales_amount), "
    "(select build_id from current.meta.builds), "
    "(select count(*) from current.marts.fct_ledger_entries) "
    "from current.reports.rpt_daily_totals"
)

# Each in an environment of its own, made once below var/clients.
_CLIENTS = {
    "duckdb 1.4": ("duckdb==1.4.5",),
    "duckdb 1.5": ("duckdb==1.5.6",),
    "duckdb 2.0": ("duckdb==2.0.0",),
    "sqlalchemy 1.5": ("duckdb-engine==0.17.0", "duckdb==1.5.6"),
    "sqlalchemy 2.0": ("duckdb-engine==0.17.0", "duckdb==2.0.0"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("clients")
    write_sample(folder / "shop", orders=200, days=30, seed=7)
    home = Home(folder / "home", inbox=folder / "shop")
    home.storehouse("run")
    return home


def _python(client: str) -> Path:
    """The interpreter of a client's environment."""
    folder = PROJECT / "var" / "clients" / client.replace(" ", "-")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *_CLIENTS[client]], check=True)
        (folder / "ready").touch()
    return python


@contextmanager
def _client(python: Path, file: Path, by: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [str(python), str(Path(__file__).with_name("ask.py")), str(file), by],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def _answer(client: subprocess.Popen[str]) -> list[Any]:
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(_SAVED + "\n")
    client.stdin.flush()
    (row,) = json.loads(client.stdout.readline())  # nothing, if the client has ended
    return list(row)


def _see_two_builds(home: Home, python: Path, by: str) -> None:
    settings = home.settings
    with _client(python, settings.current, by) as client:
        before = _answer(client)
        next_build(settings)
        published = publish(settings, now=lambda: datetime.now(UTC))
        after = _answer(client)
    assert Decimal(after[0]) == Decimal(before[0]) - 1
    assert before[1] < after[1] == published.build_id
    assert int(after[2]) == int(before[2]) - 1


def test_saved_sql_with_the_catalogs_name_sees_each_new_build(built: Home) -> None:
    _see_two_builds(built, Path(sys.executable), "duckdb")


@pytest.mark.skipif(
    not os.environ.get("STOREHOUSE_TEST_CLIENTS"),
    reason="installs clients of other versions: make test-clients",
)
@pytest.mark.parametrize("client", _CLIENTS)
def test_saved_sql_sees_each_new_build_in_clients_of_other_versions(
    built: Home, client: str
) -> None:
    _see_two_builds(built, _python(client), client.split(maxsplit=1)[0])
