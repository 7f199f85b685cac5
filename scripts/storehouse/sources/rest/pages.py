"""Draining a list, page by page, and noticing a list that moves or goes round."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from storehouse.errors import SourceContractError
from storehouse.sources.rest.declaration import Request
from storehouse.sources.rest.http import Answer, Arguments, Http
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.records import Chain, Rows, Shape, records, rows

# So often a list that moved is read from its start before it is taken as it comes.
_AGAIN = 2


@dataclass(frozen=True)
class Read:
    """A page that was read: its records and rows; `place` is what follows, None after the last.

    `lacking` is how many fewer records than it said the server gave in all.
    """

    request: str
    answer: Answer
    records: Sequence[Chain]
    rows: Rows
    place: Place | None
    notes: tuple[str, ...]
    lacking: int = 0


@dataclass
class Pages:
    """The pages of one list: what `request` and `more` ask for, from `place` on."""

    http: Http
    label: str
    request: Request
    shape: Shape
    key: tuple[str, ...]
    more: Arguments
    place: Place
    begun_again: int = 0
    _repeats: int = 0
    _before: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Read]:
        is_resumed = self.place.position is not None
        paging = self.request.paging
        if is_resumed and paging.kind == "page" and self.place.total is None:
            # Nothing would tell that the list has moved since.
            self._from_start()
        place: Place | None = replace(self.place, position=self.place.position or paging.start)
        while place is not None:
            self.place = place
            read = self._page(place)
            place = read.place
            yield read

    def _page(self, place: Place) -> Read:
        paging = self.request.paging
        position = place.position or paging.start
        known = int(bool(paging.kind == "offset" and position.get("offset") and place.last))
        path, arguments = self._asked(position, known)
        answer = self.http.ask(self.label, path, arguments, self.request.query)
        described = self.http.describe(path, arguments, self.request.query)
        if self.begun_again:
            described += f" (again {self.begun_again})"
        try:
            found = records(answer.body, self.request.records)
            told = rows(found, self.shape)
        except (ValueError, RecursionError) as error:
            raise SourceContractError(
                f"{self.label}: {described}: its answer is not as declared: {error}. "
                "Mend `records`, `path` or what it says to the API."
            ) from None
        ids = identities(found, told.table, self.key)
        page = self._counted(answer, told.table, len(found), known)
        total = paging.total_of(page)
        if self._has_moved(place, ids, known, total):
            return self._again(described, answer, position)
        if known:
            found, ids = found[1:], ids[1:]
            told = replace(told, table=told.table.slice(1))
        notes: tuple[str, ...] = ()
        if ids and ids == self._before:
            found, told, notes = [], replace(told, table=told.table.slice(0, 0)), self._repeated()
        elif ids:
            self._before, self._repeats = ids, 0
        following = self._followed(paging.following(position, page), described)
        count = place.count + len(found)
        lacking = max(total - count, 0) if following is None and total is not None else 0
        if lacking:
            notes = (*notes, self._lacks(lacking, count))
        first_total = total if place.total is None else place.total
        next_place = Place(
            place.window, following, ids[-1] if ids else place.last, first_total, count
        )
        return Read(
            described, answer, found, told, next_place if following else None, notes, lacking
        )

    def _lacks(self, lacking: int, count: int) -> str:
        return (
            f"{self.label}: {self.request.path} says that it has {count + lacking:,} records, and "
            f"gave {count:,}. Load it again with --full, or mend `paging`."
        )

    def _asked(self, position: Position, known: int) -> tuple[str, Arguments]:
        if "link" in position:
            return str(position["link"]), {}
        paging = self.request.paging
        return self.request.path, {
            **self.request.arguments,
            **self.more,
            **paging.arguments(position, known),
        }

    def _counted(self, answer: Answer, table: pa.Table, count: int, known: int) -> Page:
        column = self.request.paging.field
        last = table[column][-1].as_py() if column and count else None
        return Page(answer.body, answer.headers, count, last, known)

    def _has_moved(self, place: Place, ids: Sequence[str], known: int, total: int | None) -> bool:
        if self.begun_again == _AGAIN:
            return False
        if known:
            return not ids or ids[0] != place.last
        is_shifted = place.total is not None and total is not None and total != place.total
        return self.request.paging.kind == "page" and is_shifted

    def _again(self, described: str, answer: Answer, position: Position) -> Read:
        """Begin again: what was read stays, and staging keeps the newest of each."""
        self._from_start()
        last_word = (
            ""
            if self.begun_again < _AGAIN
            else " It is now taken as it comes, and may lack records: page it by cursor or key."
        )
        note = (
            f"{self.label}: the list moved while it was read (at {dict(position)}), and is read "
            f"again from its start.{last_word}"
        )
        nothing = rows([], self.shape)
        return Read(f"{described} (moved)", answer, [], nothing, self.place, (note,))

    def _from_start(self) -> None:
        self.begun_again += 1
        self._before, self._seen, self._repeats = [], set(), 0
        self.place = Place(self.place.window, self.request.paging.start)

    def _repeated(self) -> tuple[str, ...]:
        self._repeats += 1
        if self._repeats > 1:
            raise SourceContractError(
                f"{self.label}: it answers with the same page again and again: it does not heed "
                f"{self.request.paging.param or 'its own link'!r}. Mend `paging`."
            )
        return (f"{self.label}: a page came twice in a row; the second was passed over.",)

    def _followed(self, following: Position | None, described: str) -> Position | None:
        written = json.dumps(following, sort_keys=True)
        if following is not None and written in self._seen:
            raise SourceContractError(
                f"{self.label}: {described}: its paging goes round: a position came twice. "
                "Ask for larger pages where many records share a key; else mend `paging`."
            )
        self._seen.add(written)
        if self.http.secrets.hide(written) != written:
            raise SourceContractError(
                f"{self.label}: {described}: the address of its next page holds a secret, which "
                "must not be kept. Declare another paging."
            )
        return following


def identities(found: Sequence[Chain], table: pa.Table, key: Sequence[str]) -> list[str]:
    """What tells records apart: their key, or all that they are, as a short hash each."""
    if key:
        columns: Mapping[str, list[str | None]] = {n: table[n].to_pylist() for n in key}
        texts = [json.dumps(values) for values in zip(*columns.values(), strict=True)]
    else:
        texts = [chain[0].raw for chain in found]
    return [hashlib.sha256(t.encode("utf-8", "replace")).hexdigest()[:16] for t in texts]
