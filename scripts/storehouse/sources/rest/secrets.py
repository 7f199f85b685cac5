"""What must never be seen: values of variables that hold secrets, and what is made of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_HIDDEN = "•••"


class Secrets:
    """Hides secrets in texts for people and for the ledger."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Also in the forms in which servers say back what they were told."""
        escaped = json.dumps(value)[1:-1]
        self._values |= {
            value,
            quote(value, safe=""),
            quote_plus(value),
            html.escape(value),
            escaped,
            escaped.replace("/", "\\/"),
        } - {""}

    def hide(self, text: str) -> str:
        if not self._values:
            return text
        longest_first = sorted(self._values, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), _HIDDEN, text)
