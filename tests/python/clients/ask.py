"""What a BI tool does, in a process that lives on while builds are published.

    python ask.py PUBLISHED_FILE duckdb|sqlalchemy

Each line on standard input is SQL to run on a connection of its own, read-only; the answer
is a line of JSON. Runs in environments without this project: only the client is imported.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def _with_duckdb(path: str, sql: str) -> list[Any]:
    with importlib.import_module("duckdb").connect(path, read_only=True) as con:
        return list(con.execute(sql).fetchall())


def _with_sqlalchemy(path: str, sql: str) -> list[Any]:
    sqlalchemy = importlib.import_module("sqlalchemy")
    engine = sqlalchemy.create_engine(
        f"duckdb:///{path}",
        connect_args={"read_only": True},
        poolclass=sqlalchemy.pool.NullPool,
    )
    with engine.connect() as con:
        return list(con.execute(sqlalchemy.text(sql)))


def main() -> None:
    path, by = sys.argv[1:]
    ask = {"duckdb": _with_duckdb, "sqlalchemy": _with_sqlalchemy}[by]
    for line in sys.stdin:
        rows = [[str(value) for value in row] for row in ask(path, line)]
        sys.stdout.write(json.dumps(rows) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
