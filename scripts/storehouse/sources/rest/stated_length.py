"""What the answers of a list say of its length, against what they give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest import ends
from storehouse.sources.rest.answers import LASTING_REMEDY, BadPlace
from storehouse.sources.rest.page_reader import PageAnswer, PageReader
from storehouse.sources.rest.paging import Page, Position
from storehouse.sources.rest.paths import Path, instead, nearest, plain
from storehouse.sources.rest.records import Node

# Without them the first page is taken for the whole list.
_GOES_ON_BY = ("paging.cursor", "paging.next")
_HEADER = "the header Link"
_WHOLE = (
    "so this page was taken for the whole list. If there are more, fix `paging` and load with "
    "--full; else say by `size` how many records a page holds"
)
# Stands for the place of an end that is not confirmed by seeing it again: it may be where the
# server refuses to go deeper.
TOO_DEEP = "too deep"


@dataclass
class StatedLength:
    """The last `total` and `more` that pages of a list had, and how many records the last had.

    `doubts` are notes of why the list may be longer than what was read; `unsure` is the place
    of an end that was only taken for one, as text.
    """

    asking: PageReader
    total: int | None = None
    more: bool | None = None
    count: int | None = None
    unsure: str | None = None
    doubts: list[str] = field(default_factory=list)

    def heard(self, page: Page) -> None:
        paging = self.asking.request.paging
        self.count = page.count
        self.more = paging.more_of(page)
        total = paging.total_of(page)
        self.total = self.total if total is None else total

    def ended(self, position: Position, asked: PageAnswer, read: int, full: int) -> list[str]:
        """Notes of a list that ends with an answer without a page.

        Raises where the pages before said that there is more: then it is a fault. Where they
        say nothing, a short page is an end, and after a full one it is said what was taken for it.
        """
        says_more = bool(self.more) or (self.total is not None and self.total > read)
        if says_more:
            raise SourceContractError(
                f"{_reason(self.asking.label, asked)}, though {self._more_said(read)} that there "
                "is more. Load it again; the load resumes where it stopped."
            )
        # A page that named the next one is no end, however short it is.
        is_given = self.asking.request.paging.kind in ("cursor", "link")
        is_short = not is_given and self.count is not None and self.count < full
        if self.more is False or self.total is not None or is_short:
            return []
        note = (
            f"{_reason(self.asking.label, asked)}: taken for the end of the list, after {read:,} "
            "records. If there are more, ask for them by cursor, keyset or spans of time; `total` "
            "or `more` under `paging` make it certain."
        )
        self.doubts.append(note)
        is_deep = isinstance(asked.refused, BadPlace)
        self.unsure = TOO_DEEP if is_deep else json.dumps(position, sort_keys=True)
        return [note]

    def lacks(self, lacking: int, count: int) -> str:
        """A note of a list that ended before its total."""
        return (
            f"{self.asking.label}: {self.asking.request.path} says that it has "
            f"{count + lacking:,} records, and gave {count:,}. Load it again with --full, or fix "
            "`paging`."
        )

    def _more_said(self, read: int) -> str:
        if self.more:
            return "the page before it says"
        return f"`total` was {self.total:,} and {read:,} were read, which says"

    def unmatched(self, asked: PageAnswer, page: Page) -> list[str]:
        """Notes of declared paths that match nothing in the first page; an error is what is sure.

        A path may be absent where nothing follows, so each is told until it has matched once.
        Only a full page is doubted: one that is not is all there is.
        """
        body, paging = asked.answer.body, self.asking.request.paging
        cost = self.asking.http.patience.cost
        paths: dict[str, Path] = dict(paging.paths)
        if cost:
            paths |= {"cost.available": cost.available, "cost.restored": cost.restored}
        matched = self.asking.matched
        more = paging.more_of(page)
        is_over = more is False or page.count < (paging.size or self.asking.fullest)
        notes: list[str] = []
        whole: list[str] = []
        for key in matched.unmatched(body, paths):
            note = self._note(asked, key, paths, is_over=more is False)
            (whole if key in _GOES_ON_BY else notes).append(note)
        if paging.kind == "link" and not paging.next:
            if "link" in asked.answer.headers:
                matched.ever.add(_HEADER)
            elif matched.is_news(_HEADER):
                whole.append(
                    f"{self.asking.label}: {asked.request}: its answer has no header Link, by "
                    f"which it is paged, {_WHOLE}."
                )
        self.doubts += [] if is_over else whole
        return notes + whole + self._no_count(asked)

    def _note(
        self, asked: PageAnswer, key: str, paths: Mapping[str, Path], *, is_over: bool
    ) -> str:
        body, path = asked.answer.body, paths[key]
        where = f"{self.asking.label}: {asked.request}: `{key}` is {'.'.join(path)!r}, and there "
        there = f"is nothing in its answer; {instead(body, path)}"
        if key not in _GOES_ON_BY:
            return f"{where}{there}. Fix it, or leave it out."
        if not is_over and self._is_misspelt(body, path):
            raise SourceContractError(f"{where}{there}. Fix it: more follows.")
        return f"{where}{there}, {_WHOLE}; leave `paging` out if there never are."

    def _is_misspelt(self, body: Node, path: Path) -> bool:
        """Whether a place to go on from has the name of a path, but for case and underscores."""
        close = nearest(body, path)
        try:
            return (
                close is not None
                and plain(close[-1]) == plain(path[-1])
                and ends.following(body, close) is not None
            )
        except ValueError:
            return False

    def _no_count(self, asked: PageAnswer) -> list[str]:
        try:
            ends.count(asked.answer.body, self.asking.request.paging.total)
        except ValueError as error:
            if self.asking.matched.is_news("no count"):
                return [f"{self.asking.label}: {asked.request}: {error}. Fix `paging.total`."]
        return []


def _reason(label: str, asked: PageAnswer) -> str:
    """How the end came; a refusal says by itself what was asked."""
    if asked.refused:
        return str(asked.refused).removesuffix(".").removesuffix(LASTING_REMEDY)
    return f"{label}: {asked.request}: it answered {asked.answer.empty}"
