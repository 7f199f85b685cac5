"""A shop on a real PostgreSQL, and a project that lands it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import adbc_driver_postgresql.dbapi as postgresql
import yaml

from loaders.project import TECHNICAL_COLUMNS, Project, utc_now
from storehouse.core.progress import Progress, Silent
from storehouse.core.warehouse import connect
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport
from storehouse.sources.portion import Window

VARIABLE = "SHOP_DATABASE_URL"


@dataclass
class At(Silent):
    """Does something when so many portions were stored."""

    portions: int
    action: Callable[[], None]

    def advance(self, units: int, detail: str = "") -> None:
        del detail
        self.portions -= units
        if self.portions == 0:
            self.action()


@dataclass
class LiveShop:
    """Source `shop` in project `project`, whose database is at `url`."""

    project: Project
    url: str
    tables: list[dict[str, Any]] = field(default_factory=list)

    def sql(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        run(self.url, *statements)

    def ask(self, select: str) -> list[tuple[Any, ...]]:
        """Rows of the shop itself."""
        with closing(postgresql.connect(self.url)) as con, con.cursor() as cursor:
            cursor.execute(select)
            return list(cursor.fetchall())

    @property
    def host(self) -> str:
        """Host, port and database of the URL."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}{parts.path}"

    @contextmanager
    def transaction(self, statement: str) -> Iterator[None]:
        """A statement whose transaction is open as long as the block."""
        with closing(postgresql.connect(self.url)) as con:
            with con.cursor() as cursor:
                cursor.execute(statement)
            yield
            con.commit()

    def declare(
        self, name: str, columns: Sequence[str | Mapping[str, Any]], **landing: Any
    ) -> None:
        """Add or replace a table of the yml; one without `landing` takes deletions."""
        entry: dict[str, Any] = {
            "name": name,
            "columns": [{"name": c} if isinstance(c, str) else dict(c) for c in columns],
        }
        if landing:
            entry["config"] = {"meta": {"landing": landing}}
        self.tables = [table for table in self.tables if table["name"] != name] + [entry]
        source = {
            "name": "shop",
            "schema": "raw_shop",
            "config": {"meta": {"landing": {"kind": "database", "url_variable": VARIABLE}}},
            "tables": self.tables,
        }
        path = self.project.root / "models" / "staging" / "shop" / "_shop__sources.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"sources": [source]}, sort_keys=False), encoding="utf-8")
        variables = {"shops": {"shop": {}}, "technical_columns": TECHNICAL_COLUMNS}
        (self.project.root / "dbt_project.yml").write_text(
            yaml.safe_dump({"name": "trial", "vars": variables}, sort_keys=False),
            encoding="utf-8",
        )

    def attempt(self, window: Window = Window(), url: str | None = None) -> LoadReport:  # noqa: B008
        return load(
            self.project.settings(),
            progress=Silent(),
            now=utc_now,
            window=window,
            environ={VARIABLE: url or self.url},
        )

    def load_with(self, progress: Progress) -> LoadReport:
        """A load that says where it is."""
        return load(
            self.project.settings(),
            progress=progress,
            now=utc_now,
            environ={VARIABLE: self.url},
        )

    def load(self, window: Window = Window()) -> LoadReport:  # noqa: B008  frozen
        report = self.attempt(window)
        report.raise_for_problems()
        return report

    def begin_load(self) -> subprocess.Popen[str]:
        """A load in a process of its own, in portions of 100 rows."""
        os.environ[VARIABLE] = self.url
        try:
            return self.project.run(code=_SMALL_PORTIONS)
        finally:
            del os.environ[VARIABLE]

    def rows(self, select: str) -> list[tuple[Any, ...]]:
        return self.project.query(select)

    def write(self, statement: str, parameters: Sequence[object]) -> None:
        with connect(self.project.settings()) as con:
            con.execute(statement, list(parameters))

    def current(self, table: str, key: str) -> list[tuple[Any, ...]]:
        """The newest version of each row, as staging takes it, in the order of the key."""
        columns = ", ".join(self._columns(table))
        return self.rows(
            f"""
            select {columns} from raw_shop.{table}
            qualify row_number() over (
                partition by {key} order by _loaded_at desc, _source_file desc, _row_number desc
            ) = 1
            order by {key}
            """
        )

    def count(self, table: str) -> int:
        ((count,),) = self.rows(f"select count(*) from raw_shop.{table}")
        return int(count)

    def state(self, table: str) -> str:
        ((state,),) = self.rows(f"select state from ops.load_states where table_name = '{table}'")
        return str(state)

    def _columns(self, table: str) -> list[str]:
        (entry,) = (one for one in self.tables if one["name"] == table)
        return [column["name"] for column in entry["columns"]]


_SMALL_PORTIONS = """
import sys
from pathlib import Path
from loaders import driver
from storehouse.sources.database import postgresql, postgresql_connection, table_stream
postgresql._BATCH_BYTES = 1024
postgresql_connection._FIRST_WAIT_SECONDS = 0.01
table_stream.PORTION_ROWS = 100
print("begins", flush=True)
code = driver.main(Path(sys.argv[1]))
print("ended", flush=True)
sys.exit(code)
"""


def new_database(url: str, name: str, encoding: str = "UTF8") -> str:
    """Make a database of an encoding on the server at `url`; its URL."""
    options = "template template0 lc_collate 'C' lc_ctype 'C'"
    run(url, f"create database {name} encoding '{encoding}' {options}")
    return urlsplit(url)._replace(path=f"/{name}", query="").geturl()


def run(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    with closing(postgresql.connect(url, autocommit=True)) as con:
        for statement in statements:
            with con.cursor() as cursor:
                cursor.execute(statement)


def server_folder(folder: Path) -> Path:
    """A folder that another user than root can reach, too."""
    folder.chmod(0o755)
    return folder / "server"
