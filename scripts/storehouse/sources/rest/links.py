"""The header `Link` as in RFC 8288: targets and their relations to the page."""

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
    """`parameters` by their names in lowercase; the first counts if one comes twice."""

    target: str
    parameters: Mapping[str, str]

    @property
    def relations(self) -> frozenset[str]:
        """Its relations to the page, in lowercase; extension relations are addresses."""
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


def next_target(header: str, base: str) -> str | None:
    """The target of the first link to the next page; `base` is the address of this one.

    A link with an `anchor` belongs to the page that the anchor names. Raises ValueError.
    """
    for link in list(links(header)):
        if "next" in link.relations and _is_of(base, link.parameters.get("anchor", "")):
            return link.target
    return None


def _is_of(base: str, anchor: str) -> bool:
    try:
        return httpx.URL(base).join(anchor) == httpx.URL(base)
    except (httpx.InvalidURL, ValueError):
        return False


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
