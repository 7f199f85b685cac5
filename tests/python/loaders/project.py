"""A throw-away project: dbt_project.yml, declared sources, an inbox, a home."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from storehouse.core.config import Settings, load_settings
from storehouse.core.progress import Silent
from storehouse.core.warehouse import connect
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport

TECHNICAL_COLUMNS = {
    "_extra": "varchar",
    "_batch_id": "varchar",
    "_loaded_at": "timestamp",
    "_source_file": "varchar",
    "_row_number": "bigint",
}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Project:
    """A project below `root`; its sources are those that were declared."""

    root: Path

    def declare(self, source: str, **tables: Mapping[str, Any]) -> None:
        """Declare a source. A table is its `columns` (names or dicts) and landing keys."""
        entries = [_table(name, **spec) for name, spec in tables.items()]
        content = {"sources": [{"name": source, "schema": f"raw_{source}", "tables": entries}]}
        path = self.root / "models" / "staging" / source / f"_{source}__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        shops: dict[str, dict[str, str]] = {
            folder.name: {} for folder in sorted(path.parents[1].iterdir())
        }
        variables = {"shops": shops, "technical_columns": TECHNICAL_COLUMNS}
        (self.root / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "trial", "vars": variables}, sort_keys=False),
            encoding="utf-8",
        )

    def settings(self, **environ: str) -> Settings:
        staging = self.root / "models" / "staging"
        sources = ",".join(sorted(folder.name for folder in staging.iterdir()))
        return load_settings({"STOREHOUSE_SOURCES": sources, **environ}, self.root)

    def deliver(self, name: str, content: bytes | str) -> Path:
        """Put a file into the inbox; `name` begins with the source."""
        path = self.root / "var" / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(
        self, now: Callable[[], datetime] = utc_now, environ: Mapping[str, str] | None = None
    ) -> LoadReport:
        return load(self.settings(**(environ or {})), progress=Silent(), now=now)

    def run(self, *arguments: str, code: str | None = None) -> subprocess.Popen[str]:
        """Start a load in a process of its own: loaders.driver, or `code` instead of it."""
        python = ["-c", code] if code else ["-m", "loaders.driver"]
        return subprocess.Popen(
            [sys.executable, *python, str(self.root), *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with connect(self.settings(), read_only=True) as con:
            return list(con.execute(sql, list(parameters)).fetchall())

    def rejected(self) -> list[str]:
        """The files below rejected/."""
        folder = self.root / "var" / "rejected"
        return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _table(
    name: str, columns: Sequence[str | Mapping[str, Any]], **landing: object
) -> dict[str, Any]:
    landing = {"kind": "files", "pattern": f"{name}/*", "format": "csv", **landing}
    return {
        "name": name,
        "columns": [{"name": c} if isinstance(c, str) else dict(c) for c in columns],
        "config": {"meta": {"landing": landing}},
    }
