"""A shop in a SQLite file, and a project that lands it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from loaders.database.live import LiveShop
from loaders.project import Project


class LiteShop(LiveShop):
    """A LiveShop whose statements go to `con`, on the file that is landed."""

    con: sqlite3.Connection

    def sql(self, *statements: str) -> None:
        for statement in statements:
            self.con.execute(statement)


@contextmanager
def lite_shop(folder: Path, encoding: str = "UTF-8") -> Iterator[LiteShop]:
    path = folder / "lite.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as con:
        con.execute(f"pragma encoding = '{encoding}'")
        shop = LiteShop(Project(folder / "project"), f"sqlite:///{path}")
        shop.con = con
        yield shop
