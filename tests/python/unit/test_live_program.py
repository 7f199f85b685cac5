"""Which relations of dbt's manifest live computes."""

from __future__ import annotations

from typing import Any

import pytest

from storehouse.core.errors import BuildError
from storehouse.live.layer.program import Kind, relations_of


def model(name: str, *inputs: str, **meta: Any) -> dict[str, Any]:
    return {
        "name": name,
        "schema": "s",
        "alias": name,
        "resource_type": "model",
        "config": {"materialized": "table" if meta else "view", "meta": meta},
        "depends_on": {"nodes": list(inputs)},
        "compiled_code": "select 1",
    }


def manifest(*models: dict[str, Any]) -> dict[str, Any]:
    source = {
        "name": "orders",
        "schema": "raw",
        "identifier": "orders",
        "source_name": "shop",
        "resource_type": "source",
        "config": {},
    }
    return {"nodes": {one["name"]: one for one in models}, "sources": {"orders": source}}


FACTS = model("fct_orders", "orders")
TRADE = model("rpt_orders_now", "fct_orders", lane="trade")


def kinds(found: dict[str, Any]) -> dict[str, Kind]:
    return {one.name: one.kind for one in relations_of(found, {}, {"shop": {"orders"}})}


def test_what_stays_as_built_for_one_lane_is_not_computed_by_another() -> None:
    """All lanes read the same relations: else this one would silently stand still."""
    stock = model("rpt_stock_now", "fct_orders", lane="stock", from_build=["fct_orders"])
    with pytest.raises(BuildError, match=r"says that fct_orders stays .* but lane trade computes"):
        kinds(manifest(FACTS, TRADE, stock))


def test_what_stays_as_built_is_not_computed() -> None:
    assert kinds(manifest(FACTS, TRADE))["fct_orders"] is Kind.VIEW
    trade = model("rpt_orders_now", "fct_orders", lane="trade", from_build=["fct_orders"])
    assert kinds(manifest(FACTS, trade))["fct_orders"] is Kind.GIVEN
