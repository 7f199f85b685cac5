"""medusa_order.py says what is missing where it can't order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loaders.rest.server import Api, Reply, serving
from servers import medusa_order
from servers.medusa_setup import WINDOW

KEY = {"title": WINDOW, "token": "pk_invented", "sales_channels": [{"id": "sc_1"}]}
SHOP: dict[str, list[dict[str, Any]]] = {
    "regions": [{"id": "reg_1"}],
    "stock-locations": [{"id": "sloc_1"}],
    "shipping-options": [{"id": "so_1", "shipping_profile_id": "sp_1"}],
    "api-keys": [KEY],
    "product-variants": [{"id": "variant_1"}],
}


def said_of(
    shop: dict[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What the command prints for a Medusa that has this and refuses every cart."""
    api = Api()
    for path, records in shop.items():
        name = path.removeprefix("product-").replace("-", "_")
        reply = Reply(json.dumps({name: records}))
        api.routes[f"/admin/{path}"] = lambda _, reply=reply: reply  # type: ignore[misc]
    with serving(api):
        monkeypatch.setenv("MEDUSA_URL", api.address)
        return printed(monkeypatch, capsys)


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("MEDUSA_SECRET_KEY", "sk_invented")
    monkeypatch.setattr("sys.argv", ["medusa_order.py"])
    assert medusa_order.main() == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "records", "missing"),
    [
        ("regions", [], "a region"),
        ("stock-locations", [], "a stock location"),
        ("shipping-options", [], "a shipping option"),
        ("api-keys", [{**KEY, "title": "another"}], f"a publishable API key '{WINDOW}'"),
        ("api-keys", [{**KEY, "sales_channels": []}], f"a sales channel of the API key '{WINDOW}'"),
        ("api-keys", [{k: v for k, v in KEY.items() if k != "token"}], "'token' in an answer"),
        ("product-variants", [], "a product variant"),
    ],
)
def test_what_the_shop_lacks_is_named(
    path: str,
    records: list[dict[str, Any]],
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = said_of(SHOP | {path: records}, monkeypatch, capsys)
    assert f"lacks {missing}. Orders are only placed in the generated shop" in said


def test_what_medusa_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole shop is found, and the first request of the order is refused."""
    assert "No order was placed: POST /store/carts: 404" in said_of(SHOP, monkeypatch, capsys)


def test_a_server_that_is_no_medusa_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Api(routes={"/admin/regions": lambda _: Reply("<html>")})) as api:
        monkeypatch.setenv("MEDUSA_URL", api.address)
        assert "<html> is not JSON" in printed(monkeypatch, capsys)
    for address in ("127.0.0.1:9000", "http://["):
        monkeypatch.setenv("MEDUSA_URL", address)
        assert "No order was placed: " in printed(monkeypatch, capsys)


def test_variables_that_are_not_set_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MEDUSA_URL", raising=False)
    assert "Set MEDUSA_URL and MEDUSA_SECRET_KEY" in printed(monkeypatch, capsys)
