from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.project import Project
from loaders.rest.server import Api, serving
from loaders.shopify.adapter import ShopifyShop
from loaders.shopify.server import PATH, Bucket, Shopify
from loaders.shopify.shop import shop


@pytest.fixture
def server() -> Shopify:
    return Shopify(shop(), bucket=Bucket(restore_rate=20_000))


@pytest.fixture
def api(server: Shopify) -> Iterator[Api]:
    with serving(Api({PATH: server})) as running:
        yield running


@pytest.fixture
def adapter(tmp_path: Path, api: Api, server: Shopify) -> ShopifyShop:
    return ShopifyShop(Project(tmp_path / "project"), api, server).installed()
