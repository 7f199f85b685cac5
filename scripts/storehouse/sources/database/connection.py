"""From the URL in an environment variable to an open engine."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from storehouse.core.errors import SourceUnavailable
from storehouse.sources.database.engine import Engine


def connect(url: str, variable: str) -> AbstractContextManager[Engine]:
    """The engine of `postgresql://user:password@host/database` or `sqlite:///path`.

    Raises SourceUnavailable for another URL, without showing it: it holds a password.
    """
    # urlsplit ignores these characters, so they are removed.
    url = re.sub(r"[\t\r\n]", "", url.strip())
    if not is_url_of(url, "postgresql", "postgres", "sqlite"):
        raise SourceUnavailable(
            f"{variable} is not a database URL. Write "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters of the password "
            "as %-codes, or sqlite:///PATH."
        )
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        from storehouse.sources.database.sqlite import SQLite  # noqa: PLC0415

        # sqlite:///a is a relative path, sqlite:////a an absolute one.
        return SQLite(Path(unquote(parts.path)[1:]), variable)
    from storehouse.sources.database.postgresql import PostgreSQL  # noqa: PLC0415

    return PostgreSQL(url, variable)


def is_url_of(url: str, *schemes: str) -> bool:
    """Whether a URL is of one of these schemes and has nothing that libpq may misread.

    An unescaped character in the password appears as an invalid port or an extra @; libpq would
    take the rest of the password for a host and show it.
    """
    if re.search(r"[\t\r\n]", url):
        return False
    try:
        parts = urlsplit(url)
        known = parts.port is None or bool(parts.hostname)
    except ValueError:
        return False
    beyond = f"{parts.netloc.rpartition('@')[0]}{parts.path}{parts.query}{parts.fragment}"
    return known and parts.scheme in schemes and (parts.scheme == "sqlite" or "@" not in beyond)
