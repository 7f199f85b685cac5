"""Fifty clients of the API while builds are published and removed again and again."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from serving.served import serving
from storehouse.core.config import Settings
from storehouse.prove.readers.builds import next_build
from storehouse.serving.metrics import answer
from storehouse.serving.publish import publish
from storehouse.serving.published import published
from warehouse.shop import Home

_CLIENTS = 50
_BUILDS = 6


_Truth = tuple[str, Decimal, int]


@dataclass
class _Seen:
    """What clients were answered, by build: sums, and how many entries all pages had."""

    totals: list[tuple[str, Decimal]] = field(default_factory=list)
    entries: list[tuple[str, int]] = field(default_factory=list)


async def _total(client: httpx.AsyncClient, seen: _Seen) -> None:
    """The parts of a number and its days, each in one answer."""
    answer = await client.get("/v1/metrics/total_sales?by=day")
    answer.raise_for_status()
    found = answer.json()
    total = sum((Decimal(row["total_sales"]) for row in found["rows"]), Decimal())
    seen.totals.append((found["build_id"], total))
    has_it = {"If-None-Match": answer.headers["etag"]}
    again = await client.get("/v1/metrics/total_sales?by=day", headers=has_it)
    same = again.headers["etag"] == answer.headers["etag"]
    assert (again.status_code == 304) == same, again.status_code
    explained = await client.get("/v1/explain/total_sales")
    found = explained.raise_for_status().json()
    parts = sum((Decimal(part["value"]) for part in found["by_type"]), Decimal())
    assert parts == Decimal(found["value"])
    seen.totals.append((found["build_id"], parts))


async def _entries(client: httpx.AsyncClient, seen: _Seen) -> None:
    """All pages of the book, which are of one build; or the plain word that it is gone."""
    address, count, builds = "/v1/explain/total_sales/entries?limit=500", 0, set[str]()
    while address:
        answer = await client.get(address)
        if answer.status_code == 410:
            assert "no longer kept. Start again" in answer.json()["detail"]
            return
        found = answer.raise_for_status().json()
        count += len(found["rows"])
        builds.add(found["build_id"])
        address = answer.links.get("next", {}).get("url", "")
    (build_id,) = builds
    seen.entries.append((build_id, count))


async def _ask(address: str, seen: _Seen, ended: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        while True:
            await _total(client, seen)
            await _entries(client, seen)
            if ended.is_set():
                return


def _publish_next(settings: Settings) -> _Truth:
    next_build(settings)
    return _truth(settings, publish(settings, now=lambda: datetime.now(UTC)).build_id)


def _truth(settings: Settings, build_id: str | None = None) -> _Truth:
    with published(settings, build_id) as build:
        ((total,),) = answer(build, ["total_sales"]).rows
        entries = answer(build, ["total_sales"], by=["ledger_entry"]).rows
        return build.build_id, total, sum(value != 0 for _, value in entries)


async def _meanwhile(settings: Settings, address: str) -> tuple[_Seen, list[_Truth]]:
    """What clients see while another process publishes, and what each build says."""
    seen, ended, truths = _Seen(), asyncio.Event(), [_truth(settings)]
    loop, spawn = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as publisher:
        async with asyncio.TaskGroup() as clients:
            for _ in range(_CLIENTS):
                clients.create_task(_ask(address, seen, ended))
            for _ in range(_BUILDS):
                truths.append(await loop.run_in_executor(publisher, _publish_next, settings))
                while truths[-1][0] not in {build_id for build_id, _ in seen.totals}:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)  # until clients have seen it
            ended.set()
    return seen, truths


def test_no_answer_fails_or_mixes_builds_while_they_come_and_go(small_home: Home) -> None:
    with serving(small_home, "serve") as address:
        seen, truths = asyncio.run(_meanwhile(small_home.settings, address))
    assert set(seen.totals) <= {(build_id, total) for build_id, total, _ in truths}
    assert set(seen.entries) <= {(build_id, entries) for build_id, _, entries in truths}
    assert len(set(truths)) == _BUILDS + 1
    assert len({build_id for build_id, _ in seen.totals}) >= _BUILDS
    assert len(seen.entries) > _CLIENTS // 2
