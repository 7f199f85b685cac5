"""docs/add-a-source.md: its REST source, as it stands there, against a strict server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from loaders.project import TECHNICAL_COLUMNS, utc_now
from loaders.rest.server import Api, Raw, Reply, Request, written
from loaders.rest.shop import RestShop
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport

GUIDE = Path(__file__).parents[4] / "docs" / "add-a-source.md"
TOKEN = "the-token"  # noqa: S105
ORDERS: list[dict[str, Any]] = [
    {
        "id": number,
        "total": {"amount": Raw("10.10"), "currency": "EUR"},
        "lines": [{"id": f"{number}-{line}", "quantity": line} for line in (1, 2)],
        "updated_at": f"2026-01-{1 + number // 60:02}T00:00:{number % 60:02}Z",
    }
    for number in range(250)
]


def example() -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [one for one in blocks if "kind: rest" in one]
    return dict(yaml.safe_load(block))


def answer(request: Request) -> Reply:
    """The API of the guide; all else is refused."""
    query = dict(request.query)
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply("", 401)
    if query.pop("status") != "any":
        return Reply("", 400)
    start, limit = int(query.pop("after", 0)), int(query.pop("limit"))
    since, fields = query.pop("updated_since", ""), query.pop("fields", "")
    if query:
        return Reply("", 400)
    found = [order for order in ORDERS if order["updated_at"] >= since]
    page = [{"id": o["id"]} if fields else o for o in found[start : start + limit]]
    following = str(start + limit) if start + limit < len(found) else None
    return Reply(written({"orders": page, "meta": {"next": following}}))


def run(shop: RestShop) -> LoadReport:
    settings = shop.project.settings(STOREHOUSE_SOURCES="web_shop")
    environ = {"WEB_SHOP_URL": f"{shop.api.address}/api", "WEB_SHOP_TOKEN": TOKEN}
    return load(settings, progress=Silent(), now=utc_now, environ=environ)


def test_the_example_loads_incrementally_with_retries(shop: RestShop, api: Api) -> None:
    root = shop.project.root
    folder = root / "models" / "staging" / "web_shop"
    folder.mkdir()
    (folder / "_web_shop__sources.yml").write_text(yaml.safe_dump(example()), encoding="utf-8")
    variables = {"shops": {"s": {}, "web_shop": {}}, "technical_columns": TECHNICAL_COLUMNS}
    (root / "dbt_project.yml").write_text(
        yaml.safe_dump({"name": "trial", "vars": variables}), encoding="utf-8"
    )
    api.routes = {"/api/orders": answer}
    api.faults = [None, Reply("", 429, {"Retry-After": "0"})]
    run(shop).raise_for_problems()
    query = shop.project.query
    assert query("select count(*), count(distinct order_id), sum(total_amount::decimal(18,2))"
                 " from raw_web_shop.orders")[0][:2] == (250, 250)  # fmt: skip
    assert query("select distinct total_amount from raw_web_shop.orders") == [("10.10",)]
    lines = query("select line_id, quantity from raw_web_shop.order_lines where order_id = '7'")
    assert sorted(lines) == [("7-1", "1"), ("7-2", "2")]
    before = len(api.requests)
    ORDERS[3] = {**ORDERS[3], "updated_at": "2099-01-01T00:00:00Z"}
    run(shop).raise_for_problems()
    (request,) = api.requests[before:]
    assert "updated_since" in request.query
    assert query("select max(updated_at) from raw_web_shop.orders where order_id = '3'") == [
        ("2099-01-01T00:00:00Z",)
    ]
