"""Reading a list page by page, and detecting a list that shifts or loops.

Where pages are positions in a list, a record that changes or is deleted moves all records after
it one position forward, and one of them would never be read. So each page must continue what was
read before: with offsets, the last record is requested again; with page numbers, the page
before is. If a page does not continue it, reading steps back until it does.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace

from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.answers import Answer, Refusal
from storehouse.sources.rest.loop_guard import LoopGuard
from storehouse.sources.rest.page_reader import PageAnswer, PageReader
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.records import Chain, Rows
from storehouse.sources.rest.stated_length import StatedLength
from storehouse.sources.rest.trail import Identity, Marked, known_head, marked

# A list is restarted so many times before the load gives up because it changes too fast.
_MOST_BEGINNINGS = 4

# So many pages in a row may hold nothing new after a list has shifted.
_MOST_KNOWN_PAGES = 8

# Pages whose records are remembered, to find the position again.
_TRAIL_PAGES = 3


@dataclass(frozen=True)
class Read:
    """A page that was read: its records and rows; `place` is what follows, None after the last.

    `lacking` is how many records the server returned fewer than its stated total; `is_first`
    means that the list was started, or restarted, with this page. `doubts` are notes on why the
    list may be longer; `unsure` is the position of an end that was only assumed to be one.
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
    """The pages of one list, read by `reader` from `place` on.

    `to_the_end`: see Paging.following. With `is_whole`, a list that has shifted is restarted, so
    that what is read after the last `is_first` is the complete list.
    """

    reader: PageReader
    place: Place
    to_the_end: bool = False
    is_whole: bool = False
    _trail: list[Container[Identity]] = field(default_factory=list)
    _back: int = 0
    _moves: int = 0
    _beginnings: int = 0
    _repeats: int = 0
    _known_pages: int = 0
    _is_honoured: bool = False
    _is_resumed: bool = False
    _last_page: list[Identity] = field(default_factory=list)
    _largest: int = 0
    _refusal: SourceContractError | None = None
    _notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._paging = self.reader.request.paging
        self._label = self.reader.label
        self._stated = StatedLength(self.reader)
        self._loops = LoopGuard(self.reader)

    def __iter__(self) -> Iterator[Read]:
        self._is_resumed = self.place.position is not None
        if self.place.last:
            self._trail = [Marked(self.place.last)]
            # The size of its pages is no longer known.
            self._largest = int(self._paging.is_counted)
        place: Place | None = self._own(self.place)
        while place is not None:
            try:
                read = self._page(place)
            except Refusal as error:
                if not self._is_resumed:
                    raise
                read = self._restarted(place, error)
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
        fetched = self._fetch(position, known)
        follows = 0
        if is_checked and (paging.kind == "offset" or self._back):
            follows = known_head(fetched.ids, self._trail)
            if not follows:
                return self._stepped_back(place, position)
            if known and len(fetched.ids) == 1 and self._largest <= 1:
                # With pages of one record, the last record alone does not show what follows, so
                # that is requested between two reads of it.
                self._is_resumed = False
                beyond, again = self._fetch(position, 0), self._fetch(position, known)
                if not known_head(again.ids, self._trail):
                    return self._stepped_back(place, position)
                if beyond.ids != again.ids:  # else it is the last again, past the end
                    fetched, known = beyond, 0
                    follows = known_head(beyond.ids, self._trail)
        elif is_checked and not self._is_unchanged(place, position):
            return self._stepped_back(place, position)
        notes = self._noted(fetched.ids, follows, known)
        self._back = 0
        if fetched.ids == self._last_page and len(fetched.ids) < self._largest:
            # A request past the end returns the last page again.
            return self._result(place, position, fetched, len(fetched.ids), known=len(fetched.ids))
        if notes:
            self._notes += notes
            return self._result(place, position, fetched, len(fetched.ids), known=0)
        if fetched.ids:
            self._is_honoured = bool(self._last_page)
            new = frozenset(fetched.ids[follows:] or fetched.ids)
            self._trail = [*self._trail, new][-_TRAIL_PAGES:]
            self._last_page = fetched.ids
        return self._result(place, position, fetched, follows, known=known)

    def _fetch(self, position: Position, known: int) -> PageAnswer:
        again = f" (again {self._moves})" if self._moves else ""
        is_first = self._is_resumed or position == self._paging.start
        return self.reader.fetch(position, known, is_first=is_first, again=again)

    def _own(self, place: Place) -> Place:
        """A place as it is requested now: an older link may be stored as the API returned it."""
        link = str((place.position or {}).get("link", ""))
        if not link.startswith(("http://", "https://")):
            return place
        http = self.reader.http
        try:
            return replace(place, position={"link": http.own(http.address, link)})
        except SourceContractError as error:
            return self._restarted(place, SourceContractError(f"{self._label}: {error}"))

    def _restarted(self, place: Place, error: SourceContractError) -> Place:
        """The start of the list, if the place where an earlier load stopped can't be read."""
        self._is_resumed = False
        self._trail, self._largest = [], 0
        self._notes.append(
            f"{str(error).rstrip('.')}. An earlier load stopped there, and can't resume there any "
            "more: the list is read again from its start. Staging removes duplicates."
        )
        return Place(place.window)

    def _noted(self, ids: list[Identity], follows: int, known: int) -> tuple[str, ...]:
        """A note on a page that came twice; raises if page after page holds nothing new.

        The first `follows` records were read before, `known` of them were requested again.
        If a list has grown at its head, whole pages were read before and are not repeats; nor is
        the last record of an offset alone, since that is how its list ends.
        """
        is_same = ids == self._last_page and not self._back and len(ids) > known
        has_moved = self._is_honoured and self._paging.is_checked
        if ids and is_same and not has_moved and len(ids) >= self._largest:
            return self._repeated()
        if ids and (is_same or known < len(ids) == follows):
            self._known_pages += 1
            if self._known_pages > _MOST_KNOWN_PAGES:
                raise self._moves_too_fast("it keeps returning what was read")
        elif ids:
            self._repeats = self._known_pages = 0
        return ()

    def _result(
        self, place: Place, position: Position, fetched: PageAnswer, follows: int, *, known: int
    ) -> Read:
        """What a page holds after its first `follows` records, and the place after it.

        `known` of them were requested again: the next page begins after the others.
        """
        count = len(fetched.ids)
        read = place.count + count - follows
        full = self._largest or self._paging.size
        page = Page(
            fetched.answer.body,
            fetched.answer.headers,
            count,
            self._last_key(fetched),
            known,
            read,
            full,
            fetched.answer.url,
        )
        self._largest = max(self._largest, count)
        following, lacking = self._followed(position, page, fetched)
        notes, self._notes = tuple(self._notes), []
        if lacking:
            notes = (*notes, self._stated.lacks(lacking, read))
        last = marked(fetched.ids[-1]) if count else None
        chains, table = fetched.records[follows:], fetched.rows.table.slice(follows)
        return Read(
            fetched.request,
            fetched.answer,
            chains,
            replace(fetched.rows, table=table),
            Place(place.window, following, last, read) if following else None,
            notes,
            lacking,
            is_first=position == self._paging.start,
            doubts=tuple(self._stated.doubts),
            unsure=self._stated.unsure,
        )

    def _last_key(self, fetched: PageAnswer) -> str | None:
        """The value of the keyset's field in the last record that is not null."""
        column = self._paging.field
        there = [n for n, (record, *_) in enumerate(fetched.records) if record.raw != "null"]
        if column is None or not there:
            return None
        key: str | None = fetched.rows.table[column][there[-1]].as_py()
        return key

    def _followed(
        self, position: Position, page: Page, fetched: PageAnswer
    ) -> tuple[Position | None, int]:
        """The position after a page, and how many records are missing if it is the last."""
        if fetched.refused or fetched.answer.empty:
            if position != self._paging.start:
                self._notes += self._stated.ended(position, fetched, page.read, page.full)
            return None, 0
        following = self._after(position, page, fetched)
        if page.count and position == self._paging.start:
            self._notes += self._stated.unmatched(fetched, page)
        self._stated.update(page)
        if self._loops.is_gap(page, following, fetched):
            # It can't be checked that what follows an empty page continues what came before it.
            self._trail = []
        if not self._refusal:
            self._loops.check(following, fetched, has_moved=self._moves > 0)
        total = self._stated.total if following is None else None
        return following, max((total or 0) - page.read, 0)

    def _is_unchanged(self, place: Place, position: Position) -> bool:
        """Whether the page before still ends with the same record."""
        before = self._fetch(self._paging.back(position, 1), 0)
        return bool(before.ids) and marked(before.ids[-1]) == place.last

    def _stepped_back(self, place: Place, position: Position) -> Place:
        """The place to look from next; after all steps back, the start of the list."""
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
        self._loops = LoopGuard(self.reader)
        return Place(place.window, paging.start)

    def _moves_too_fast(self, reason: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self._label}: the list moves faster than it can be read, and {reason}. Page it by "
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

    def _after(self, position: Position, page: Page, fetched: PageAnswer) -> Position | None:
        """The position after a page. A page whose link is refused is stored before the error.

        Its own position is then kept, so that it is read again.
        """
        paging, http = self._paging, self.reader.http
        try:
            after = paging.following(position, page, to_the_end=self.to_the_end)
            if after and paging.kind == "link":
                return {"link": http.own(fetched.answer.url, after["link"])}
        except (ValueError, SourceContractError) as error:
            refusal = SourceContractError(
                f"{self._label}: {fetched.request}: {error}. Fix `paging`."
            )
            if paging.kind != "link":
                raise refusal from None
            self._refusal = refusal
            return {"link": http.own(fetched.answer.url, "")}
        return after
