"""Knowing records again, to see that a page follows what was read before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Sequence

from storehouse.sources.rest.records import Chain, Rows

# What tells a record's version apart.
Identity = tuple[str | None, ...]


def known_head(ids: Sequence[Identity], trail: Sequence[Container[Identity]]) -> int:
    """How many records at the head of a page were read before.

    Only an unbroken head counts: a record that was read and changed stands at the end
    again, behind others that were not.
    """
    unknown = (place for place, one in enumerate(ids) if not any(one in page for page in trail))
    return next(unknown, len(ids))


def identities(found: Sequence[Chain], told: Rows, version: Sequence[str]) -> list[Identity]:
    """What tells apart each record, by the columns of its version or by all that it says."""
    if version:
        columns = [told.table[name].to_pylist() for name in version]
        return list(zip(*columns, strict=True))
    return [(chain[0].raw,) for chain in found]


def marked(identity: Identity) -> str:
    """A short hash of an identity, to be kept in a state."""
    text = json.dumps(list(identity))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Marked:
    """All records with a mark."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __contains__(self, one: object) -> bool:
        return isinstance(one, tuple) and marked(one) == self._mark
