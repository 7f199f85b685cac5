"""From one page to the next. A position is JSON, so that a killed load can resume from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storehouse.sources.declarations.entry import Entry
from storehouse.sources.rest import ends
from storehouse.sources.rest.links import next_target
from storehouse.sources.rest.paths import instead
from storehouse.sources.rest.records import Node, steps

Position = Mapping[str, Any]

_KINDS = {
    "none": (),
    "page": ("first", "more", "total", "size_param", "size", "stable"),
    "offset": ("more", "total", "size_param", "size", "stable"),
    "cursor": ("cursor", "more", "size_param", "size", "total"),
    "keyset": ("field", "more", "size_param", "size"),
    "link": ("next", "total", "size_param", "size"),
}


@dataclass(frozen=True)
class Page:
    """An answer: `count` records, `last` the value of the keyset's field in the last of them.

    `known` of them were requested again, to check that the list has not shifted. `read` counts
    the records of the list so far; `full` is the record count of a page that others may follow;
    `url` is its address.
    """

    answer: Node
    headers: Mapping[str, str]
    count: int
    last: str | None
    known: int = 0
    read: int = 0
    full: int = 0
    url: str = ""


@dataclass(frozen=True)
class Paging:
    """How an API splits a list into pages.

    `page`, `offset`, `cursor` and `keyset` send `param`; `link` follows the address in
    the body at `next`, or in the header `Link`. `cursor`, `more`, `total` and `next` are
    paths in the answer; `field` is a column of the table. `stable` means that a list only
    changes at its end.
    """

    kind: str = "none"
    param: str = ""
    size_param: str | None = None
    size: int = 0
    first: int = 1
    total: tuple[str, ...] = ()
    cursor: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    field: str | None = None
    stable: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether pages are positions in a list, which shift when the list changes."""
        return self.kind in ("page", "offset")

    @property
    def is_checked(self) -> bool:
        """Whether each page must be checked to continue the one before."""
        return self.is_counted and not self.stable

    def back(self, position: Position, steps_back: int) -> Position:
        """The position `steps_back` pages (records, with offsets) before; at least the start."""
        least = self.first if self.kind == "page" else 0
        return {self.kind: max(position[self.kind] - steps_back, least)}

    @property
    def start(self) -> Position:
        return {"page": {"page": self.first}, "offset": {"offset": 0}}.get(self.kind, {})

    def arguments(self, position: Position, known: int = 0) -> dict[str, str | int]:
        """The arguments to send; `known` records before an offset are requested again."""
        arguments: dict[str, str | int] = {}
        if self.size_param:
            arguments[self.size_param] = self.size
        if self.kind in position:
            arguments[self.param] = position[self.kind]
        if known:
            arguments[self.param] = position["offset"] - known
        return arguments

    def following(
        self, position: Position, page: Page, *, to_the_end: bool = False
    ) -> Position | None:
        """The position of the next page; None after the last.

        `to_the_end` reads on until a page holds nothing new, whatever the server states.
        Raises ValueError if an answer says that there is more, but not where.
        """
        if self.kind == "cursor":
            return self._after_cursor(position, page)
        if self.kind == "link":
            address = self._link(page)
            return None if address is None else {"link": address}
        fresh = page.count - page.known
        if not fresh:
            return self._after_nothing(position, page)
        if self.kind == "none" or (not to_the_end and self._is_last(page)):
            return None
        if self.kind == "keyset":
            return self._after_key(position, page)
        return {self.kind: position[self.kind] + (1 if self.kind == "page" else fresh)}

    def _after_cursor(self, position: Position, page: Page) -> Position | None:
        more = self.more_of(page)
        if more is False:
            return None
        cursor = ends.following(page.answer, self.cursor, zero=bool(more))
        if cursor is None and more:
            raise self._not_where(page, f"has no cursor at {'.'.join(self.cursor)!r}", self.cursor)
        # Some servers return the same cursor again at the end.
        is_end = not page.count and not more and cursor == position.get("cursor")
        return None if cursor is None or is_end else {"cursor": cursor}

    def _after_nothing(self, position: Position, page: Page) -> Position | None:
        """An empty page may be followed by others: a filter can remove all of its records."""
        if not self.more_of(page):
            return None
        if self.kind == "page":
            return {"page": position["page"] + 1}
        if self.kind == "offset" and page.full:
            return {"offset": position["offset"] + page.full}
        raise self._not_where(page, "returned no record to continue from", ())

    def _not_where(self, page: Page, what: str, path: tuple[str, ...]) -> ValueError:
        there = f"; {instead(page.answer, path)}" if path else ""
        return ValueError(
            f"it says at {'.'.join(self.more)!r} that there is more, and {what}{there}"
        )

    def _after_key(self, position: Position, page: Page) -> Position | None:
        if page.last is None:
            raise ValueError(f"its last record has no {self.field}, by which it is paged")
        # If the API returns keys from the given one on, the last record comes again.
        is_end = page.last == position.get("keyset") and page.count < page.full
        return None if is_end else {"keyset": page.last}

    def total_of(self, page: Page) -> int | None:
        """The total number of records that the answer states."""
        try:
            return ends.count(page.answer, self.total)
        except ValueError:
            return None

    def more_of(self, page: Page) -> bool | None:
        """Whether the answer says that more follows; None if it does not say."""
        return ends.goes_on(page.answer, self.more)

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """The paths that are looked up in each answer."""
        named = {"cursor": self.cursor, "next": self.next, "more": self.more, "total": self.total}
        return {f"paging.{key}": path for key, path in named.items() if path}

    def _is_last(self, page: Page) -> bool:
        """A short page alone is no proof: servers may cap the requested page size.

        Nor is a total alone: records that were deleted after they were read count as read.
        """
        total = self.total_of(page)
        is_all = total is not None and page.read >= total and page.count < page.full
        return is_all or self.more_of(page) is False

    def _link(self, page: Page) -> str | None:
        if self.next:
            found = page.answer.at(self.next)
            address = ends.following(page.answer, self.next)
            if address and found and found.raw[0] != '"':
                raise ValueError(f"it has no address at {'.'.join(self.next)!r}, but {found.shown}")
            return address
        try:
            return next_target(page.headers.get("link", ""), page.url)
        except ValueError as error:
            raise ValueError(
                f"its header Link can't be read: {error}. Have it send what RFC 8288 says, or "
                "declare another paging"
            ) from None


def read_paging(entry: Entry) -> Paging:
    kind = entry.choice("kind", tuple(_KINDS), "none")
    params = () if kind in ("none", "link") else ("param",)
    entry.only("kind", *params, *_KINDS[kind])
    if kind == "cursor":
        entry.need("cursor")
    if kind == "keyset":
        entry.need("field")
    if "size_param" in entry.values:
        entry.need("size")
    return Paging(
        kind,
        param=entry.text("param") if params else "",
        size_param=entry.text("size_param") if "size_param" in entry.values else None,
        size=entry.whole("size", 0, least=int("size" in entry.values)),
        first=entry.whole("first", 1),
        total=steps(entry.text("total", "")),
        cursor=steps(entry.text("cursor", "")),
        more=steps(entry.text("more", "")),
        next=steps(entry.text("next", "")),
        field=entry.text("field") if "field" in entry.values else None,
        stable=entry.flag("stable", default=False),
    )
