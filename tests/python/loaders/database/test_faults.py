"""Whatever happens to load or server, nothing is lost or doubled and the message helps."""

from __future__ import annotations

import random
import shutil
import socket
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
from loaders.project import Project
from servers.postgresql import start, stop
from storehouse.errors import LoadError, SourceUnavailable
from storehouse.load_report import LoadReport
from storehouse.progress import Silent
from storehouse.sources.database import postgresql, table_stream

COLUMNS = ["id", "status", "updated_at"]
ROWS = 3000
KILLS = 10
A_PART = 100_000  # bytes, of about 600,000


def fill(shop: LiveShop, rows: int = ROWS) -> None:
    shop.sql(
        "create table orders (id int primary key, status text not null,"
        " updated_at timestamptz not null default now())",
        "insert into orders select i, repeat('x', 200), now() - interval '1 year' + i * interval"
        f" '1 minute' from generate_series(1, {rows}) i",
    )
    shop.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"})


def content(shop: LiveShop) -> list[tuple[object, ...]]:
    """Rows and sums of the newest versions; the newest ledger and state are sound."""
    return shop.rows(
        """
        with newest as (
            select * from raw_shop.orders
            qualify row_number() over (
                partition by id order by _loaded_at desc, _source_file desc, _row_number desc
            ) = 1
        )
        select count(*), sum(id::int), count(*) filter (where status like 'changed%') from newest
        """
    )


def begun(shop: LiveShop) -> subprocess.Popen[str]:
    process = shop.begin_load()
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


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


def said_by(report: LoadReport) -> str:
    (error,) = report.errors
    assert isinstance(error, SourceUnavailable)
    return str(error)


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_BATCH_BYTES", 16 * 1024)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 1000)
    monkeypatch.setattr(postgresql, "_FIRST_WAIT_SECONDS", 0.01)


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
    said = said_by(shop.load_with(At(5, lambda: stop(folder, mode))))
    assert "PostgreSQL at 127.0.0.1" in said
    assert f"{VARIABLE} is its address, and run again: what was stored stays" in said
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
    said = said_by(
        shop.load_with(At(5, lambda: shop.sql(f"{cut} and datname = current_database()")))
    )
    assert "run again" in said
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
    assert "table, key or cursor are declared anew" in report.notes[0]
    assert shop.load().notes == ()


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_nobody_at_the_port_is_said_with_what_to_do(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 1)
    monkeypatch.setattr(postgresql, "_FIRST_WAIT_SECONDS", 0.01)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        report = shop.attempt(url=f"postgresql://me:word@127.0.0.1:{port}/shop")
    said = said_by(report)
    assert "Connection refused" in said
    assert f"PostgreSQL at 127.0.0.1:{port} could not be read" in said


CANARY = "canary-5ee7"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://{user}:" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "%2Fx%40y%20z@{host}",
        "postgresql://{user}:" + CANARY + "/@" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "#" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "[@{host}",
        "postgresql://{user}:word@" + CANARY + "@{host}",
        "postgresql://{user}:12/" + CANARY + "@{host}",
        "postgresql://{user}:12#" + CANARY + "@{host}",
        "postgresql://{user}:12?" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "%zz@{host}",
        "postgresql://{host}?user={user}&password=" + CANARY,
        "postgresql://{user}@{host}?password=" + CANARY + "&sslmode=" + CANARY,
        "host=127.0.0.1 password=" + CANARY,
        "mysql://{user}:" + CANARY + "@{host}",
    ],
)
def test_a_password_is_nowhere_whatever_is_wrong_with_it(shop: LiveShop, url: str) -> None:
    fill(shop, 1)
    shop.url = url.format(user="storehouse", host=shop.host)
    process = shop.begin_load()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert VARIABLE in said
    assert CANARY not in said
    for path in shop.project.root.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_two_loads_at_once_are_one_load_and_a_refusal(shop: LiveShop) -> None:
    fill(shop)
    both = [shop.begin_load(), shop.begin_load()]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 7], [0, 0]), said
    assert content(shop) == [(ROWS, ROWS * (ROWS + 1) // 2, 0)]
    assert shop.count("orders") <= ROWS + 1


def test_a_table_that_is_locked_for_long_is_not_waited_for_for_ever(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 5)
    monkeypatch.setitem(postgresql._SETTINGS, "lock_timeout", "200ms")
    with shop.transaction("lock table orders in access exclusive mode"):
        said = said_by(shop.attempt())
    assert "lock timeout" in said
    shop.load()
    assert shop.count("orders") == 5
