"""The adapter's own yml and queries, in a project of their own, against the local server."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from loaders.project import TECHNICAL_COLUMNS, Project, utc_now
from loaders.rest.server import Api
from loaders.shopify.server import Shopify
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport
from storehouse.sources.portion import Window

ROOT = Path(__file__).parents[4]
ADAPTER = ROOT / "models" / "staging" / "shopify"
GUIDE = ROOT / "docs" / "shopify.md"


@dataclass
class ShopifyShop:
    project: Project
    api: Api
    server: Shopify
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.project.root / "models" / "staging" / "shopify"

    def installed(self) -> ShopifyShop:
        self.folder.mkdir(parents=True)
        for path in (*ADAPTER.glob("*.graphql"), ADAPTER / "_shopify__sources.yml"):
            shutil.copy(path, self.folder)
        variables = {"shops": {"shopify": {}}, "technical_columns": TECHNICAL_COLUMNS}
        (self.project.root / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "trial", "vars": variables}), encoding="utf-8"
        )
        self.environ = {"SHOPIFY_URL": self.api.address, "SHOPIFY_TOKEN": self.server.token}
        return self

    def change(self, old: str, new: str) -> None:
        """Change the adapter's yml."""
        path = self.folder / "_shopify__sources.yml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def load(self, window: Window = Window()) -> LoadReport:  # noqa: B008
        return load(
            self.project.settings(),
            progress=Silent(),
            now=utc_now,
            window=window,
            environ=self.environ,
        )

    def landed(self, columns: str, table: str) -> list[tuple[Any, ...]]:
        return self.project.query(f"select {columns} from raw_shopify.{table} order by all")
