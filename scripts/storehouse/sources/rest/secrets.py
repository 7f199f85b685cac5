"""What must never be seen: values of variables that hold secrets, and what is made of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_HIDDEN = "•••"

# A shorter secret may be part of any word or number, and is hidden where it stands by itself.
_LONG = 8
# A shorter one could be any page number: an address with it can be kept.
_TELLING = 4

# Keys of variables that say who asks, not how that is proved; without case and underscores.
_NAMES = frozenset(
    ("user", "username", "userid", "login", "email", "account", "accountid", "id", "clientid",
     "shop", "shopid", "tenant", "tenantid", "company", "database", "db", "url", "tokenurl")
)  # fmt: skip


def is_secret(key: str) -> bool:
    """Whether what the variable under `key` of a declaration holds is to be hidden."""
    name = key.removesuffix("_variable").lower().replace("_", "").replace("-", "")
    return name not in _NAMES


class Secrets:
    """Hides secrets in texts for people and for the ledger."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        # Each form of a secret, and the length of the secret.
        self._forms: dict[str, int] = {}
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Also in the forms in which servers say back what they were told."""
        escaped = json.dumps(value)[1:-1]
        forms = {
            value,
            quote(value, safe=""),
            quote_plus(value),
            html.escape(value),
            escaped,
            escaped.replace("/", "\\/"),
        } - {""}
        self._forms |= {form: len(value) for form in forms}

    def hide(self, text: str) -> str:
        pattern = self._pattern(0)
        return pattern.sub(_HIDDEN, text) if pattern else text

    def holds(self, text: str) -> bool:
        """Whether a text that is to be kept holds a secret."""
        pattern = self._pattern(_TELLING)
        return bool(pattern and pattern.search(text))

    def _pattern(self, least: int) -> re.Pattern[str] | None:
        """Finds secrets of at least so many characters."""
        longest_first = sorted(self._forms, key=len, reverse=True)
        found = [
            re.escape(form) if self._forms[form] >= _LONG else _alone(form)
            for form in longest_first
            if self._forms[form] >= least
        ]
        return re.compile("|".join(found)) if found else None


def _alone(form: str) -> str:
    """Not within a word or number, nor within a name or address that has dots."""
    before = r"(?<!\w)(?<!\w\.)" if form[0].isalnum() else ""
    after = r"(?!\w)(?!\.\w)" if form[-1].isalnum() else ""
    return before + re.escape(form) + after
