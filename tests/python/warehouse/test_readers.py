"""Readers of the published file while builds come and go, and while a publisher is killed."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.progress import Silent
from storehouse.prove.live.home import LiveHome
from storehouse.prove.live.large_orders import order_event
from storehouse.prove.readers.builds import next_build
from storehouse.prove.readers.kinds import KINDS, OF_NOW, Served
from storehouse.prove.readers.live import read_while_handing_over
from storehouse.prove.readers.proof import read_while_publishing, servers
from storehouse.prove.readers.swapping import LANE
from storehouse.serving.publish import publish
from storehouse.serving.published_files import (
    build_id_of,
    current_file,
    point_current_to,
    published_files,
)
from warehouse.live_homes import LANES, last_day
from warehouse.shop import PROJECT, Home

_BUILDS = 25
# A wrong publisher is wrong for longer than a reader takes from one reading to the next.
_WRONG_SECONDS = 0.5


def _now() -> datetime:
    return datetime.now(UTC)


def _publish(home: Settings) -> Path:
    return publish(home, now=_now).file


def test_no_reading_fails_or_mixes_builds_while_25_builds_are_published(
    small_home: Home, tmp_path: Path
) -> None:
    home = small_home.settings
    with servers(home, tmp_path) as served:
        found = read_while_publishing(
            home,
            served,
            builds=_BUILDS,
            readers=2,
            progress=Silent(),
            publisher=lambda: _publish(home),
        )
    assert [(one.kind, one.failed, one.mixed, one.examples) for one in found.kinds] == [
        (kind, 0, 0, []) for kind in KINDS
    ]
    assert found.builds >= _BUILDS
    for one in found.kinds:
        assert one.readings >= _BUILDS
        assert len(one.builds) > 2, one.kind
    found.raise_for_problems()


def test_no_reading_fails_or_is_torn_while_lanes_swap_their_files_and_are_handed_over(
    live_home: Home, tmp_path: Path
) -> None:
    day = last_day(live_home)
    home = LiveHome(
        live_home.settings,
        live_home.variables | {"STOREHOUSE_EVENT_LOG": str(tmp_path / "log.sqlite")},
        [order_event(number, day=day) for number in range(20_000)],
        logs=tmp_path,
        first_day=day,
    )
    found = read_while_handing_over(
        home, hand_overs=1, readers=1, rate=40, swaps=10, progress=Silent(), now=_now
    )
    assert [(one.kind, one.failed, one.mixed, one.examples) for one in found.kinds] == [
        (one.kind, 0, 0, []) for one in found.kinds
    ]
    assert [one.kind for one in found.kinds if one.kind in OF_NOW] == [*OF_NOW]
    for one in found.kinds:
        assert len(one.builds) > 1, one.kind
    assert found.swaps.keys() == {*LANES, LANE}
    assert found.swaps["trade"] > 2
    assert found.swaps[LANE] > found.swaps["trade"]
    assert found.opened["trade"] > 1
    assert sum(found.went_back.values()) == 0
    found.raise_for_problems()
    with pytest.raises(ProofError, match="went back"):
        replace(found, went_back={"trade": 1}).raise_for_problems()


def _in_place(home: Settings) -> None:
    """Writes each build over the file that readers know, as a slow disk would."""
    content = _publish(home).read_bytes()
    same = home.published_dir / "same.duckdb"
    same.touch()
    point_current_to(home, same)
    with same.open("wb", buffering=0) as stream:
        stream.write(content[: len(content) // 2])
        time.sleep(_WRONG_SECONDS)
        stream.write(content[len(content) // 2 :])


def _table_by_table(home: Settings) -> None:
    """Publishes a build with a report of the build before."""
    before = current_file(home)
    file = _publish(home)
    mixed = home.published_dir / f"{build_id_of(file)}-mixed.duckdb"
    shutil.copyfile(file, mixed)
    with duckdb.connect(str(mixed)) as con:
        con.execute(f"attach '{before}' as before (read_only)")
        con.execute(
            "create or replace table reports.rpt_daily_totals as "
            "from before.reports.rpt_daily_totals"
        )
    point_current_to(home, mixed)


def _unlinking_first(home: Settings) -> None:
    """Leaves a moment without a file at the address that readers know."""
    home.current.unlink()
    time.sleep(_WRONG_SECONDS)
    _publish(home)


@pytest.mark.parametrize("publisher", [_in_place, _table_by_table, _unlinking_first])
def test_a_publisher_that_is_wrong_is_found(
    small_home: Home, publisher: Callable[[Settings], object]
) -> None:
    home = small_home.settings
    found = read_while_publishing(
        home,
        Served(home.current, api="", dashboard=""),
        builds=10,
        readers=1,
        progress=Silent(),
        publisher=lambda: publisher(home),
        kinds=[kind for kind in KINDS if kind.startswith("DuckDB")],
    )
    wrong = sum(one.mixed if publisher is _table_by_table else one.failed for one in found.kinds)
    assert wrong, found
    with pytest.raises(ProofError, match=r"[1-9]\d* (of \d+ readings failed|mixed builds)"):
        found.raise_for_problems()


def test_readers_that_die_end_the_proof(small_home: Home) -> None:
    home = small_home.settings

    def kill_and_publish() -> None:
        for process in multiprocessing.active_children():
            process.kill()
        _publish(home)

    with pytest.raises(ProofError, match="1 readers ended early"):
        read_while_publishing(
            home,
            Served(home.current, api="", dashboard=""),
            builds=1000,
            readers=1,
            progress=Silent(),
            publisher=kill_and_publish,
            kinds=[next(iter(KINDS))],
        )


def _read(current: str) -> str:
    """The build that one connection sees; raises where it is not whole."""
    with duckdb.connect(current, read_only=True) as con:
        ((build_id,),) = con.execute("select build_id from meta.builds").fetchall()
        ((rows, recorded),) = con.execute(
            "select (select count(*) from marts.fct_ledger_entries), "
            "(select row_count from meta.row_counts where table_name = 'marts.fct_ledger_entries')"
        ).fetchall()
    if rows != recorded:
        raise AssertionError(f"build {build_id} says {recorded} rows and has {rows}")
    return str(build_id)


def test_a_publisher_killed_at_any_moment_leaves_a_whole_build(small_home: Home) -> None:
    settings = small_home.settings
    chance = random.Random(5)
    command = [str(Path(sys.executable).with_name("storehouse")), "publish"]
    environ = {**small_home.variables, "PATH": "/usr/bin:/bin"}
    begun = time.monotonic()
    subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, check=True)
    seconds = time.monotonic() - begun
    killed = 0
    for _ in range(10):
        before = current_file(settings)
        next_build(settings)
        publisher = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            publisher.wait(timeout=chance.uniform(0.3, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            publisher.kill()
            publisher.wait()
            killed += 1
        assert before is not None
        assert _read(str(settings.current)) >= build_id_of(before)
    assert killed > 0
    shutil.copy(settings.current, settings.published_dir / ".left-over.duckdb.tmp")
    newest = publish(settings, now=lambda: datetime.now(UTC)).build_id
    assert _read(str(settings.current)) == newest
    assert [file.name for file in settings.published_dir.iterdir() if file.name[0] == "."] == []
    assert len(published_files(settings)) <= 5
