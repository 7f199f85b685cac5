"""What must never be shown: values of variables that hold secrets, and what is made of them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_HIDDEN = "•••"

# A shorter secret may be part of any word or number, and is only hidden as a whole word.
_LONG = 8
# A shorter one could be any page number: an address with it can be stored.
_SHORTEST_STORED = 4

# Keys of variables that identify the client but prove nothing; without case and underscores.
_NAMES = frozenset(
    ("user", "username", "userid", "login", "email", "account", "accountid", "id", "clientid",
     "shop", "shopid", "tenant", "tenantid", "company", "database", "db", "url", "tokenurl")
)  # fmt: skip


# Escapes that servers write for a character: in an address, once or twice, in JSON or in code.
_ESCAPES = (
    r"%[0-9A-Fa-f]{2}", r"%25[0-9A-Fa-f]{2}", r"\\[abefnrtv]", r"\\x[0-9a-fA-F]{2}",
    r"\\u[0-9a-fA-F]{4}",
)  # fmt: skip
_LETTER = r"[^\W_]"
_AFTER_AN_ESCAPE = "".join(f"|(?<={one})" for one in _ESCAPES)


def is_secret(key: str) -> bool:
    """Whether the variable declared under `key` holds a value that must be hidden."""
    name = key.removesuffix("_variable").lower().replace("_", "").replace("-", "")
    return name not in _NAMES


class Secrets:
    """Hides secrets in texts for people and for the load log."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        # Each form of a secret, and the length of the secret.
        self._forms: dict[str, int] = {}
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Also in the escaped forms in which servers may echo it."""
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

    def add_basic(self, user: str, password: str) -> str:
        """User and password as HTTP Basic encodes them, which is a secret too.

        Some platforms take a key as the user, with any password or none.
        """
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.add(encoded)
        self.add(password)
        if len(password) < _SHORTEST_STORED:
            self.add(user)
        return f"Basic {encoded}"

    def add_address(self, path: str) -> None:
        """Parts of an address's path that may be keys; an address with them can be stored."""
        for part in path.split("/"):
            if len(part) >= 2 * _LONG or (len(part) >= _LONG and any(map(str.isdigit, part))):
                self._forms[part] = 0

    def hide(self, text: str) -> str:
        pattern = self._pattern(0)
        return pattern.sub(_HIDDEN, text) if pattern else text

    def holds(self, text: str) -> bool:
        """Whether a text to be stored holds a secret."""
        pattern = self._pattern(_SHORTEST_STORED)
        return bool(pattern and pattern.search(text))

    def _pattern(self, least: int) -> re.Pattern[str] | None:
        """Matches secrets of at least so many characters."""
        longest_first = sorted(self._forms, key=len, reverse=True)
        found = [
            re.escape(form)
            if self._forms[form] >= _LONG
            else _alone(form, with_dots=len(form) >= _SHORTEST_STORED)
            for form in longest_first
            if self._forms[form] >= least
        ]
        return re.compile("|".join(found)) if found else None


def _alone(form: str, *, with_dots: bool) -> str:
    """Not within a word or number, nor, unless `with_dots`, within a dotted name."""
    dots = ("", "") if with_dots else (rf"(?<!{_LETTER}\.)", rf"(?!\.{_LETTER})")
    before = f"(?:(?<!{_LETTER}){dots[0]}{_AFTER_AN_ESCAPE})" if form[0].isalnum() else ""
    after = f"(?!{_LETTER}){dots[1]}" if form[-1].isalnum() else ""
    return before + re.escape(form) + after
