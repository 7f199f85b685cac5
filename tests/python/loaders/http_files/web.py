"""A project with one source of files on a web server, which is at hand."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from jinja2 import Environment

from loaders.project import TECHNICAL_COLUMNS, Project, utc_now
from loaders.rest.server import Api, Reply, Request
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport
from storehouse.sources.portion import Window

PLAIN = Window()

MACROS = Path(__file__).parents[4] / "macros" / "staging"
PATIENCE = {"first_wait_seconds": 0.01, "timeout_seconds": 1, "attempts": 3}


def zipped(**members: str | bytes) -> bytes:
    """A zip of members, `__` in whose names stands for a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


@dataclass
class Hosted:
    """A file as a web server gives it out: whole, or 304 to who has this version."""

    content: bytes
    sends: tuple[str, ...] = ("ETag", "Last-Modified")
    version: int = 1

    def put(self, content: bytes | str) -> None:
        self.content = content.encode() if isinstance(content, str) else content
        self.version += 1

    @property
    def headers(self) -> dict[str, str]:
        values = {
            "ETag": f'"{hashlib.sha256(self.content).hexdigest()[:12]}-{self.version}"',
            "Last-Modified": f"Mon, 05 Jan 2026 15:{self.version:02}:00 GMT",
        }
        return {name: values[name] for name in self.sends}

    def __call__(self, request: Request) -> Reply:
        headers = self.headers
        sent = request.headers
        if "if-none-match" in sent:
            is_known = sent["if-none-match"] == headers.get("ETag")
        else:
            is_known = sent.get("if-modified-since", "") == headers.get("Last-Modified", "-")
        return Reply(b"", 304, headers) if is_known else Reply(self.content, headers=headers)


@dataclass
class Web:
    project: Project
    api: Api
    file: Hosted = field(default_factory=lambda: Hosted(b"a,b\n1,x\n2,y\n"))

    def declare(
        self,
        table: Mapping[str, Any] | None = None,
        others: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        **connection: Any,
    ) -> None:
        """Declare source `s` with a table `t` of columns a and b; `table` is its landing."""
        landing = {"kind": "http_files", "url_variable": "S_URL", **PATIENCE, **connection}
        entries = [
            {
                "name": name,
                "columns": [{"name": "a"}, {"name": "b"}],
                "config": {"meta": {"landing": {"path": "t.csv", "format": "csv", **declared}}},
            }
            for name, declared in {"t": table or {}, **others}.items()
        ]
        source = {
            "name": "s",
            "schema": "raw_s",
            "config": {"meta": {"landing": landing}},
            "tables": entries,
        }
        root = self.project.root
        path = root / "models" / "staging" / "s" / "_s__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
        variables = {"shops": {"s": {}}, "technical_columns": TECHNICAL_COLUMNS}
        (root / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "trial", "vars": variables}), encoding="utf-8"
        )

    @property
    def folder(self) -> Path:
        return self.project.root / "var" / "fetched" / "s"

    @property
    def fetched(self) -> bytes:
        return (self.folder / "t.csv").read_bytes()

    def left(self) -> list[str]:
        """The names in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    def load(self, window: Window = PLAIN, now: Callable[[], datetime] = utc_now) -> LoadReport:
        return load(
            self.project.settings(),
            progress=Silent(),
            now=now,
            window=window,
            environ={"S_URL": self.api.address + "/files/"},
        )

    def landed(self) -> list[tuple[Any, ...]]:
        """The rows of the newest version of the file."""
        return self.project.query(
            "select a, b from raw_s.t where _loaded_at = (select max(_loaded_at) from raw_s.t) "
            "order by _row_number"
        )

    def current(self) -> list[tuple[Any, ...]]:
        """The rows that are current by dbt's macros."""
        macros = "".join(
            (MACROS / f"{name}.sql").read_text() for name in ("landed_files", "current_files")
        )
        files = Environment().from_string(macros + "{{ current_files('s', 't') }}")
        rendered = files.render(source="{}.{}".format)
        return self.project.query(
            f"select a, b from raw_s.t where (_source_file, _loaded_at) in ({rendered}) "
            "order by all"
        )

    def conditions(self) -> list[tuple[bool, bool]]:
        """Of each request, whether it asked by ETag and by time."""
        return [
            ("if-none-match" in one.headers, "if-modified-since" in one.headers)
            for one in self.api.requests
        ]
