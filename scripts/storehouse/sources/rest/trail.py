"""Recognizing records, to check that a page continues what was read before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Sequence

from storehouse.sources.rest.records import Chain, Rows

# What identifies a version of a record.
Identity = tuple[str | None, ...]


def known_head(ids: Sequence[Identity], trail: Sequence[Container[Identity]]) -> int:
    """How many records at the head of a page were read before.

    Only an unbroken head counts: a record that changed after it was read appears again at the
    end, after others that were not read.
    """
    unknown = (place for place, one in enumerate(ids) if not any(one in page for page in trail))
    return next(unknown, len(ids))


def identities(found: Sequence[Chain], parsed: Rows, version: Sequence[str]) -> list[Identity]:
    """The identity of each record: the columns of its version, or its whole content."""
    if version:
        columns = [parsed.table[name].to_pylist() for name in version]
        return list(zip(*columns, strict=True))
    return [(chain[0].raw,) for chain in found]


def marked(identity: Identity) -> str:
    """A short hash of an identity, to be stored in a state."""
    text = json.dumps(list(identity))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Marked:
    """All records with a mark."""

    def __init__(self, mark: str) -> None:
        self._mark = mark

    def __contains__(self, one: object) -> bool:
        return isinstance(one, tuple) and marked(one) == self._mark
