"""Results as JSON, in one form for the command line, the API and assistants."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any


def as_json_text(result: Any, indent: int | None = None) -> str:
    """Decimals are strings, which keep them exact; times are UTC."""
    return json.dumps(result, default=_plain, indent=indent)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, Decimal):
        return f"{value:f}"  # never 0E-10
    if isinstance(value, date | Path | Exception):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")
