"""A further lane, which swaps its file of now more often than any lane can compute its reports."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from multiprocessing.connection import Connection

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.live.layer.now_files import NowFiles, take_away
from storehouse.live.layer.program import Kind, Relation
from storehouse.serving.now_files import NowState, link_of

LANE = "swapped"
_REPORT = Relation(LANE, "reports", "rpt_swapped", Kind.WHOLE)
# Few, so that readers see each again and compare; their numbers of rows differ.
_SNAPSHOTS = 4
_ROWS = 1000


@contextmanager
def swapping(settings: Settings, build_id: str, rate: float) -> Iterator[Callable[[], int]]:
    """Swap the lane's file `rate` times a second while the block runs; yields how often it was.

    The files are written and removed as those of all lanes. Raises ProofError if that ends early.
    """
    spawn = multiprocessing.get_context("spawn")
    stop, held = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_keep_swapping, args=(settings, build_id, rate, stop))
    process.start()
    try:
        yield lambda: _swaps(settings)
    finally:
        has_ended = process.exitcode is not None
        held.close()
        process.join()
        take_away(settings, [LANE])
    if has_ended or process.exitcode:
        raise ProofError("The lane that swaps its file ended early, for the reason above.")


def _swaps(settings: Settings) -> int:
    try:
        return int(link_of(settings, LANE).readlink().parent.name)
    except FileNotFoundError:
        return 0


def _keep_swapping(settings: Settings, build_id: str, rate: float, stop: Connection) -> None:
    files = NowFiles(settings, LANE)
    with duckdb.connect() as con:
        con.execute(f"create schema {_REPORT.schema}")
        begun = time.monotonic()
        for number in count(1):
            snapshot = number % _SNAPSHOTS
            con.execute(
                f"create or replace table {_REPORT.table} as "
                "select range as line_number, $1::integer as snapshot from range($2)",
                (snapshot, _ROWS * (snapshot + 1)),
            )
            now = datetime.now(UTC).replace(tzinfo=None)
            state = NowState(LANE, build_id, snapshot, now, Decimal(), Decimal(), 0)
            files.write(con, [_REPORT], state)
            if stop.poll(max(0.0, begun + number / rate - time.monotonic())):
                return
