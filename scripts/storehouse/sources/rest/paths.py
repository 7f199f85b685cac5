"""Declared paths that match nothing, and what an answer has instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from storehouse.sources.rest.records import Node

Path = tuple[str, ...]

_DEPTH = 5
_MOST = 12


@dataclass
class Matched:
    """Which paths have matched in this load or in one before; the others are told once."""

    ever: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    def unmatched(self, node: Node, paths: Mapping[str, Path]) -> list[str]:
        """Of `paths` by their keys, those keys that match nothing in `node`, and never did."""
        found = []
        for key, path in paths.items():
            name = f"{key} {'.'.join(path)}"
            if not path or name in self.ever:
                continue
            if node.at(path) is not None:
                self.ever.add(name)
            elif self.is_news(name):
                found.append(key)
        return found

    def is_news(self, name: str) -> bool:
        """Whether what never matched is told for the first time."""
        is_news = name not in self.ever | self._told
        self._told.add(name)
        return is_news


def instead(node: Node, path: Sequence[str]) -> str:
    """What is there in place of what is not: as `there is 'data.orders'`."""
    if not node.is_object:
        return "it is a list" if node.is_array else f"it is {node.shown}"
    close = nearest(node, path)
    if close:
        return f"there is {'.'.join(close)!r}"
    names = list(node.members)
    more = ", …" if len(names) > _MOST else ""
    return f"it has {', '.join(names[:_MOST])}{more}" if names else "it has no members"


def nearest(node: Node, path: Sequence[str]) -> Path | None:
    """The path in `node` that comes closest to one that matches nothing."""
    there = {one: plain(one[-1]) for one in _paths(node, _DEPTH)}
    wanted = plain(path[-1]) if path else ""
    best = get_close_matches(wanted, there.values(), n=1, cutoff=0.8)
    same = [one for one, name in there.items() if name in best]
    return max(same, key=lambda one: len(set(one) & set(path)), default=None)


def _paths(node: Node, depth: int) -> Iterator[Path]:
    """The paths of all members of objects; lists are not looked into."""
    if depth and node.is_object:
        for name in node.members:
            yield (name,)
            inner = node.member(name)
            if inner:
                yield from ((name, *one) for one in _paths(inner, depth - 1))


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
