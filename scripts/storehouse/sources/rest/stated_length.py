"""The length that the answers of a list state, compared with what they return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest import ends
from storehouse.sources.rest.answers import PERMANENT_REMEDY, BadPlace
from storehouse.sources.rest.page_reader import PageAnswer, PageReader
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.paths import Path, instead, nearest, plain
from storehouse.sources.rest.records import Node

# If these match nothing, the first page is taken for the whole list.
_GOES_ON_BY = ("paging.cursor", "paging.next")
_HEADER = "the header Link"
_WHOLE = (
    "so this page was taken for the whole list. If there are more, fix `paging` and load with "
    "--full; else say by `size` how many records a page holds"
)
# Used as the position of an end that is not confirmed by meeting it again: the server may refuse
# to go deeper there.
TOO_DEEP = "too deep"


@dataclass
class StatedLength:
    """The last `total` and `more` on the pages of a list, and the record count of the last page.

    `doubts` are notes on why the list may be longer than what was read; `unsure` is the position,
    as text, of an end that was only assumed to be one.
    """

    reader: PageReader
    total: int | None = None
    more: bool | None = None
    count: int | None = None
    unsure: str | None = None
    doubts: list[str] = field(default_factory=list)

    def update(self, page: Page) -> None:
        paging = self.reader.request.paging
        self.count = page.count
        self.more = paging.more_of(page)
        total = paging.total_of(page)
        self.total = self.total if total is None else total

    def ended(self, position: Position, fetched: PageAnswer, read: int, full: int) -> list[str]:
        """Notes on a list that ends with an answer that is not a page.

        Raises if the pages before stated that there is more. If they stated nothing, a short page
        is an end; after a full page, a note says what was taken for the end.
        """
        is_more_claimed = bool(self.more) or (self.total is not None and self.total > read)
        if is_more_claimed:
            raise SourceContractError(
                f"{_reason(self.reader.label, fetched)}, though {self._claim(read)} that there "
                "is more. Load it again; the load resumes where it stopped."
            )
        # A page that named the next one is not the end, however short it is.
        is_given = self.reader.request.paging.kind in ("cursor", "link")
        is_short = not is_given and self.count is not None and self.count < full
        if self.more is False or self.total is not None or is_short:
            return []
        note = (
            f"{_reason(self.reader.label, fetched)}: taken for the end of the list, after {read:,} "
            "records. If there are more, ask for them by cursor, keyset or spans of time; `total` "
            "or `more` under `paging` make it certain."
        )
        self.doubts.append(note)
        is_deep = isinstance(fetched.refused, BadPlace)
        self.unsure = TOO_DEEP if is_deep else json.dumps(position, sort_keys=True)
        return [note]

    def lacks(self, lacking: int, count: int) -> str:
        """A note on a list that ended before its stated total."""
        return (
            f"{self.reader.label}: {self.reader.request.path} says that it has "
            f"{count + lacking:,} records, and gave {count:,}. Load it again with --full, or fix "
            "`paging`."
        )

    def _claim(self, read: int) -> str:
        if self.more:
            return "the page before it says"
        return f"`total` was {self.total:,} and {read:,} were read, which says"

    def unmatched(self, fetched: PageAnswer, page: Page) -> list[str]:
        """Notes on declared paths that match nothing on the first page; raises for a certain error.

        A path may be absent where nothing follows, so each is reported until it has matched once.
        Only a full page raises doubts: a page that is not full is the whole list.
        """
        body, paging = fetched.answer.body, self.reader.request.paging
        cost = self.reader.http.policy.cost
        paths: dict[str, Path] = dict(paging.paths)
        if cost:
            paths |= {"cost.available": cost.available, "cost.restored": cost.restored}
        matched = self.reader.matched
        more = paging.more_of(page)
        is_over = more is False or page.count < (paging.size or self.reader.fullest)
        notes: list[str] = []
        whole: list[str] = []
        for key in matched.unmatched(body, paths):
            note = self._note(fetched, key, paths, is_over=more is False)
            (whole if key in _GOES_ON_BY else notes).append(note)
        if paging.kind == "link" and not paging.next:
            if "link" in fetched.answer.headers:
                matched.ever.add(_HEADER)
            elif matched.is_new(_HEADER):
                whole.append(
                    f"{self.reader.label}: {fetched.request}: its answer has no header Link, by "
                    f"which it is paged, {_WHOLE}."
                )
        self.doubts += [] if is_over else whole
        return notes + whole + self._no_count(fetched)

    def _note(
        self, fetched: PageAnswer, key: str, paths: Mapping[str, Path], *, is_over: bool
    ) -> str:
        body, path = fetched.answer.body, paths[key]
        where = f"{self.reader.label}: {fetched.request}: `{key}` is {'.'.join(path)!r}, and there "
        there = f"is nothing in its answer; {instead(body, path)}"
        if key not in _GOES_ON_BY:
            return f"{where}{there}. Fix it, or leave it out."
        if not is_over and self._is_misspelt(body, path):
            raise SourceContractError(f"{where}{there}. Fix it: more follows.")
        return f"{where}{there}, {_WHOLE}; leave `paging` out if there never are."

    def _is_misspelt(self, body: Node, path: Path) -> bool:
        """Whether the next position has the name of a path, except for case and underscores."""
        close = nearest(body, path)
        try:
            return (
                close is not None
                and plain(close[-1]) == plain(path[-1])
                and ends.following(body, close) is not None
            )
        except ValueError:
            return False

    def _no_count(self, fetched: PageAnswer) -> list[str]:
        try:
            ends.count(fetched.answer.body, self.reader.request.paging.total)
        except ValueError as error:
            if self.reader.matched.is_new("no count"):
                return [f"{self.reader.label}: {fetched.request}: {error}. Fix `paging.total`."]
        return []


def _reason(label: str, fetched: PageAnswer) -> str:
    """How the list ended; a refusal already names its request."""
    if fetched.refused:
        return str(fetched.refused).removesuffix(".").removesuffix(PERMANENT_REMEDY)
    return f"{label}: {fetched.request}: it answered {fetched.answer.empty}"
