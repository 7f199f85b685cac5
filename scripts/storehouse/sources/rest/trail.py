"""Knowing records again, to see that a page follows what was read before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from storehouse.sources.rest.records import Chain, Rows


def known_head(ids: Sequence[str], trail: Sequence[Sequence[str]]) -> int:
    """How many records at the head of a page were read before.

    Only an unbroken head counts: a record that was read and changed stands at the end
    again, behind others that were not.
    """
    known = {one for page in trail for one in page}
    return next((place for place, one in enumerate(ids) if one not in known), len(ids))


def identities(found: Sequence[Chain], told: Rows, version: Sequence[str]) -> list[str]:
    """A short hash of what tells each record's version apart."""
    if version:
        columns = [told.table[name].to_pylist() for name in version]
        texts = [json.dumps(values) for values in zip(*columns, strict=True)]
    else:
        texts = [chain[0].raw for chain in found]
    return [hashlib.sha256(t.encode("utf-8", "replace")).hexdigest()[:16] for t in texts]
