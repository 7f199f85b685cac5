"""The header `Link` as RFC 8288 has it: targets, and what they are to the page that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

_TARGET = re.compile(r"<([^>]*)>")
_PARAMETER = re.compile(
    r"""[ \t]*;[ \t]*
    (?:([^\s=;,"<>]+)[ \t]*
       (?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;,"]*)))?
    )?""",
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"[ \t,]*")
_END = re.compile(r"[ \t]*(?:,|$)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Link:
    """`parameters` by their names in lowercase; of one that comes twice the first counts."""

    target: str
    parameters: Mapping[str, str]

    @property
    def relations(self) -> frozenset[str]:
        """What it is to its page, in lowercase; those of somebody's own are addresses."""
        named = self.parameters.get("rel", "").lower().split()
        return frozenset(one.strip("'") for one in named)


def links(header: str) -> Iterator[Link]:
    """All links of a header, or of several joined by commas. Raises ValueError."""
    at = _skip(_BETWEEN, header, 0)
    while at < len(header):
        target = _TARGET.match(header, at)
        if target is None:
            raise ValueError(f"no address in <> at character {at + 1}")
        at = target.end()
        parameters: dict[str, str] = {}
        while found := _PARAMETER.match(header, at):
            name, quoted, plain = found.groups()
            if name:
                value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain or ""
                parameters.setdefault(name.lower(), value.strip())
            at = found.end()
        end = _END.match(header, at)
        if end is None:
            raise ValueError(f"a parameter that can't be read at character {at + 1}")
        yield Link(target[1].strip(), parameters)
        at = _skip(_BETWEEN, header, end.end())


def next_target(header: str, asked: str) -> str | None:
    """The target of the first link to the next page; `asked` is the address of this one.

    A link with an `anchor` is of what that names. Raises ValueError.
    """
    for link in list(links(header)):
        if "next" in link.relations and _is_of(asked, link.parameters.get("anchor", "")):
            return link.target
    return None


def _is_of(asked: str, anchor: str) -> bool:
    try:
        return httpx.URL(asked).join(anchor) == httpx.URL(asked)
    except (httpx.InvalidURL, ValueError):
        return False


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
