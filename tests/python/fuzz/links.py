"""Feeds headers `Link` to what finds the next page in them.

    python tests/python/fuzz/links.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/links.py var/crash-…   (tries again what failed)

An input is written as links by the grammar of RFC 8288, with quotes, escapes, spaces and
relations of every kind: they are read back as they were written, and the next page is the one
that was meant. Or it is any text: it is read or refused with a reason, and empty elements beside
it change nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse"]):
    from storehouse.sources.rest.links import links, next_target

PAGE = "https://shop.test/api/orders?page=1"
_RELATIONS = ["next", "prev", "NEXT", "Next", "first", "nextish", "x-next", "next.", "http://x.test/next",
              "https://x.test/next?a=1,2;b", "last", "self"]  # fmt: skip
_NAMES = ["title", "type", "hreflang", "media", "title*", "rev", "Rel-x", "next"]
_SPACES = ["", " ", "\t", "  "]
_ANCHORS = [None, None, None, "", PAGE, "?page=1", "#top", "/customers", "https://x.test/"]
_OF_ITSELF = ("", PAGE, "?page=1")

_EXAMPLES = [b'</2>; rel="next"', b'\x01</2>; title="a, b"; rel="prev next", </3>; rel=next',
             bytes(range(64)), bytes(range(64, 200))]  # fmt: skip
_WORDS = [b"<", b">", b";", b",", b'"', b"\\", b"rel=", b'rel="next"', b"next", b"anchor=", b" "]

# atheris has no types; this is its FuzzedDataProvider.
Data = Any


def check(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    if data.ConsumeBool():
        _check_written(data)
    else:
        _check_any(data.ConsumeUnicodeNoSurrogates(data.remaining_bytes()))


def _check_written(data: Data) -> None:
    texts: list[str] = []
    written: list[tuple[str, dict[str, str]]] = []
    targets: list[str] = []
    for number in range(data.ConsumeIntInRange(0, 4)):
        text, link, relations = _link(data, number)
        texts.append(text)
        written.append(link)
        if "next" in relations and link[1].get("anchor", "") in _OF_ITSELF:
            targets.append(link[0])
    between = data.PickValueInList([",", ", ", " ,\t", ",,", ", ,"])
    header = data.PickValueInList(["", " ", ","]) + between.join(texts)
    found = [(link.target, dict(link.parameters)) for link in links(header)]
    assert found == written, (header, found, written)
    target = next_target(header, PAGE)
    assert target == (targets[0] if targets else None), (header, target, targets)


def _link(data: Data, number: int) -> tuple[str, tuple[str, dict[str, str]], set[str]]:
    """A link as text, as what it says, and its relations."""
    target = f"/orders?page={number}&q={_text(data)}".replace(">", "").replace("<", "").strip()
    parameters: list[tuple[str, str]] = [
        (data.PickValueInList(_NAMES), _text(data)) for _ in range(data.ConsumeIntInRange(0, 3))
    ]
    relations: list[str] = []
    if data.ConsumeBool():
        relations = [data.PickValueInList(_RELATIONS) for _ in range(data.ConsumeIntInRange(1, 3))]
        name = data.PickValueInList(["rel", "REL", "Rel"])
        parameters.insert(data.ConsumeIntInRange(0, len(parameters)), (name, " ".join(relations)))
    anchor = data.PickValueInList(_ANCHORS)
    if anchor is not None:
        parameters.append(("anchor", anchor))
    text = f"<{target}>"
    stated: dict[str, str] = {}
    for name, value in parameters:
        text += f"{_space(data)};{_space(data)}{name}{_space(data)}={_space(data)}"
        is_plain = value and not set(value) & set(' \t;,"\\') and data.ConsumeBool()
        text += value if is_plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        stated.setdefault(name.lower(), value.strip())
    return text, (target, stated), {one.lower() for one in relations}


def _check_any(text: str) -> None:
    with suppress(ValueError):
        found = list(links(text))
        assert all(link.target in text for link in found), (text, found)
        next_target(text, PAGE)
        assert [link.target for link in links(f" ,{text}, ")] == [link.target for link in found]


def _text(data: Data) -> str:
    text: str = data.ConsumeUnicodeNoSurrogates(data.ConsumeIntInRange(0, 8))
    return "".join(one for one in text if one.isprintable())


def _space(data: Data) -> str:
    space: str = data.PickValueInList(_SPACES)
    return space


def _prepared(_: Path) -> Callable[[bytes], None]:
    return check


if __name__ == "__main__":
    main(_prepared, _EXAMPLES, _WORDS)
