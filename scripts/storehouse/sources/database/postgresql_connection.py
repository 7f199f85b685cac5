"""Connecting to PostgreSQL, with retries while a server is starting."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

import adbc_driver_postgresql.dbapi as postgresql
import stamina
import stamina.instrumentation
from adbc_driver_manager import dbapi

# Options for libpq unless the URL sets them: give up on a server that is gone.
_DEFAULTS = {
    "application_name": "storehouse",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

# Transient reasons of a failed connection: libpq gives its reason as text only.
_ATTEMPTS = 4
_FIRST_WAIT_SECONDS = 0.5
_TRANSIENT = (
    "Connection refused",
    "Connection reset",
    "closed the connection",
    "could not translate host name",
    "timeout expired",
    "timed out",
    "No route to host",
    "is starting up",
    "is shutting down",
    "in recovery mode",
    "too many clients",
    "too many connections",
    "remaining connection slots",
)

# Settings of a role under which the driver's own first queries fail or are misread.
_TIMED_OUT = "57014"
_FOR_DRIVER = "-c statement_timeout=0 -c quote_all_identifiers=off"


def options_of(url: str) -> dict[str, str]:
    """The options after the question mark, as libpq reads them: a plus is not a space."""
    pairs = [one.partition("=") for one in url.partition("?")[2].split("&")]
    return {unquote(name): unquote(value) for name, _, value in pairs}


def connect(url: str) -> dbapi.Connection:
    """A connection in autocommit mode. Raises errors of the driver."""
    given = options_of(url)
    settings = {name: value for name, value in _DEFAULTS.items() if name not in given}
    settings["client_encoding"] = "UTF8"
    try:
        connection = _connected(url, settings)
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('quote_all_identifiers')")
            if cursor.fetchall() == [("off",)]:
                return connection
        connection.close()
    except dbapi.Error as error:
        if error.sqlstate != _TIMED_OUT:
            raise
    # Only if needed: connection poolers refuse `options`.
    options = f"{given.get('options', '')} {_FOR_DRIVER}"
    return _connected(url, {**settings, "options": options})


def _connected(url: str, settings: Mapping[str, str]) -> dbapi.Connection:
    # If an option is given twice, the last one counts.
    target = f"{url}{'&' if '?' in url else '?'}{urlencode(settings, quote_via=quote)}"
    stamina.instrumentation.set_on_retry_hooks([])
    for attempt in stamina.retry_context(
        on=_is_transient,
        attempts=_ATTEMPTS,
        timeout=None,
        wait_initial=_FIRST_WAIT_SECONDS,
        wait_jitter=_FIRST_WAIT_SECONDS,
    ):
        with attempt:
            connection: dbapi.Connection = postgresql.connect(target, autocommit=True)
            return connection
    raise AssertionError("unreachable")


def _is_transient(error: Exception) -> bool:
    return isinstance(error, dbapi.Error) and any(reason in str(error) for reason in _TRANSIENT)
