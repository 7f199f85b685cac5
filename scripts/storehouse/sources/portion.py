"""What an API or a database hands to landing in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Portion:
    """Rows that are committed together with the place to go on from.

    `request` says what was asked, without secrets; it is told apart from others of its load.
    `rows` are by table, in text columns named as declared, null where a value is missing.
    `state` is JSON: handed back when the next load asks on; None leaves it as it is.
    """

    request: str
    rows: Mapping[str, pa.Table]
    state: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = field(default=())
