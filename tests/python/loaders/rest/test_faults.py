"""A load that is killed, or whose server dies, loses nothing and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from loaders.rest.server import Api, Listing, Reply, Request, serving
from loaders.rest.shop import BY_CURSOR, INCREMENTAL, ORDERS, RestShop, column
from storehouse.core.errors import LoadError, LockedError
from storehouse.core.warehouse import connect

RECORDS = 240
KILLS = 4
PAGE = 10

LOAD = """
import sys
from pathlib import Path
from loaders import driver
print("begins", flush=True)
sys.exit(driver.main(Path(sys.argv[1])))
"""

PAGINGS = {
    "cursor": {**BY_CURSOR, "size": PAGE},
    "offset": {"kind": "offset", "param": "offset", "size_param": "limit", "size": PAGE},
    "page": {"kind": "page", "param": "page", "size_param": "per_page", "size": PAGE,
             "total": "count"},
    "keyset": {"kind": "keyset", "param": "since_id", "field": "id", "size_param": "limit",
               "size": PAGE},
}  # fmt: skip


def big(shop: RestShop, paging: dict[str, Any]) -> None:
    """Orders with two lines each, in two streams that run beside each other."""
    shop.orders.records = [
        {
            "id": n,
            "updated_at": f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z",
            "lines": [{"n": 1}, {"n": 2}],
        }
        for n in range(RECORDS)
    ]
    shop.api.routes["/customers"] = Listing("customers", shop.orders.records)
    landing = {**ORDERS, "paging": paging, "incremental": INCREMENTAL}
    columns = ["id", "updated_at"]
    shop.declare(
        {
            "orders": (columns, landing),
            "lines": (
                [column("order_id", "^.id"), "n"],
                {"of": "orders", "records": "orders.lines"},
            ),
            "customers": (
                [*columns, column("lines")],
                {**landing, "path": "/customers", "records": "customers"},
            ),
        },
        parallel=2,
    )


def check(shop: RestShop) -> None:
    """All records once, after de-duplication on key and version; the load log counts the rows."""
    for table in ("orders", "customers"):
        newest = (
            f"select id, updated_at from raw_s.{table}"
            " qualify row_number() over (partition by id, updated_at) = 1"
        )
        expected = sorted((str(r["id"]), r["updated_at"]) for r in shop.orders.records)
        assert sorted(shop.project.query(newest)) == expected
    rows = " union all ".join(
        f"select '{t}' as t, _source_file, count(*) as n, max(_row_number) as last,"
        f" count(distinct _row_number) as distinct_n from raw_s.{t} group by all"
        for t in ("orders", "lines", "customers")
    )
    wrong = shop.project.query(
        f"select * from ({rows}) as r full join"
        " (select table_name, source_file, row_count from ops.loads where row_count > 0) as l"
        " on r.t = l.table_name and r._source_file = l.source_file"
        " where n is distinct from row_count or n <> last or n <> distinct_n"
    )
    assert wrong == []
    lines = "select count(*) from (select distinct order_id, n from raw_s.lines)"
    assert shop.project.query(lines) == [(2 * RECORDS,)]


@pytest.mark.parametrize("kind", PAGINGS)
def test_killed_loads_and_one_more_give_all_records_once(
    shop: RestShop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    big(shop, PAGINGS[kind])
    monkeypatch.setenv("S_URL", shop.api.address)
    moments = random.Random(kind)
    killed = 0
    for _ in range(KILLS):
        process = shop.project.run(code=LOAD)
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        before = len(shop.api.requests)
        # A kill after some pages of this load, at any moment of the next.
        pages = moments.randrange(4, 14)
        while process.poll() is None and len(shop.api.requests) < before + pages:
            time.sleep(0.002)
        try:
            process.wait(timeout=moments.random() * 0.02)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=60)
        killed += process.returncode == -signal.SIGKILL
    assert killed >= 2
    assert shop.project.query("select count(*) from raw_s.orders")[0][0] > 0
    shop.load().raise_for_problems()
    check(shop)
    # It went on, instead of beginning again each time.
    assert len(shop.api.requests) < 3 * 2 * RECORDS / PAGE


def test_a_server_that_dies_mid_page_costs_nothing(shop: RestShop) -> None:
    big(shop, PAGINGS["cursor"])
    dies = threading.Event()

    def dying(_: Request) -> Reply:
        if not dies.is_set():
            dies.set()
            threading.Thread(target=shop.api.die).start()
        return Reply('{"orders": [' * 100, then="reset")

    shop.api.faults = [*[None] * 9, *[dying] * 50]
    errors = shop.load().errors  # of the two streams
    assert errors
    for error in errors:
        assert "the connection failed" in str(error)
        assert "the load resumes where it stopped" in str(error)
    landed = shop.project.query("select count(*) from raw_s.orders")[0][0]
    assert 0 < landed < RECORDS
    with serving(Api(routes=shop.api.routes)) as again:
        shop.api = again
        shop.load().raise_for_problems()
        check(shop)


@pytest.mark.parametrize("kind", ["offset", "page"])
def test_records_that_change_while_loads_are_killed_are_all_seen(
    shop: RestShop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request changes a record: the last version of each has landed in the end."""
    big(shop, PAGINGS[kind])
    monkeypatch.setenv("S_URL", shop.api.address)
    chance = random.Random(7)

    def changing(_: Request) -> None:
        record = shop.orders.records[chance.randrange(RECORDS)]
        shop.orders.records.remove(record)
        moved = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        shop.orders.records.append({**record, "updated_at": moved})

    shop.api.faults = [changing] * 60
    for pages in (5, 9):
        process = shop.project.run(code=LOAD)
        before = len(shop.api.requests)
        while process.poll() is None and len(shop.api.requests) < before + pages:
            time.sleep(0.002)
        process.kill()
        process.communicate(timeout=60)
    shop.load()
    shop.api.faults = []
    shop.load().raise_for_problems()
    newest = (
        "select id, updated_at from raw_s.orders"
        " qualify row_number() over (partition by id order by updated_at desc) = 1"
    )
    expected = sorted((str(r["id"]), r["updated_at"]) for r in shop.orders.records)
    assert sorted(shop.project.query(newest)) == expected


