"""Reports of now come from the lane's file while it rests on the published build or a later one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import pytest
import time_machine

from serving.lanes import REPORTS, remove_offset, write_now
from serving.served import EARLIER, client_of
from storehouse.serving.now_files import lanes, now_file, states
from storehouse.serving.published import published
from storehouse.serving.published_files import withdrawn_mark
from storehouse.serving.reports import read_report
from warehouse.homes import copy_of
from warehouse.shop import Home

SOLD = "update reports.rpt_stock_now set on_hand_quantity = on_hand_quantity - 1"
ON_HAND = "select sum(on_hand_quantity)::bigint from reports.rpt_stock_now"
LATER = "30000101T000000.000000Z"


@pytest.fixture
def home(shop_home: Home, tmp_path: Path) -> Home:
    """The sample shop without live."""
    return copy_of(shop_home, tmp_path / "home")


@pytest.fixture
def api(home: Home) -> Iterator[httpx.Client]:
    with client_of(home) as client:
        yield client


def _read(home: Home, report: str) -> tuple[int | None, list[tuple[Any, ...]]]:
    """The offset that a reading is of, None for the build, and its stock."""
    with published(home.settings) as build, now_file(home.settings, build, report) as found:
        offset = found.state.log_offset if found else None
        return offset, (found or build).rows(ON_HAND)


def test_a_report_is_the_builds_without_live_and_the_lanes_with_it(home: Home) -> None:
    offset, ((stock,),) = _read(home, "stock_now")
    assert (offset, lanes(home.settings), states(home.settings)) == (None, [], ())
    products = home.published("select count(*) from reports.rpt_stock_now")[0][0]
    state = write_now(home.settings, "stock", 7, SOLD)
    assert _read(home, "stock_now") == (7, [(stock - products,)])
    assert _read(home, "rpt_stock_now") == (7, [(stock - products,)])
    assert _read(home, "stock_cover")[0] is None
    with published(home.settings) as build, now_file(home.settings, build, "sales_now") as found:
        assert found is None
    assert states(home.settings) == (state,)


def test_a_lane_of_a_later_build_is_read_and_one_of_an_older_until_it_is_handed_over(
    home: Home,
) -> None:
    """What a lane had shown before a build began, the build has."""
    ((started_at, published_at),) = home.published(
        "select started_at, published_at from meta.builds"
    )
    second, minute = timedelta(seconds=1), timedelta(minutes=1)
    for offset, (as_of, now, expected) in enumerate(
        [
            (started_at - second, published_at + second, None),
            (started_at + second, published_at + minute, 1),
            (started_at + second, published_at + 3 * minute, None),
        ]
    ):
        write_now(home.settings, "stock", offset, build_id=EARLIER, as_of=as_of)
        with time_machine.travel(now.replace(tzinfo=UTC)):
            assert _read(home, "stock_now")[0] == expected
    write_now(home.settings, "stock", 3, build_id=LATER)
    assert _read(home, "stock_now")[0] == 3


def test_a_lane_of_a_build_that_was_withdrawn_is_not_read(home: Home) -> None:
    write_now(home.settings, "stock", 1, build_id=LATER)
    withdrawn_mark(home.settings, LATER).touch()
    assert _read(home, "stock_now")[0] is None


def test_a_link_whose_file_is_gone_leaves_the_build(home: Home) -> None:
    write_now(home.settings, "stock", 1)
    remove_offset(home.settings, "stock", 1)
    assert _read(home, "stock_now")[0] is None
    assert states(home.settings) == ()


def test_a_file_that_is_none_is_an_error_and_no_silence(home: Home) -> None:
    (home.settings.published_dir / "now_stock.duckdb").write_text("not a database" * 1000)
    with pytest.raises(duckdb.Error):
        _read(home, "stock_now")


def test_readers_of_a_lane_that_is_swapped_see_each_file_whole(home: Home) -> None:
    """Each file's stock is its offset; old files are removed as soon as they are replaced."""
    write_now(home.settings, "stock", 0, "update reports.rpt_stock_now set on_hand_quantity = 0")
    products = home.published("select count(*) from reports.rpt_stock_now")[0][0]
    ended, seen, faults = threading.Event(), set(), []

    def read() -> None:
        while not ended.is_set():
            try:
                offset, ((stock,),) = _read(home, "stock_now")
            except Exception as error:  # noqa: BLE001 - any of them is a fault
                faults.append(repr(error))
                return
            if offset is None or stock != offset * products:
                faults.append(f"{offset}: {stock}")
            seen.add(offset)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for offset in range(1, 61):
        write_now(
            home.settings,
            "stock",
            offset,
            f"update reports.rpt_stock_now set on_hand_quantity = {offset}",
        )
        remove_offset(home.settings, "stock", offset - 1)
    ended.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(seen) > 5


