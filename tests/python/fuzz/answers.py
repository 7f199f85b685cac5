"""Reads JSON answers as Python's json does: their values, and what they say of the next page.

    python tests/python/fuzz/answers.py -runs=N [-seed=N] [-max_total_time=SECONDS]

The input is the text of an answer. What Python refuses is refused; an object's members are
the characters that stand for them, whether it is read alone or by the pattern of the one before;
and its member `n` is a cursor by the type that Python gives it (any text but for a few, any
number but zero), and the count and sign that more follows that a plain rule says.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources"]):
    from storehouse.sources import exact_json
    from storehouse.sources.rest import ends
    from storehouse.sources.rest.records import Node

_EXAMPLES = [
    b'[{"n": null, "a": 1.10, "b": "x"}, {"n": false, "a": 2, "b": "\\u00e9\\n"}]',
    b'[{"n":0,"a":{"b":[1]},"c":"1"},{"n":"0","a":[],"c":"2"},{"n":"x","a":null,"c":null}]',
    b'[{ "n" : true }, {"n": "False"}, {"n":7.0}, {"n":"7"}, {"n":-1}, {"n":{ }}, {"n":[ ]}]',
    b'[{"n": "0e52"}, {"n": "0000"}, {"n": "None"}, {"n": "0.0"}, {"n": 0e5}, {"n": "NULL"}]',
    b'[{"a": "\\ud83d", "n": 1e400}, {"a": "\\"", "n": "\\u0030"}, {"a": 1, "a": 2}]',
]
_WORDS = [
    b'{"n": ', b'"n"', b"null", b"false", b"true", b'"false"', b'"0"', b"0.0", b"1e9", b"[ ]",
    b"{ }", b"\\u0030", b"\\ud800", b"NaN", b"-Infinity", b", {", b'": "', b"\\\\", b'\\"', b"\t",
    b"\x00",
]  # fmt: skip
# The only texts that are no cursors, and those that say no to whether more follows.
_NO_CURSORS = {"", "0", "null", "false"}
_NO = {"", "0", "null", "false", "none", "undefined", "no", "n", "off"}
_LARGEST = 10**19
# Numbers with longer exponents take Python too long.
_EXPONENT = 4


class _Text(str):
    """A number as it was written."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _plain(text: str) -> Any:
    """Python's reading: pairs for objects, numbers as written."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: ("object", pairs),
        parse_float=_Text,
        parse_int=_Text,
        parse_constant=_no_constant,
    )


def _is_object(value: Any) -> bool:
    return isinstance(value, tuple)


def read(data: bytes) -> None:
    """Raise AssertionError where `data` is read otherwise than Python reads it."""
    text = data.decode("utf-8", "ignore")
    try:
        expected = _plain(text)
    except ValueError:
        assert _refused(text), "Python refuses it"
        return
    except RecursionError:
        return
    raw = exact_json.value(text)
    assert text.strip(" \t\r\n") == raw
    if isinstance(expected, list):
        elements = exact_json.elements(raw)
        assert list(map(_plain, elements)) == expected
        is_twice = any(_is_object(one) and _has_twice(one[1]) for one in expected)
        try:
            alike = list(exact_json.Alike().elements(raw))
        except ValueError:
            assert is_twice, "good objects were refused"
            return
        assert not is_twice, "a name came twice"
        assert [one for one, _ in alike] == elements
        for element, one, (_, found) in zip(elements, expected, alike, strict=True):
            assert (found is not None) == _is_object(one)
            if found is not None:
                _check(element, one[1], found)


def _has_twice(pairs: list[tuple[str, Any]]) -> bool:
    return len({name for name, _ in pairs}) < len(pairs)


def _refused(text: str) -> bool:
    try:
        exact_json.value(text)
    except ValueError:
        return True
    return False


def _check(text: str, pairs: list[tuple[str, Any]], found: exact_json.Record) -> None:
    assert exact_json.members(text) == found
    assert [(name, _plain(raw)) for name, raw in found.items()] == pairs
    for name, value in pairs:
        is_text = isinstance(value, str) and not isinstance(value, _Text)
        assert exact_json.landed(found[name]) == (
            value if is_text or value is None else found[name]
        )
        if name == "n":
            _check_sign(Node(text), value)


def _check_sign(node: Node, value: Any) -> None:
    """`value` is `n` as Python reads it."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text.lower().partition("e")[2]) > _EXPONENT:
        return
    number = _number(text)
    if isinstance(value, _Text):
        is_none = is_denied = number == 0
    elif isinstance(value, str):
        is_none = value == "0" or text in _NO_CURSORS - {"0"}
        is_denied = value == "0" or text.lower() in _NO
    else:
        is_none = is_denied = value in (None, False, [], ("object", []))
    place = None if is_none else exact_json.landed(node.members["n"])
    assert _following(node) == ("refused" if value is True else place)
    assert ends.goes_on(node, ("n",)) is not is_denied
    is_count = number is not None and 0 <= number < _LARGEST and number.denominator == 1
    counted = None if value is None else int(number or 0) if is_count else "refused"
    assert _count(node) == counted


def _following(node: Node) -> str | None:
    try:
        return ends.following(node, ("n",))
    except ValueError:
        return "refused"


def _count(node: Node) -> int | str | None:
    try:
        return ends.count(node, ("n",))
    except ValueError:
        return "refused"


def _number(text: str) -> Fraction | None:
    try:
        return None if "/" in text else Fraction(text)
    except ValueError:
        return None


if __name__ == "__main__":
    main(lambda _: read, _EXAMPLES, _WORDS)
