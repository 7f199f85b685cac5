"""When a request is worth another try, and how long to wait before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from storehouse.sources.rest.connection import Patience

_PASSING = frozenset({408, 425, 429})
_LASTING = frozenset({501, 505})
_SERVER_ERRORS = 500
# A reset header above this is a moment (seconds since 1970), else seconds from now.
_MOMENTS = 1_000_000_000


class WorthARetry(Exception):
    """A request failed in a way that may pass; `wait` in seconds where the server said it."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def is_passing(status: int) -> bool:
    return status in _PASSING or (status >= _SERVER_ERRORS and status not in _LASTING)


def wait_seconds(
    headers: Mapping[str, str], patience: Patience, now: datetime, refused: bool
) -> float | None:
    """How long the server asks to wait, by Retry-After or its rate-limit headers.

    Those count where the request was refused or nothing remains. None: it says nothing.
    """
    clock = http_date(headers.get("date")) or now
    after = headers.get("retry-after", "").strip()
    if after and refused:
        moment = http_date(after)
        if moment:
            return max((moment - clock).total_seconds(), 0)
        seconds = _number(after)
        if seconds is not None:
            return seconds
    if not (patience.remaining_header and patience.reset_header):
        return None
    remaining = _number(headers.get(patience.remaining_header.lower(), ""))
    reset = _number(headers.get(patience.reset_header.lower(), ""))
    if reset is None or (remaining != 0 and not refused):
        return None
    return max(reset - clock.timestamp(), 0) if reset > _MOMENTS else reset


def http_date(text: str | None) -> datetime | None:
    """The moment that a header gives in HTTP's form; None if it is something else."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
