"""Nested lists that are longer than one answer returns: the rest of each is requested.

With a cursor, reading continues after the records in the answer. A list that is read by position
(`paging`) may have shifted since, so it is read again from its start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as Folder

from storehouse.sources.declarations.entry import Entry
from storehouse.sources.rest.paging import Paging, read_paging
from storehouse.sources.rest.records import Shape, steps
from storehouse.sources.rest.requests import Request, check_variable, read_request

Path = tuple[str, ...]


@dataclass(frozen=True)
class Drain:
    """Requests one holding record again, from where its nested list ended.

    The holding record is at `holder` below a record of the table, its list at `within` below it.
    `identity`, `more`, `total` and `cursor` are paths in the holding record, which is at
    `request.records` in the answer; with `request.paging` the list itself is there, and `own` are
    its columns. The identity replaces `{id}` in the path, or is sent as `identity_param`.
    """

    request: Request
    holder: Path
    within: Path
    identity: Path
    identity_param: str
    param: str
    more: Path
    total: Path
    cursor: Path
    own: Shape

    @property
    def below(self) -> Path:
        return self.holder + self.within

    @property
    def is_paged(self) -> bool:
        return self.request.paging.is_counted


def read_drain(folder: Folder, entry: Entry, base: Request, below: Path, shape: Shape) -> Drain:
    """How to read the rest of the list at `below` the records of `base`; its table has `shape`."""
    is_paged = "paging" in entry.values
    by = ("paging", "total") if is_paged else ("param", "cursor")
    entry.only(
        "id", "id_param", "more", *by,
        "path", "params", "records", "query", "query_file", "variables",
    )  # fmt: skip
    entry.need("id", *(("paging", "records") if is_paged else ("param", "cursor")))
    request = read_request(folder, entry, replace(base, arguments={}, paging=Paging()))
    if "{id}" not in request.path:
        entry.need("id_param")
    for key in ("id_param", "param"):
        if request.query is not None and key in entry.values:
            check_variable(entry, key, request.query, entry.text(key))
    more, total = steps(entry.text("more", "")), steps(entry.text("total", ""))
    cursor = () if is_paged else steps(entry.text("cursor"))
    if is_paged:
        _check_paging(entry, more or total)
    # The list and the sign that it continues are in one record, the innermost that has both.
    signs = {path[0] for path in (cursor or more or total,) if path}
    depth = max((n for n, step in enumerate(below) if step in signs), default=0)
    return Drain(
        request,
        below[:depth],
        below[depth:],
        steps(entry.text("id")),
        entry.text("id_param", ""),
        "" if is_paged else entry.text("param"),
        more,
        total,
        cursor,
        Shape((), tuple(column for column in shape.columns if not column.up), frozenset()),
    )


def _check_paging(entry: Entry, sign: Path) -> None:
    paging = read_paging(entry.below("paging"))
    if not paging.is_counted:
        raise entry.error("paging.kind", f"is {paging.kind!r}", "use page, offset, or a cursor")
    if not (sign or paging.size):
        raise entry.error("more", "is missing", "add it, `total`, or `size` under `paging`")
