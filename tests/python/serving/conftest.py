from __future__ import annotations

from warehouse.conftest import real_home, sample_shop, shop_home

__all__ = ["real_home", "sample_shop", "shop_home"]
