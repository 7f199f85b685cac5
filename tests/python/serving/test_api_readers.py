"""Fifty clients of the API while builds are published and removed again and again."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from serving.served import serving
from storehouse.serving.metrics import answer
from storehouse.serving.publish import publish
from storehouse.serving.published import published
from warehouse.builds import next_build
from warehouse.shop import Home

_CLIENTS = 50
_BUILDS = 8
_EACH = 1


@dataclass
class _Seen:
    """What each build says, and what clients were answered by it."""

    truth: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    totals: list[tuple[str, Decimal]] = field(default_factory=list)
    entries: list[tuple[str, int]] = field(default_factory=list)
    gone: int = 0
    etags: Counter[int] = field(default_factory=Counter)


async def _total(client: httpx.AsyncClient, seen: _Seen) -> None:
    """The parts of a number and its days, each in one answer."""
    answer = await client.get("/v1/metrics/total_sales?by=day")
    answer.raise_for_status()
    found = answer.json()
    total = sum((Decimal(row["total_sales"]) for row in found["rows"]), Decimal())
    seen.totals.append((found["build_id"], total))
    has_it = {"If-None-Match": answer.headers["etag"]}
    again = await client.get("/v1/metrics/total_sales?by=day", headers=has_it)
    seen.etags[again.status_code] += 1
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
            assert "no longer kept. Begin again" in answer.json()["detail"]
            seen.gone += 1
            return
        found = answer.raise_for_status().json()
        count += len(found["rows"])
        builds.add(found["build_id"])
        address = answer.links.get("next", {}).get("url", "")
    (build_id,) = builds
    seen.entries.append((build_id, count))


async def _ask(address: str, seen: _Seen) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        for _ in range(_EACH):
            await _total(client, seen)
            await _entries(client, seen)


def _publish_next(home: Home, seen: _Seen) -> None:
    next_build(home.settings)
    _note(home, publish(home.settings, now=lambda: datetime.now(UTC)).build_id, seen)


def _note(home: Home, build_id: str, seen: _Seen) -> None:
    with published(home.settings, build_id) as build:
        ((total,),) = answer(build, ["total_sales"]).rows
        entries = answer(build, ["total_sales"], by=["ledger_entry"]).rows
        seen.truth[build_id] = (total, sum(value != 0 for _, value in entries))


async def _meanwhile(home: Home, address: str, seen: _Seen) -> None:
    clients = asyncio.gather(*(_ask(address, seen) for _ in range(_CLIENTS)))
    built = 0
    while built < _BUILDS or not clients.done():
        await asyncio.to_thread(_publish_next, home, seen)
        built += 1
    await clients


def test_no_answer_fails_or_mixes_builds_while_they_come_and_go(small_home: Home) -> None:
    seen = _Seen()
    current: Any = small_home.published("select build_id from meta.builds")[0][0]
    _note(small_home, current, seen)
    with serving(small_home, "serve") as address:
        asyncio.run(_meanwhile(small_home, address, seen))
    assert len(seen.totals) == 2 * _CLIENTS * _EACH
    assert {(build_id, total, seen.truth[build_id][0]) for build_id, total in seen.totals} == {
        (build_id, seen.truth[build_id][0], seen.truth[build_id][0]) for build_id, _ in seen.totals
    }
    assert {one for one in seen.entries if one[1] != seen.truth[one[0]][1]} == set()
    assert len(seen.entries) + seen.gone == _CLIENTS * _EACH
    assert len({build_id for build_id, _ in seen.totals}) > 2
    assert len(seen.entries) > seen.gone
