"""Checking that paging advances and does not loop."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest.page_reader import PageAnswer, PageReader
from storehouse.sources.rest.paging import Page, Position

# So many pages in a row may be empty while the server says that more follow.
_MOST_EMPTY_PAGES = 50


@dataclass
class LoopGuard:
    """The positions of a list so far, and how many of its last pages were empty."""

    reader: PageReader
    _seen: set[str] = field(default_factory=set)
    _empty_pages: int = 0

    def is_gap(self, page: Page, following: Position | None, fetched: PageAnswer) -> bool:
        """Whether a page is empty and others follow; raises after too many in a row."""
        self._empty_pages = 0 if page.count > page.known else self._empty_pages + 1
        if following is None or self._empty_pages == 0:
            return False
        if self._empty_pages >= _MOST_EMPTY_PAGES:
            raise SourceContractError(
                f"{self.reader.label}: {fetched.request}: {self._empty_pages} pages in a row are "
                "empty, and each says that more follow. Fix `paging`, or the parameters that it "
                "sends to the API."
            )
        return True

    def check(self, following: Position | None, fetched: PageAnswer, *, has_moved: bool) -> None:
        """Raise for a position that must not be stored, or that came before."""
        if following is None:
            return
        where = f"{self.reader.label}: {fetched.request}"
        written = json.dumps(following, sort_keys=True)
        if self.reader.http.judge.secrets.holds(written):
            raise SourceContractError(
                f"{where}: the address of its next page holds a secret, which must not be kept. "
                "Declare another paging."
            )
        if written in self._seen and not has_moved:
            raise SourceContractError(
                f"{where}: its paging loops: a position came twice. Ask for larger pages "
                "where many records share a key; else fix `paging`."
            )
        self._seen.add(written)
