"""When a request is retried, and how long to wait before it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina

from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.connection import RetryPolicy
from storehouse.sources.rest.secrets import Secrets

_Answer = TypeVar("_Answer")

_TRANSIENT = frozenset({408, 425, 429})
_PERMANENT = frozenset({501, 505})
_SERVER_ERRORS = 500
# A reset header above this is a moment (seconds since 1970), below it seconds from now.
_MOMENTS = 1_000_000_000


class RetryableError(Exception):
    """A request failed in a transient way; `wait` is in seconds, if the server states it."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def with_retries(
    what: str, policy: RetryPolicy, secrets: Secrets, once: Callable[[], _Answer]
) -> _Answer:
    """The outcome of `once`, which is retried if it raises RetryableError.

    Raises SourceUnavailable after the last attempt; source errors raised by `once` are
    prefixed with `what` and hold no secret.
    """

    def wait(error: Exception) -> bool | float:
        """stamina's hook: whether to try again, or after how many seconds."""
        if not isinstance(error, RetryableError):
            return False
        if error.wait is None:
            return True
        if error.wait > policy.longest_wait_seconds:
            return False
        return error.wait + random.uniform(0, min(error.wait / 10, 1))  # noqa: S311

    try:
        for attempt in stamina.retry_context(
            on=wait,
            attempts=policy.attempts,
            timeout=None,
            wait_initial=policy.first_wait_seconds,
            wait_max=policy.longest_wait_seconds,
            wait_jitter=policy.first_wait_seconds,
        ):
            with attempt:
                return once()
    except RetryableError as error:
        tried = f" in {policy.attempts} attempts" if policy.attempts > 1 else ""
        if error.wait is not None and error.wait > policy.longest_wait_seconds:
            tried = (
                f" and asks to wait {error.wait:,.0f} s, longer than longest_wait_seconds "
                f"({policy.longest_wait_seconds:,.0f})"
            )
        raise SourceUnavailable(
            f"{what}: {secrets.hide(error.reason)}{tried}. Run again when it works: the load "
            "resumes where it stopped."
        ) from None
    except (SourceUnavailable, SourceContractError) as error:
        raise type(error)(f"{what}: {secrets.hide(str(error))}.") from None
    raise AssertionError("unreachable")


def is_transient(status: int) -> bool:
    return status in _TRANSIENT or (status >= _SERVER_ERRORS and status not in _PERMANENT)


def wait_seconds(
    headers: Mapping[str, str], policy: RetryPolicy, now: datetime, refused: bool
) -> float | None:
    """How long the server asks to wait, by Retry-After or its rate-limit headers.

    The latter count only if the request was refused or nothing remains. None if it does not ask.
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
    if not (policy.remaining_header and policy.reset_header):
        return None
    remaining = _number(headers.get(policy.remaining_header.lower(), ""))
    reset = _number(headers.get(policy.reset_header.lower(), ""))
    if reset is None or (remaining != 0 and not refused):
        return None
    return max(reset - clock.timestamp(), 0) if reset > _MOMENTS else reset


def http_date(text: str | None) -> datetime | None:
    """The moment in a header in HTTP's date format; None if it is something else."""
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
