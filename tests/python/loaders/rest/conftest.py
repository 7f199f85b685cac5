from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.project import Project
from loaders.rest.server import Api, serving
from loaders.rest.shop import RestShop


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, api: Api) -> RestShop:
    """A source with the path /orders, which lists seven orders."""
    made = RestShop(Project(tmp_path / "project"), api)
    made.project.root.mkdir()
    for number in range(1, 8):
        made.orders.add(number, f"2026-01-01T00:00:0{number}Z")
    api.routes["/orders"] = made.orders
    made.declare()
    return made
