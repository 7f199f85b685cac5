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
    """Paths that matched in this load or an earlier one; the others are reported once."""

    ever: set[str] = field(default_factory=set)
    _reported: set[str] = field(default_factory=set)

    def unmatched(self, node: Node, paths: Mapping[str, Path]) -> list[str]:
        """The keys of those `paths` that match nothing in `node` and never have; once each."""
        found = []
        for key, path in paths.items():
            name = f"{key} {'.'.join(path)}"
            if not path or name in self.ever:
                continue
            if node.at(path) is not None:
                self.ever.add(name)
            elif self.is_new(name):
                found.append(key)
        return found

    def is_new(self, name: str) -> bool:
        """Whether a path that never matched has not been reported yet."""
        is_new = name not in self.ever | self._reported
        self._reported.add(name)
        return is_new


def instead(node: Node, path: Sequence[str]) -> str:
    """What is there instead of a missing path, such as `there is 'data.orders'`."""
    if not node.is_object:
        return "it is a list" if node.is_array else f"it is {node.shown}"
    close = nearest(node, path)
    if close:
        return f"there is {'.'.join(close)!r}"
    names = list(node.members)
    more = ", …" if len(names) > _MOST else ""
    return f"it has {', '.join(names[:_MOST])}{more}" if names else "it has no members"


def nearest(node: Node, path: Sequence[str]) -> Path | None:
    """The path in `node` that is closest to one that matches nothing."""
    there = {one: plain(one[-1]) for one in _paths(node, _DEPTH)}
    name_sought = plain(path[-1]) if path else ""
    best = get_close_matches(name_sought, there.values(), n=1, cutoff=0.8)
    same = [one for one, name in there.items() if name in best]
    return max(same, key=lambda one: len(set(one) & set(path)), default=None)


def _paths(node: Node, depth: int) -> Iterator[Path]:
    """The paths of all members of objects; lists are not searched."""
    if depth and node.is_object:
        for name in node.members:
            yield (name,)
            inner = node.member(name)
            if inner:
                yield from ((name, *one) for one in _paths(inner, depth - 1))


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
