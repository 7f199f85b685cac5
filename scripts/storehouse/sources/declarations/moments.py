"""Timestamps as people, yml and APIs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime


def utc_moment(value: object) -> datetime | None:
    """A date or timestamp as an aware datetime, UTC if it names no zone; None if it is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