def test_a_full_disk_loses_nothing(shop: RestShop, small_disk: Path) -> None:
    shop.home = {"STOREHOUSE_HOME": str(small_disk / "home")}
    (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
    shop.orders.records = []
    for number in range(30):
        shop.orders.add(number, noise=os.urandom(150_000).hex())
    shop.declare({"orders": (["id", "updated_at", "noise"], ORDERS)})
    with pytest.raises(LoadError, match="Free space"):
        shop.load()
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    before = len(shop.api.requests)
    shop.load().raise_for_problems()
    assert len(shop.api.requests) - before < 11
    with connect(shop.project.settings(**shop.home)) as con:
        found = con.execute("select count(*), count(distinct id) from raw_s.orders").fetchall()
    assert found == [(30, 30)]


def test_a_second_load_is_told_of_the_first(
    shop: RestShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S_URL", shop.api.address)
    requested, released = threading.Event(), threading.Event()

    def waits(_: Request) -> None:
        requested.set()
        released.wait(30)

    shop.declare(timeout_seconds=40)
    shop.api.faults = [waits]
    first = shop.project.run()
    assert requested.wait(30)
    second = shop.project.run()
    output, _ = second.communicate(timeout=60)
    released.set()
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, LockedError.exit_code)
    assert str(first.pid) in output
    assert len(shop.landed()) == 7


def test_ctrl_c_keeps_what_was_stored(shop: RestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S_URL", shop.api.address)
    requested = threading.Event()

    def interrupted(_: Request) -> None:
        requested.set()
        shop.api.over.wait(30)

    one_by_one = {**ORDERS, "paging": {**BY_CURSOR, "size": 1}}
    shop.declare({"orders": (["id", "updated_at"], one_by_one)}, timeout_seconds=40)
    shop.api.faults = [None, None, None, None, None, interrupted]
    process = shop.project.run()
    assert requested.wait(30)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))
    # Each page was stored before the next was asked for.
    assert len(shop.api.requests) == 6 + 7 - 5


def test_slow_answers_of_one_resource_do_not_hold_up_others(shop: RestShop) -> None:
    """Two streams at a time, and never more."""
    under_way: list[int] = []
    lock = threading.Lock()
    now = [0]

    def slow(request: Request) -> Reply:
        with lock:
            now[0] += 1
            under_way.append(now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1
        return shop.orders(Request("GET", "/", request.query, {}, b"", 0))

    names = ["orders", "a", "b", "c", "d"]
    for name in names:
        shop.api.routes[f"/{name}"] = slow
    tables = {name: (["id", "updated_at"], {**ORDERS, "path": f"/{name}"}) for name in names}
    shop.declare(tables, parallel=2)
    shop.load().raise_for_problems()
    assert max(under_way) == 2
    assert all(len(shop.landed(table=name)) == 7 for name in names)
    assert len({request.connection for request in shop.api.requests}) <= 2
