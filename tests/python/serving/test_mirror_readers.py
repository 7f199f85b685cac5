"""Readers of the mirror while it moves from build to build, and a mirror that is killed."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import time
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql

from serving.mirrored import ROLE, Database, differences, mirrored, published_next, rows
from storehouse.serving.published_files import KEPT_BUILDS
from warehouse.shop import PROJECT, Home

_SWAPS = 10
_STATED = (
    "(select row_count from meta.row_counts where table_name = 'marts.fct_ledger_entries') as said"
)
_COUNTED = "(select count(*) from marts.fct_ledger_entries) as entries"
_KINDS = {
    "a statement": [f"select {_COUNTED}, {_STATED}, build_id from meta.builds"],
    "a view": [f"select (select entries from ours.entries), {_STATED}, build_id from meta.builds"],
    # What has no snapshot of its own would see the next build from one statement to the next.
    "a transaction": [
        "begin isolation level repeatable read read only",
        "select build_id from meta.builds",
        "select count(*) from marts.fct_ledger_entries",
        "select row_count from meta.row_counts where table_name = 'marts.fct_ledger_entries'",
        "select count(*) from reports.rpt_daily_sales",
        "select row_count from meta.row_counts where table_name = 'reports.rpt_daily_sales'",
        "select build_id from meta.builds",
        "commit",
    ],
}

_KEYS = "update ops.builds set keys = json_merge_patch(keys, '{\"marts.dim_channels\": [%s]}')"
# What a build changes in columns, keys and tables; the next one changes the next.
_SHAPES = (
    "alter table marts.fct_ledger_entries add column more bigint",
    "alter table marts.fct_ledger_entries alter reporting_amount type decimal(20, 4)",
    _KEYS % '"channel", "channel_kind"',
    "alter table marts.fct_ledger_entries alter reporting_amount type decimal(18, 4)",
    "alter table marts.fct_ledger_entries drop column more",
    _KEYS % '"channel"',
)


def _torn(kind: str, found: list[list[tuple[object, ...]]]) -> bool:
    if kind == "a transaction":
        before, entries, said, sales, said_of_sales, after = found
        return (before, entries, sales) != (after, said, said_of_sales) or len(before) != 1
    (((counted, stated, _),),) = found
    return counted != stated


def _keep_reading(
    kind: str, url: str, stop: Event, builds: list[object], errors: list[str]
) -> None:
    with closing(postgresql.connect(url, autocommit=True)) as con:
        while not stop.is_set():
            found = []
            try:
                for statement in _KINDS[kind]:
                    if statement.startswith("select"):
                        found.append(rows(con, statement))
                    else:
                        with con.cursor() as cursor:
                            cursor.execute(statement)
                if _torn(kind, found):
                    errors.append(f"{kind} saw {found}")
                builds.append(found[0][0][-1])
            except Exception as error:  # noqa: BLE001
                errors.append(f"{kind}: {error!r}")
                return


def test_no_read_fails_or_is_torn_while_the_mirror_moves_ten_times(
    small_home: Home, database: Database
) -> None:
    mirrored(small_home, database)
    database.run(
        "create schema ours",
        "create view ours.entries as select count(*) as entries from marts.fct_ledger_entries",
        f"grant usage on schema ours to {ROLE}",
        f"grant select on ours.entries to {ROLE}",
    )
    reader = database.read_by_role(ROLE)
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        stop = context.Event()
        errors = manager.list()
        seen = {kind: manager.list() for kind in _KINDS}
        readers = [
            context.Process(target=_keep_reading, args=(kind, reader.url, stop, builds, errors))
            for kind, builds in seen.items()
        ]
        for process in readers:
            process.start()
        try:
            for number in range(_SWAPS):
                before = {kind: len(builds) for kind, builds in seen.items()}
                while not errors and any(
                    len(builds) < before[kind] + 2 for kind, builds in seen.items()
                ):
                    time.sleep(0)
                build_id = published_next(
                    small_home.settings,
                    "delete from reports.rpt_daily_sales where sales_date = "
                    "(select min(sales_date) from reports.rpt_daily_sales)",
                    _SHAPES[number % len(_SHAPES)],
                )
                done = mirrored(small_home, database, full=number % 2 == 1)
                assert done.build_id == build_id
                assert done.deleted > done.copied - 200 * (number % 2)
        finally:
            stop.set()
            for process in readers:
                process.join()
        assert list(errors) == []
        for kind, builds in seen.items():
            assert len(set(builds)) > _SWAPS / 2, kind


def test_a_mirror_killed_at_any_moment_leaves_a_whole_build(
    small_home: Home, database: Database
) -> None:
    before = mirrored(small_home, database).build_id
    chance = random.Random(5)
    command = [str(Path(sys.executable).with_name("storehouse")), "mirror"]
    environ = {**small_home.variables, "STOREHOUSE_MIRROR_URL": database.url}
    begun = time.monotonic()
    subprocess.run([*command, "--full"], cwd=PROJECT, env=environ, capture_output=True, check=True)
    seconds = time.monotonic() - begun
    killed = 0
    for number in range(KEPT_BUILDS - 1):
        build_id = published_next(small_home.settings, _SHAPES[number])
        process = subprocess.Popen(
            [*command, *["--full"][number % 2 :]],
            cwd=PROJECT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=chance.uniform(0.3, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        while database.one(
            "select count(*) from pg_stat_activity where application_name = 'storehouse'"
        ):
            """The server has yet to see that it is gone."""
        found = database.one("select build_id from meta.builds")
        assert found in {before, build_id}
        assert differences(small_home.settings, database, found) == []
        before = found
    assert killed > 0
    build_id = published_next(small_home.settings)
    assert mirrored(small_home, database).build_id == build_id
    assert differences(small_home.settings, database) == []
