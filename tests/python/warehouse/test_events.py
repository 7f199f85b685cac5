"""A shop that comes half by files and half by the event log is the shop that comes by files."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from storehouse.live.player.shop_events import rows_in, shop_events
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import OF_THE_LOAD, OPEN_NOW
from warehouse.shop import Home

LOADS = 2
# Raw tables hold what came twice or in both ways; staging takes the newest version.
ONLY = OPEN_NOW | {
    "reports.rpt_data_status": (
        f"{OPEN_NOW['reports.rpt_data_status']} and relation_name not like 'shop.%'"
    )
}


def test_half_by_file_and_half_by_event_equals_all_by_file(
    tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    """The same rows in every mart and report, with duplicates and events out of order."""
    sample = sample_shop(200, 30) / "shop"
    files = Home(tmp_path / "files")
    shutil.copytree(sample, files.path / "inbox" / "shop")
    files.storehouse("load")
    files.models()

    mixed = Home(tmp_path / "mixed")
    chance = Random(17)
    events = shop_events(sample)
    sent = {one.id for one in events if chance.random() < 0.5}
    by_file = _without(sample, mixed.path / "inbox" / "shop", sent, chance)
    assert by_file > 0
    waiting = _shuffled([one for one in events if one.id in sent], chance)
    share = len(waiting) // LOADS + 1
    for load in range(LOADS):
        with log_address(mixed.settings, mixed.variables).opened() as log:
            log.append(waiting[share * load : share * (load + 1)])
        loaded = mixed.storehouse("load")
        mixed.models()
    assert loaded["errors"] == []
    assert mixed.query("select count(*) from ops.rejected_rows") == [(0,)]
    by_event = (
        "select count(*) from ops.loads where source_file like '%(event log)%' and row_count > 0"
    )
    assert mixed.query(by_event)[0][0] >= LOADS

    compared = list(
        compare_warehouses(
            None,
            mixed.settings.warehouse,
            Other("all by file", files.settings.warehouse, OF_THE_LOAD, only=ONLY),
        )
    )
    assert [one for one in compared if one.differences] == []
    assert len([one for one in compared if one.rows]) > 30


def _shuffled(events: list[Event], chance: Random) -> list[Event]:
    """All of them in any order, and some twice."""
    again = chance.sample(events, len(events) // 20)
    listed = [*events, *again]
    chance.shuffle(listed)
    return listed


def _without(sample: Path, inbox: Path, sent: set[str], chance: Random) -> int:
    """Write the files without most rows that are sent as events; returns how many are left."""
    events = {one.id: one for one in shop_events(sample)}
    gone: dict[str, set[str]] = {}
    for event_id in sent:
        if chance.random() < 0.95:  # others come both ways
            for table, rows in json.loads(events[event_id].data).items():
                gone.setdefault(table, set()).update(map(repr, rows))
    count = 0
    for folder in sorted(sample.iterdir()):
        for path in sorted(folder.glob("*.csv")):
            with path.open(newline="") as stream:
                names = next(csv.reader(stream))
            kept = [row for row in rows_in(path) if repr(row) not in gone.get(folder.name, ())]
            target = inbox / folder.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("w", newline="") as stream:
                writer = csv.DictWriter(stream, names)
                writer.writeheader()
                writer.writerows(kept)
            count += len(kept)
    return count
