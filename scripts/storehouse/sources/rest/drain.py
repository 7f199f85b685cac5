"""Nested lists that are longer than one answer gives: what is left of each is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as Folder
from urllib.parse import quote

from storehouse.declarations.entry import Entry
from storehouse.errors import SourceContractError
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.paging import Paging
from storehouse.sources.rest.records import Chain, Node, chains, steps
from storehouse.sources.rest.requests import Request, read_request

Path = tuple[str, ...]
Rest = Sequence[tuple[Path, Chain]]


@dataclass(frozen=True)
class Drain:
    """Asks for one holding record again, from where its nested list ended.

    The holding record stands at `holder` below a record of the table, its list at
    `within` below it. `identity`, `more` and `cursor` are paths in the holding record,
    which stands at `request.records` in the answer. The identity takes the place of
    `{id}` in the path, or is sent as `identity_param`.
    """

    request: Request
    holder: Path
    within: Path
    identity: tuple[str, ...]
    identity_param: str
    param: str
    more: tuple[str, ...]
    cursor: tuple[str, ...]

    @property
    def below(self) -> Path:
        return self.holder + self.within


def read_drain(folder: Folder, entry: Entry, base: Request, below: Path) -> Drain:
    """How the list at `below` the records of `base` goes on."""
    entry.only(
        "id", "id_param", "param", "more", "cursor",
        "path", "params", "records", "query", "query_file", "variables",
    )  # fmt: skip
    entry.need("id", "param", "cursor")
    request = read_request(folder, entry, replace(base, arguments={}, paging=Paging()))
    if "{id}" not in request.path:
        entry.need("id_param")
    cursor = steps(entry.text("cursor"))
    # The list and its cursor stand in the same record, the innermost that has both.
    depth = max((n for n, step in enumerate(below) if step == cursor[0]), default=0)
    return Drain(
        request,
        below[:depth],
        below[depth:],
        steps(entry.text("id")),
        entry.text("id_param", ""),
        entry.text("param"),
        steps(entry.text("more", "")),
        cursor,
    )


def inside(records: Sequence[Chain], below: Path, rest: Rest) -> list[Chain]:
    """What lies at `below` the records; `rest` are drained ones, with the paths of their lists."""
    found = [inner for one in records for inner in chains(one, below)]
    for path, chain in rest:
        if path == below[: len(path)]:
            found += chains(chain, below[len(path) :])
    return found


def drained(http: Http, label: str, holder: Chain, drain: Drain) -> Iterator[Chain]:
    """The records of a nested list that its holder's answer did not give."""
    identity = holder[0].at(drain.identity)
    page, cursors = holder[0], set[str]()
    while (cursor := _cursor(page, drain)) is not None:
        if identity is None or identity.landed is None:
            raise SourceContractError(
                f"{label}: a record whose nested list is longer than its answer has nothing at "
                f"{'.'.join(drain.identity)!r}, by which the rest is asked for. Mend `drain`."
            )
        if cursor in cursors:
            raise SourceContractError(
                f"{label}: the nested list of {identity.landed} goes round: a cursor came twice. "
                "Mend `drain`."
            )
        cursors.add(cursor)
        arguments = {**drain.request.arguments, drain.param: cursor}
        path = drain.request.path.replace("{id}", quote(identity.landed, safe=""))
        if drain.identity_param:
            arguments[drain.identity_param] = identity.landed
        answer = http.ask(label, path, arguments, drain.request.query)
        found = answer.body.at(drain.request.records)
        if found is None or not found.is_object:
            raise SourceContractError(
                f"{label}: {http.describe(path, arguments, drain.request.query)}: its answer has "
                f"no record at {'.'.join(drain.request.records)!r}. Mend `records` under `drain`."
            )
        page = found
        for chain in chains((page,), drain.within):
            yield (*chain[:-1], *holder)


def _cursor(page: Node, drain: Drain) -> str | None:
    """Where the rest of the list begins; None where there is none."""
    more = page.at(drain.more) if drain.more else None
    if more is not None and more.raw in ("false", "null"):
        return None
    cursor = page.at(drain.cursor)
    return cursor.landed if cursor and cursor.landed else None
