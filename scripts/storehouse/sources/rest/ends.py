"""Whether the list of an answer continues, and where."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from storehouse.sources.rest.records import Node

# Texts that mean that nothing more follows, in any case.
_NO = frozenset({"", "0", "false", "null", "none", "undefined", "no", "n", "off"})
# JSON's own words for nothing, written as text. Any other text may be a cursor: text mistaken for
# a cursor is refused by the server; a cursor mistaken for nothing would end the list silently.
_NO_PLACE = frozenset({"", "false", "null"})


def following(answer: Node, path: Sequence[str], *, zero: bool = False) -> str | None:
    """The cursor or address of the next page at `path`; None if there is none.

    There is none if it is absent, null, false (also as text), an empty text, list or object, or
    0 (number or text), which is where lists begin; with `zero`, 0 is a position like any other.
    Raises ValueError for `true`, which means that there is a next page, but not where.
    """
    found = answer.at(path)
    if found is None or found.is_nothing:
        return None
    if found.raw == "true":
        raise ValueError(
            f"it has true at {'.'.join(path)!r}, which is not a position to resume from"
        )
    text = found.landed or ""
    if text.strip() in _NO_PLACE or (not zero and _is_zero(found)):
        return None
    return text


def goes_on(answer: Node, path: Sequence[str]) -> bool | None:
    """Whether more follows, by the value at `path`; None if there is none."""
    found = answer.at(path) if path else None
    if found is None:
        return None
    text = found.landed or ""
    return not (found.is_nothing or text.strip().lower() in _NO or _is_zero(found))


def count(answer: Node, path: Sequence[str]) -> int | None:
    """The count at `path`, as a number or text; None if there is none.

    Raises ValueError for a value that is not a count.
    """
    found = answer.at(path) if path else None
    if found is None or found.raw == "null":
        return None
    number = _number(found.landed or "")
    if number is None or number < 0 or number != number.to_integral_value():
        raise ValueError(f"it has {found.shown} at {'.'.join(path)!r}, which is not a count")
    return int(number)


def _is_zero(found: Node) -> bool:
    """Whether it is the number zero or the text "0": other texts, like 0e52, may be cursors."""
    text = found.landed or ""
    return text == "0" if found.raw.startswith('"') else _number(text) == 0


def _number(text: str) -> Decimal | None:
    """A number of a sensible size: 1e999999 is not a count."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if number == 0:
        return Decimal(0)
    return number if number.is_finite() and abs(number.adjusted()) <= _DIGITS else None


_DIGITS = 18
