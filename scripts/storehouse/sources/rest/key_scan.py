"""Delete detection: all keys that the API still has, compared with those that have landed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from storehouse.core.errors import SourceContractError
from storehouse.sources.portion import Landed
from storehouse.sources.rest.declaration import Resource, Sweep
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.page_reader import PageReader
from storehouse.sources.rest.pages import Pages
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.paths import Matched


@dataclass
class KeyScan:
    """Reads all keys of a list.

    `matched` are paths that the table's own list has matched; `fullest` is the largest number of
    keys on a page so far, also in earlier loads.
    """

    http: Http
    resource: Resource
    sweep: Sweep
    matched: frozenset[str]
    fullest: int

    def deletions(self, landed: Landed, now: datetime) -> pa.Table:
        """Rows for deleted keys; raises SourceContractError if the keys can't be trusted.

        A list that is paged by position may shift while it is read and hide a record: keys that
        seem to be gone are looked up a second time.
        """
        sweep = self.sweep
        known = landed.living_keys(self.resource.name, sweep.column, sweep.into, sweep.entity)
        gone = known
        for _ in range(2 if sweep.request.paging.is_counted else 1):
            if not len(gone):
                break
            there, doubt = self._keys()
            if not len(there) and not sweep.may_be_empty:
                raise SourceContractError(
                    f"{self.resource.label}: its key scan found nothing, while {len(known):,} have "
                    "landed; that is not trusted, and nothing is marked as deleted. If it is "
                    "correct, set `may_be_empty: true` under `sweep`."
                )
            gone = gone.filter(pc.invert(pc.is_in(gone, value_set=there)))
            if doubt and len(gone):
                raise SourceContractError(f"{doubt[0]} Nothing is marked as deleted.")
        moment = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return pa.table(
            {
                "entity": pa.array([sweep.entity] * len(gone), pa.string()),
                "entity_id": gone.cast(pa.string()),
                "deleted_at": pa.array([moment] * len(gone), pa.string()),
            }
        )

    def _keys(self) -> tuple[pa.Array, tuple[str, ...]]:
        """All keys in the API, and notes on a list that may not have been read completely."""
        sweep, own = self.sweep, self.resource.request
        label = f"{self.resource.label}, delete detection"
        is_alike = (sweep.request.path, sweep.request.paging) == (own.path, own.paging)
        matched = Matched(set(self.matched) if is_alike else set())
        key = (sweep.column,)
        reader = PageReader(
            self.http, label, sweep.request, sweep.shape, key, {}, matched, self.fullest
        )
        found: list[pa.Table] = []
        doubt: tuple[str, ...] = ()
        for read in Pages(reader, Place(), to_the_end=True):
            if read.rows.table[sweep.column].null_count:
                raise SourceContractError(
                    f"{label}: {read.request}: a record has no key, so nothing is marked as "
                    "deleted. Fix `key` under `sweep`."
                )
            if read.lacking:
                raise SourceContractError(f"{read.notes[-1]} Nothing is marked as deleted.")
            found.append(read.rows.table.select([sweep.column]))
            doubt = read.doubts
            self.fullest = max(self.fullest, len(read.records))
        return pa.concat_tables(found)[sweep.column].combine_chunks().unique(), doubt
