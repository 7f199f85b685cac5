"""A project with one REST source, `s`, whose server is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml

from loaders.project import TECHNICAL_COLUMNS, Project, utc_now
from loaders.rest.server import Api, Listing
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport
from storehouse.sources.portion import Window

PLAIN = Window()

ORDERS: dict[str, Any] = {
    "path": "/orders",
    "records": "orders",
    "key": ["id"],
    "paging": {
        "kind": "cursor",
        "param": "after",
        "cursor": "meta.next",
        "size_param": "limit",
        "size": 3,
    },
}
BY_CURSOR = ORDERS["paging"]
INCREMENTAL = {"cursor": "updated_at", "since_param": "since", "overlap_minutes": 10}
# Quick, so that tests are.
PATIENCE = {"first_wait_seconds": 0.01, "timeout_seconds": 1, "attempts": 4}


@dataclass
class RestShop:
    project: Project
    api: Api
    orders: Listing = field(default_factory=Listing)
    environ: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)

    def declare(
        self,
        tables: Mapping[str, tuple[list[Any], Mapping[str, Any]]] | None = None,
        **connection: Any,
    ) -> None:
        """Declare source `s`; a table is its columns and its `landing`."""
        tables = tables or {"orders": (["id", "updated_at"], ORDERS)}
        landing = {"kind": "rest", "url_variable": "S_URL", **PATIENCE, **connection}
        entries = [
            {
                "name": name,
                "columns": [{"name": c} if isinstance(c, str) else c for c in columns],
                "config": {"meta": {"landing": dict(declared)}} if declared else {},
            }
            for name, (columns, declared) in tables.items()
        ]
        source = {
            "name": "s",
            "schema": "raw_s",
            "config": {"meta": {"landing": landing}},
            "tables": entries,
        }
        self.write({"sources": [source]})

    def write(self, content: Mapping[str, Any]) -> None:
        root = self.project.root
        path = root / "models" / "staging" / "s" / "_s__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        variables = {"shops": {"s": {}}, "technical_columns": TECHNICAL_COLUMNS}
        (root / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "trial", "vars": variables}), encoding="utf-8"
        )

    def load(self, window: Window = PLAIN, now: Callable[[], datetime] = utc_now) -> LoadReport:
        return load(
            self.project.settings(**self.home),
            progress=Silent(),
            now=now,
            window=window,
            environ={"S_URL": self.api.address, **self.environ},
        )

    def landed(self, columns: str = "id", table: str = "orders") -> list[Any]:
        """What has landed, in the order of landing; a list of values where it is one column."""
        found = self.project.query(
            f"select {columns} from raw_s.{table} order by _loaded_at, rowid"
        )
        return [row[0] for row in found] if "," not in columns else found

    def ids(self) -> list[int]:
        """The distinct ids that landed, sorted."""
        return sorted({int(one) for one in self.landed()})

    def requested(self, name: str) -> list[str | None]:
        """The value of a parameter in each request."""
        return [request.query.get(name) for request in self.api.requests]


def column(name: str, path: str | None = None, *, optional: bool = False) -> dict[str, Any]:
    meta: dict[str, Any] = {"path": path} if path else {}
    return {"name": name, "config": {"meta": {**meta, "optional": optional}}}
