"""Draining a list, page by page, and noticing a list that moves or goes round.

Where pages are places in a list, a record that changes or goes away moves all behind it
one place forward, and one of them would never be read. So each page must follow what was
read before: an offset asks for the last record again, a page has the one before it asked
for again. If it does not follow, reading steps back until it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from storehouse.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.answers import Answer
from storehouse.sources.rest.http import Arguments, Http
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.records import Chain, Rows, Shape, records, rows
from storehouse.sources.rest.requests import Request
from storehouse.sources.rest.trail import identities, known_head

# So often a list is begun again before it is said to move too fast.
_MOST_BEGINNINGS = 4

# So many pages on end may bring nothing new where a list has moved.
_MOST_KNOWN_PAGES = 8

# Pages whose records are remembered, to find the place again.
_TRAIL_PAGES = 3


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


@dataclass(frozen=True)
class _Asked:
    """An answer, and what tells its records apart."""

    request: str
    answer: Answer
    records: list[Chain]
    rows: Rows
    ids: list[str]


@dataclass
class Pages:
    """The pages of one list: what `request` and `more` ask for, from `place` on.

    `version` are the columns that tell versions of records apart; without any, all that
    a record says does. `to_the_end`: see Paging.following.
    """

    http: Http
    label: str
    request: Request
    shape: Shape
    version: tuple[str, ...]
    more: Arguments
    place: Place
    to_the_end: bool = False
    _trail: list[list[str]] = field(default_factory=list)
    _back: int = 0
    _moves: int = 0
    _beginnings: int = 0
    _repeats: int = 0
    _known_pages: int = 0
    _is_heeded: bool = False
    _last_page: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _largest: int = 0
    _refusal: SourceContractError | None = None

    def __iter__(self) -> Iterator[Read]:
        if self.place.last:
            self._trail = [[self.place.last]]
            # How large its pages were is not known any more.
            self._largest = int(self.request.paging.is_counted)
        place: Place | None = self.place
        while place is not None:
            read = self._page(place)
            if isinstance(read, Place):
                place = read
                continue
            place = read.place
            yield read
            if self._refusal:
                raise self._refusal

    def _page(self, place: Place) -> Read | Place:
        """The page at a place, or the place to step back to."""
        paging = self.request.paging
        position = place.position or paging.start
        is_checked = paging.is_checked and bool(self._trail) and position != paging.start
        known = int(is_checked and paging.kind == "offset" and not self._back)
        asked = self._ask(position, known)
        follows = 0
        if is_checked and (paging.kind == "offset" or self._back):
            follows = known_head(asked.ids, self._trail)
            if not follows:
                return self._stepped_back(place, position)
        elif is_checked and not self._stands(place, position):
            return self._stepped_back(place, position)
        notes = self._noted(asked.ids, follows, known)
        self._back = 0
        if asked.ids == self._last_page and len(asked.ids) < self._largest:
            # Asked for what lies behind its end, it gives its last page.
            return self._turned(place, position, asked, len(asked.ids), known=len(asked.ids))
        if notes:
            return self._turned(place, position, asked, len(asked.ids), known=0, notes=notes)
        if asked.ids:
            self._is_heeded = bool(self._last_page)
            self._trail = [*self._trail, asked.ids[follows:] or asked.ids][-_TRAIL_PAGES:]
            self._last_page = asked.ids
        return self._turned(place, position, asked, follows, known=known)

    def _noted(self, ids: list[str], follows: int, known: int) -> tuple[str, ...]:
        """A note of a page that came twice; raises if pages go on without anything new.

        `follows` records at its head were read before, `known` were asked for again.
        Where a list has grown at its head, whole pages were read before and are no repeats;
        nor is an offset's last record alone, which is how its list ends.
        """
        is_same = ids == self._last_page and not self._back and len(ids) > known
        has_moved = self._is_heeded and self.request.paging.is_checked
        if ids and is_same and not has_moved and len(ids) >= self._largest:
            return self._repeated()
        if ids and (is_same or known < len(ids) == follows):
            self._known_pages += 1
            if self._known_pages > _MOST_KNOWN_PAGES:
                raise self._moves_too_fast("again and again it brings what was read")
        elif ids:
            self._repeats = self._known_pages = 0
        return ()

    def _turned(
        self,
        place: Place,
        position: Position,
        asked: _Asked,
        follows: int,
        *,
        known: int,
        notes: tuple[str, ...] = (),
    ) -> Read:
        """What a page gives beyond its first `follows` records, and the place after it.

        `known` of them were asked for again: the next page begins behind the others.
        """
        paging = self.request.paging
        column, count = paging.field, len(asked.ids)
        last = asked.rows.table[column][-1].as_py() if column and count else None
        read = place.count + count - follows
        page = Page(
            asked.answer.body,
            asked.answer.headers,
            count,
            last,
            known,
            read,
            self._largest or paging.size,
            asked.answer.asked,
        )
        self._largest = max(self._largest, count)
        following = self._after(position, page, asked)
        if not self._refusal:
            following = self._followed(following, asked.request)
        total = paging.total_of(page)
        lacking = max(total - read, 0) if following is None and total is not None else 0
        if lacking:
            notes = (*notes, self._lacks(lacking, read))
        last_id = asked.ids[-1] if count else place.last
        return Read(
            asked.request,
            asked.answer,
            asked.records[follows:],
            replace(asked.rows, table=asked.rows.table.slice(follows)),
            Place(place.window, following, last_id, read) if following else None,
            notes,
            lacking,
        )

    def _ask(self, position: Position, known: int) -> _Asked:
        paging, query = self.request.paging, self.request.query
        path, arguments = self.request.path, dict(self.request.arguments)
        if "link" in position:
            link = str(position["link"])
            path, arguments = (path + link if link.startswith("?") else link), {}
        else:
            arguments |= {**self.more, **paging.arguments(position, known)}
        described = self.http.describe(path, arguments, query)
        answer = self.http.ask(self.label, path, arguments, query)
        try:
            found = records(answer.body, self.request.records)
            told = rows(found, self.shape)
        except (ValueError, RecursionError) as error:
            raise SourceContractError(
                f"{self.label}: {described}: its answer is not as declared: {error}. "
                "Mend `records`, `path` or what it says to the API."
            ) from None
        again = f" (again {self._moves})" if self._moves else ""
        ids = identities(found, told, self.version)
        return _Asked(described + again, answer, found, told, ids)

    def _stands(self, place: Place, position: Position) -> bool:
        """Whether the page before still ends as it did."""
        before = self._ask(self.request.paging.back(position, 1), 0)
        return before.ids[-1:] == [place.last]

    def _stepped_back(self, place: Place, position: Position) -> Place:
        """The place to go on looking from; after all steps, the start of the list."""
        paging = self.request.paging
        pages = 2**self._back
        self._back += 1
        self._moves += 1
        size = self._largest if self._largest > 1 else max(paging.size, 1)
        back = paging.back(position, pages * (size if paging.kind == "offset" else 1))
        if back != paging.start:
            return replace(place, position=back)
        self._beginnings += 1
        if self._beginnings == _MOST_BEGINNINGS:
            raise self._moves_too_fast(f"was begun {_MOST_BEGINNINGS} times")
        self._trail, self._last_page, self._seen, self._back = [], [], set(), 0
        return Place(place.window, back)

    def _moves_too_fast(self, said: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.label}: the list moves faster than it can be read, and {said}. Page it by "
            "cursor or keyset if it can be, say `stable: true` under `paging` if its order does "
            "not change, or load it at a quieter time: nothing is passed over, and the next load "
            "goes on."
        )

    def _repeated(self) -> tuple[str, ...]:
        self._repeats += 1
        if self._repeats > 1:
            raise SourceContractError(
                f"{self.label}: it answers with the same page again and again: it does not heed "
                f"{self.request.paging.param or 'its own link'!r}. Mend `paging`."
            )
        return (f"{self.label}: a page came twice in a row; the second was passed over.",)

    def _after(self, position: Position, page: Page, asked: _Asked) -> Position | None:
        """The position behind a page, which is stored first where its link is refused.

        Its own place is what is then kept, so that it is read again.
        """
        if self.request.paging.kind != "link":
            return self.request.paging.following(position, page, to_the_end=self.to_the_end)
        try:
            after = self.request.paging.following(position, page)
            return after and {"link": self.http.own(asked.answer, after["link"])}
        except SourceContractError as error:
            self._refusal = SourceContractError(f"{self.label}: {asked.request}: {error}.")
            return {"link": self.http.own(asked.answer, "")}

    def _followed(self, following: Position | None, described: str) -> Position | None:
        if following is None:
            return None
        written = json.dumps(following, sort_keys=True)
        if self.http.judge.secrets.holds(written):
            raise SourceContractError(
                f"{self.label}: {described}: the address of its next page holds a secret, which "
                "must not be kept. Declare another paging."
            )
        if written in self._seen and not self._moves:
            raise SourceContractError(
                f"{self.label}: {described}: its paging goes round: a position came twice. "
                "Ask for larger pages where many records share a key; else mend `paging`."
            )
        self._seen.add(written)
        return following

    def _lacks(self, lacking: int, count: int) -> str:
        return (
            f"{self.label}: {self.request.path} says that it has {count + lacking:,} records, and "
            f"gave {count:,}. Load it again with --full, or mend `paging`."
        )