def test_the_command_line_prints_what_live_has(home: Home) -> None:
    before = read_report(home.settings, "stock_now")
    assert before.now is None
    state = write_now(home.settings, "stock", 41, SOLD)
    after = read_report(home.settings, "stock_now")
    assert after.now == state
    assert after.columns == before.columns
    assert after.rows != before.rows
    said = home.storehouse("report", "stock_now")
    assert (said["now"]["log_offset"], len(said["rows"])) == (41, len(after.rows))


def test_the_api_names_lane_offset_and_time_of_what_live_has(home: Home, api: httpx.Client) -> None:
    for lane, reports in REPORTS.items():
        for report in reports:
            assert api.get(f"/v1/reports/{report}").json()["now"] is None
        state = write_now(home.settings, lane, 5)
        for report in reports:
            answer = api.get(f"/v1/reports/{report}")
            assert answer.json()["rows"]
            assert all(column["description"] for column in answer.json()["columns"])
            found = answer.json()["now"]
            assert (found["lane"], found["log_offset"]) == (lane, 5)
            assert found["as_of"] == f"{state.as_of.isoformat()}Z"
            said = f"lane={lane}, offset=5, as-of={state.as_of.isoformat()}Z"
            assert answer.headers["storehouse-now"] == said
            arrow = api.get(f"/v1/reports/{report}?format=arrow").content
            assert pa.ipc.open_stream(arrow).schema.metadata[b"now"].decode() == said
    status = api.get("/v1/data-status").json()["now"]
    assert [one["lane"] for one in status] == sorted(REPORTS)


def test_a_swap_is_another_answer_and_a_build_that_is_named_answers_itself(
    home: Home, api: httpx.Client
) -> None:
    of_build = api.get("/v1/reports/stock_now")
    write_now(home.settings, "stock", 1, SOLD)
    first = api.get("/v1/reports/stock_now")
    has_it = {"If-None-Match": first.headers["etag"]}
    assert api.get("/v1/reports/stock_now", headers=has_it).status_code == 304
    write_now(home.settings, "stock", 2, SOLD, SOLD)
    second = api.get("/v1/reports/stock_now", headers=has_it)
    assert second.status_code == 200
    assert second.json()["rows"] != first.json()["rows"]
    build_id = of_build.json()["build_id"]
    named = api.get(f"/v1/reports/stock_now?build={build_id}").json()
    assert (named["now"], named["rows"]) == (None, of_build.json()["rows"])


def test_pages_are_of_one_file_and_one_that_was_replaced_is_gone(
    home: Home, api: httpx.Client
) -> None:
    write_now(home.settings, "stock", 1)
    whole = api.get("/v1/reports/stock_now").json()["rows"]
    first = api.get("/v1/reports/stock_now?limit=5")
    rest = api.get(first.links["next"]["url"] + "&limit=1000").json()
    assert first.json()["rows"] == whole[:5]
    assert rest["now"]["log_offset"] == 1
    write_now(home.settings, "stock", 2)
    gone = api.get(first.links["next"]["url"])
    assert gone.status_code == 410
    assert "Start again without a page token" in gone.json()["detail"]
