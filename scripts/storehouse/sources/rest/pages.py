"""Draining a list, page by page, and noticing a list that moves or goes round.

Where pages are places in a list, a record that changes or goes away moves all behind it
one place forward, and one of them would never be read. So each page must follow what was
read before: an offset asks for the last record again, a page has the one before it asked
for again. If it does not follow, reading steps back until it does.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace

from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.answers import Answer, Refusal
from storehouse.sources.rest.onward import Onward
from storehouse.sources.rest.page_reader import PageAnswer, PageReader
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.records import Chain, Rows
from storehouse.sources.rest.stated_length import StatedLength
from storehouse.sources.rest.trail import Identity, Marked, known_head, marked

# So often a list is begun again before it is said to move too fast.
_MOST_BEGINNINGS = 4

# So many pages on end may bring nothing new where a list has moved.
_MOST_KNOWN_PAGES = 8

# Pages whose records are remembered, to find the place again.
_TRAIL_PAGES = 3


@dataclass(frozen=True)
class Read:
    """A page that was read: its records and rows; `place` is what follows, None after the last.

    `lacking` is how many fewer records than it said the server gave in all; `is_first` says
    that the list was begun with it, maybe again. `doubts` are notes so far of why the list may
    be longer, `unsure` is the place of an end that was only taken for one.
    """

    request: str
    answer: Answer
    records: Sequence[Chain]
    rows: Rows
    place: Place | None
    notes: tuple[str, ...]
    lacking: int = 0
    is_first: bool = False
    doubts: tuple[str, ...] = ()
    unsure: str | None = None


@dataclass
class Pages:
    """The pages of one list: what `asking` asks for, from `place` on.

    `to_the_end`: see Paging.following. Where `is_whole` is asked for, a list that has moved is
    begun again, so that what is read after the last `is_first` is the list.
    """

    asking: PageReader
    place: Place
    to_the_end: bool = False
    is_whole: bool = False
    _trail: list[Container[Identity]] = field(default_factory=list)
    _back: int = 0
    _moves: int = 0
    _beginnings: int = 0
    _repeats: int = 0
    _known_pages: int = 0
    _is_heeded: bool = False
    _is_resumed: bool = False
    _last_page: list[Identity] = field(default_factory=list)
    _largest: int = 0
    _refusal: SourceContractError | None = None
    _notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._paging = self.asking.request.paging
        self._label = self.asking.label
        self._said = StatedLength(self.asking)
        self._onward = Onward(self.asking)

    def __iter__(self) -> Iterator[Read]:
        self._is_resumed = self.place.position is not None
        if self.place.last:
            self._trail = [Marked(self.place.last)]
            # How large its pages were is not known any more.
            self._largest = int(self._paging.is_counted)
        place: Place | None = self._own(self.place)
        while place is not None:
            try:
                read = self._page(place)
            except Refusal as error:
                if not self._is_resumed:
                    raise
                read = self._begun_anew(place, error)
            if isinstance(read, Place):
                place = read
                continue
            self._is_resumed = False
            place = read.place
            yield read
            if self._refusal:
                raise self._refusal

    def _page(self, place: Place) -> Read | Place:
        """The page at a place, or the place to step back to."""
        paging = self._paging
        position = place.position or paging.start
        is_checked = paging.is_checked and bool(self._trail) and position != paging.start
        known = int(is_checked and paging.kind == "offset" and not self._back)
        asked = self._ask(position, known)
        follows = 0
        if is_checked and (paging.kind == "offset" or self._back):
            follows = known_head(asked.ids, self._trail)
            if not follows:
                return self._stepped_back(place, position)
            if known and len(asked.ids) == 1 and self._largest <= 1:
                # Where pages hold one record, the last one alone says nothing of what follows;
                # that is asked for between two looks at it.
                self._is_resumed = False
                beyond, again = self._ask(position, 0), self._ask(position, known)
                if not known_head(again.ids, self._trail):
                    return self._stepped_back(place, position)
                if beyond.ids != again.ids:  # else it is the last again, behind the end
                    asked, known = beyond, 0
                    follows = known_head(beyond.ids, self._trail)
        elif is_checked and not self._stands(place, position):
            return self._stepped_back(place, position)
        notes = self._noted(asked.ids, follows, known)
        self._back = 0
        if asked.ids == self._last_page and len(asked.ids) < self._largest:
            # PageAnswer for what lies behind its end, it gives its last page.
            return self._turned(place, position, asked, len(asked.ids), known=len(asked.ids))
        if notes:
            self._notes += notes
            return self._turned(place, position, asked, len(asked.ids), known=0)
        if asked.ids:
            self._is_heeded = bool(self._last_page)
            new = frozenset(asked.ids[follows:] or asked.ids)
            self._trail = [*self._trail, new][-_TRAIL_PAGES:]
            self._last_page = asked.ids
        return self._turned(place, position, asked, follows, known=known)

    def _ask(self, position: Position, known: int) -> PageAnswer:
        again = f" (again {self._moves})" if self._moves else ""
        is_first = self._is_resumed or position == self._paging.start
        return self.asking.ask(position, known, is_first=is_first, again=again)

    def _own(self, place: Place) -> Place:
        """A place as it is asked for today: a link may have been stored as the API named it."""
        link = str((place.position or {}).get("link", ""))
        if not link.startswith(("http://", "https://")):
            return place
        http = self.asking.http
        try:
            return replace(place, position={"link": http.own(http.address, link)})
        except SourceContractError as error:
            return self._begun_anew(place, SourceContractError(f"{self._label}: {error}"))

    def _begun_anew(self, place: Place, error: SourceContractError) -> Place:
        """The start of the list, where the place of an earlier load can't be read any more."""
        self._is_resumed = False
        self._trail, self._largest = [], 0
        self._notes.append(
            f"{str(error).rstrip('.')}. An earlier load stopped there, and can't resume there any "
            "more: the list is read again from its start. Staging removes duplicates."
        )
        return Place(place.window)

    def _noted(self, ids: list[Identity], follows: int, known: int) -> tuple[str, ...]:
        """A note of a page that came twice; raises if pages go on without anything new.

        `follows` records at its head were read before, `known` were asked for again.
        Where a list has grown at its head, whole pages were read before and are no repeats;
        nor is an offset's last record alone, which is how its list ends.
        """
        is_same = ids == self._last_page and not self._back and len(ids) > known
        has_moved = self._is_heeded and self._paging.is_checked
        if ids and is_same and not has_moved and len(ids) >= self._largest:
            return self._repeated()
        if ids and (is_same or known < len(ids) == follows):
            self._known_pages += 1
            if self._known_pages > _MOST_KNOWN_PAGES:
                raise self._moves_too_fast("it keeps returning what was read")
        elif ids:
            self._repeats = self._known_pages = 0
        return ()

    def _turned(
        self, place: Place, position: Position, asked: PageAnswer, follows: int, *, known: int
    ) -> Read:
        """What a page gives beyond its first `follows` records, and the place after it.

        `known` of them were asked for again: the next page begins behind the others.
        """
        count = len(asked.ids)
        read = place.count + count - follows
        full = self._largest or self._paging.size
        page = Page(
            asked.answer.body,
            asked.answer.headers,
            count,
            self._last_key(asked),
            known,
            read,
            full,
            asked.answer.asked,
        )
        self._largest = max(self._largest, count)
        following, lacking = self._followed(position, page, asked)
        notes, self._notes = tuple(self._notes), []
        if lacking:
            notes = (*notes, self._said.lacks(lacking, read))
        last = marked(asked.ids[-1]) if count else None
        chains, table = asked.records[follows:], asked.rows.table.slice(follows)
        return Read(
            asked.request,
            asked.answer,
            chains,
            replace(asked.rows, table=table),
            Place(place.window, following, last, read) if following else None,
            notes,
            lacking,
            is_first=position == self._paging.start,
            doubts=tuple(self._said.doubts),
            unsure=self._said.unsure,
        )

    def _last_key(self, asked: PageAnswer) -> str | None:
        """The value of the keyset's field in the last record that there is."""
        column = self._paging.field
        there = [n for n, (record, *_) in enumerate(asked.records) if record.raw != "null"]
        if column is None or not there:
            return None
        key: str | None = asked.rows.table[column][there[-1]].as_py()
        return key

    def _followed(
        self, position: Position, page: Page, asked: PageAnswer
    ) -> tuple[Position | None, int]:
        """The position after a page, and how many records its list lacks if that is the last."""
        if asked.refused or asked.answer.empty:
            if position != self._paging.start:
                self._notes += self._said.ended(position, asked, page.read, page.full)
            return None, 0
        following = self._after(position, page, asked)
        if page.count and position == self._paging.start:
            self._notes += self._said.unmatched(asked, page)
        self._said.heard(page)
        if self._onward.is_gap(page, following, asked):
            # What stands behind an empty page is not known to follow what came before it.
            self._trail = []
        if not self._refusal:
            self._onward.check(following, asked, has_moved=self._moves > 0)
        total = self._said.total if following is None else None
        return following, max((total or 0) - page.read, 0)

    def _stands(self, place: Place, position: Position) -> bool:
        """Whether the page before still ends as it did."""
        before = self._ask(self._paging.back(position, 1), 0)
        return bool(before.ids) and marked(before.ids[-1]) == place.last

    def _stepped_back(self, place: Place, position: Position) -> Place:
        """The place to go on looking from; after all steps, the start of the list."""
        paging = self._paging
        pages = 2**self._back
        self._back += 1
        self._moves += 1
        size = self._largest if self._largest > 1 else max(paging.size, 1)
        back = paging.back(position, pages * (size if paging.kind == "offset" else 1))
        if back != paging.start and not self.is_whole:
            return replace(place, position=back)
        self._beginnings += 1
        if self._beginnings == _MOST_BEGINNINGS:
            raise self._moves_too_fast(f"was begun {_MOST_BEGINNINGS} times")
        self._trail, self._last_page, self._back = [], [], 0
        self._onward = Onward(self.asking)
        return Place(place.window, paging.start)

    def _moves_too_fast(self, said: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self._label}: the list moves faster than it can be read, and {said}. Page it by "
            "cursor or keyset if it can be, say `stable: true` under `paging` if its order does "
            "not change, or load it at a quieter time: nothing is skipped, and the next load "
            "resumes."
        )

    def _repeated(self) -> tuple[str, ...]:
        self._repeats += 1
        if self._repeats > 1:
            raise SourceContractError(
                f"{self._label}: it answers with the same page again and again: it ignores "
                f"{self._paging.param or 'its own link'!r}. Fix `paging`."
            )
        return (f"{self._label}: a page came twice in a row; the second was skipped.",)

    def _after(self, position: Position, page: Page, asked: PageAnswer) -> Position | None:
        """The position behind a page, which is stored first where its link is refused.

        Its own place is what is then kept, so that it is read again.
        """
        paging, http = self._paging, self.asking.http
        try:
            after = paging.following(position, page, to_the_end=self.to_the_end)
            if after and paging.kind == "link":
                return {"link": http.own(asked.answer.asked, after["link"])}
        except (ValueError, SourceContractError) as error:
            refusal = SourceContractError(f"{self._label}: {asked.request}: {error}. Fix `paging`.")
            if paging.kind != "link":
                raise refusal from None
            self._refusal = refusal
            return {"link": http.own(asked.answer.asked, "")}
        return after
