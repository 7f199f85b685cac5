"""Whatever happens to load or server, nothing is lost or doubled and the message helps."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import pytest

from loaders.database.live import VARIABLE, At, LiveShop, new_database, server_folder
from loaders.database.orders import COLUMNS, ROWS, begun, content, fill, said_by
from loaders.project import Project
from servers.postgresql import start, stop
from storehouse.core.errors import LoadError
from storehouse.core.progress import Silent
from storehouse.sources.database import postgresql, postgresql_connection, table_stream

KILLS = 10
A_PART = 100_000  # bytes, of about 600,000


def stored(shop: LiveShop) -> int:
    """How many rows have landed; 0 where the kill came before the table."""
    made = "select 1 from duckdb_tables() where table_name = 'orders'"
    if shop.project.settings().warehouse.exists() and shop.rows(made):
        return shop.count("orders")
    return 0


def wait_for_rows(shop: LiveShop, process: subprocess.Popen[str]) -> None:
    """Wait until a part of the rows is stored, as the log of the warehouse shows, or the end."""
    warehouse = shop.project.settings().warehouse
    log = warehouse.with_name(f"{warehouse.name}.wal")
    while process.poll() is None and (not log.exists() or log.stat().st_size < A_PART):
        time.sleep(0.002)


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_BATCH_BYTES", 16 * 1024)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 1000)
    monkeypatch.setattr(postgresql_connection, "_FIRST_WAIT_SECONDS", 0.01)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[LiveShop, Path]]:
    """A shop on a server that may be stopped, and its folder."""
    parent = Path(tempfile.mkdtemp())
    folder = server_folder(parent)
    try:
        url = new_database(start(folder), "shop")
        yield LiveShop(Project(tmp_path / "project"), url), folder
    finally:
        stop(folder, "immediate")
        shutil.rmtree(parent)


def test_a_killed_load_goes_on_while_the_shop_changes(shop: LiveShop, tmp_path: Path) -> None:
    fill(shop)
    moments = random.Random(4)
    undisturbed = begun(shop)
    begin = time.monotonic()
    undisturbed.communicate(timeout=60)
    assert undisturbed.returncode == 0
    seconds = time.monotonic() - begin
    partly = 0
    for kill in range(KILLS):
        one = LiveShop(Project(tmp_path / str(kill)), shop.url)
        one.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"})
        process = begun(one)
        if kill % 2:
            wait_for_rows(one, process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds * moments.random() / (KILLS if kill % 2 else 1))
        process.kill()
        process.communicate(timeout=60)
        partly += 0 < stored(one) < ROWS
        # Before and behind the place where it was broken off.
        one.sql(
            f"update orders set status = 'changed {kill}', updated_at = now()"
            f" where id % 1000 = {kill}"
        )
        one.load()
        changed = 3 * (kill + 1)
        assert content(one) == [(ROWS, ROWS * (ROWS + 1) // 2, changed)]
        # A row comes again where it was broken off, and what changed does.
        assert one.count("orders") <= ROWS + 2 * changed + 1
    assert partly


@pytest.mark.usefixtures("small_portions")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_goes_in_the_middle_is_read_on_when_it_is_back(
    own_server: tuple[LiveShop, Path], mode: str
) -> None:
    shop, folder = own_server
    rows = 100_000
    fill(shop, rows)
    message = said_by(shop.load_with(At(5, lambda: stop(folder, mode))))
    assert "PostgreSQL at 127.0.0.1" in message
    assert f"{VARIABLE} is its address, and run again: what was stored stays" in message
    assert 5000 <= stored(shop) < rows
    assert "could not be read" in said_by(shop.load_with(Silent()))
    start(folder)
    shop.load()
    assert content(shop) == [(rows, rows * (rows + 1) // 2, 0)]
    # The last row stored comes again, and what has the newest time.
    assert shop.count("orders") == rows + 2


def test_a_server_that_is_about_to_start_is_waited_for(
    own_server: tuple[LiveShop, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, folder = own_server
    fill(shop)
    stop(folder)
    connect = driver.connect

    def starts_when_it_was_missed(*arguments: Any, **options: Any) -> Any:
        try:
            return connect(*arguments, **options)
        finally:
            start(folder)

    monkeypatch.setattr(driver, "connect", starts_when_it_was_missed)
    shop.load()
    assert content(shop) == [(ROWS, ROWS * (ROWS + 1) // 2, 0)]


@pytest.mark.usefixtures("small_portions")
def test_a_connection_that_is_cut_is_read_on(shop: LiveShop) -> None:
    rows = 100_000
    fill(shop, rows)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    message = said_by(
        shop.load_with(At(5, lambda: shop.sql(f"{cut} and datname = current_database()")))
    )
    assert "run again" in message
    assert shop.count("orders") < rows
    shop.load()
    assert content(shop) == [(rows, rows * (rows + 1) // 2, 0)]
    assert shop.count("orders") == rows + 2


@pytest.mark.usefixtures("small_portions")
def test_a_full_disk_loses_nothing(shop: LiveShop, small_disk: Path) -> None:
    one = LiveShop(Project(small_disk / "project"), shop.url)
    rows = 10 * ROWS
    fill(one, rows)
    (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
    with pytest.raises(LoadError, match="Free space"):
        one.attempt()
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    assert 0 < stored(one) < rows
    one.load()
    assert content(one) == [(rows, rows * (rows + 1) // 2, 0)]
    # A row comes again where it was broken off, and the newest with those of its time.
    assert one.count("orders") <= rows + 2


@pytest.mark.usefixtures("small_portions")
def test_a_load_that_is_interrupted_is_read_on(shop: LiveShop) -> None:
    """Ctrl-C comes while a thread reads."""
    rows = 50_000
    fill(shop, rows)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            shop.load_with(At(5, _interrupt))
    assert shop.count("orders") < rows
    shop.load()
    assert content(shop) == [(rows, rows * (rows + 1) // 2, 0)]


@pytest.mark.usefixtures("small_portions")
def test_a_load_that_was_broken_off_and_declared_anew_begins_again(shop: LiveShop) -> None:
    fill(shop, 20_000)
    with pytest.raises(KeyboardInterrupt):
        shop.load_with(At(3, _interrupt))
    shop.declare("orders", COLUMNS, key=["updated_at", "id"])
    report = shop.load()
    assert report.tables[0].rows == 20_000
    assert "the declaration of its table, key or cursor has changed" in report.notes[0]
    assert shop.load().notes == ()


def _interrupt() -> None:
    raise KeyboardInterrupt
