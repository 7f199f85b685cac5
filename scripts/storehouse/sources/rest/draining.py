"""Reading the rest of nested lists that are longer than one answer returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest import ends
from storehouse.sources.rest.answers import PERMANENT_REMEDY, BadPlace, NoSuchPlace
from storehouse.sources.rest.drain import Drain, Path
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.page_reader import PageReader
from storehouse.sources.rest.pages import Pages
from storehouse.sources.rest.passes import Place
from storehouse.sources.rest.paths import Matched, instead
from storehouse.sources.rest.records import Chain, Node, chains
from storehouse.sources.rest.requests import merged


@dataclass(frozen=True)
class Drained:
    """Records of the list at `below` in `holder`; with `is_whole` they replace those in it."""

    below: Path
    holder: Node
    chains: Sequence[Chain]
    is_whole: bool


def inside(records: Sequence[Chain], below: Path, rest: Sequence[Drained]) -> list[Chain]:
    """The records at `below` the given ones, including `rest`, which was drained from them."""
    origins: list[tuple[Path, Sequence[Chain]]] = [((), records)]
    on_the_way = [one for one in rest if one.below == below[: len(one.below)]]
    origins += [(one.below, one.chains) for one in on_the_way]
    found: list[Chain] = []
    for path, outer in origins:
        deeper = (one for one in on_the_way if one.is_whole and len(one.below) > len(path))
        replaced = {id(one.holder) for one in deeper}
        inner = (one for chain in outer for one in chains(chain, below[len(path) :]))
        found += [one for one in inner if not any(id(node) in replaced for node in one)]
    return found


@dataclass
class Outcome:
    """What was read of a nested list beyond its holder's answer, and notes on it.

    `unsure` is the list and the position of an uncertain end; see Read.unsure.
    """

    found: Drained | None = None
    notes: list[str] = field(default_factory=list)
    unsure: str | None = None


class _Gone(Exception):
    """The record that holds a list no longer exists."""


def drained(http: Http, label: str, holder: Chain, drain: Drain, matched: Matched) -> Outcome:
    """Read the part of a nested list that its holder's answer lacks.

    A record that was deleted meanwhile stops nothing: the part in its answer lands. But if no list
    was ever drained and a second record is refused, the path is wrong: then it raises.
    """
    count = sum(1 for _ in chains((holder[0],), drain.within))
    outcome = Outcome(notes=_unmatched(label, holder[0], drain, matched) if count else [])
    one = _Drain(http, label, holder, drain, matched, outcome)
    if drain.is_paged and not one.goes_on(count):
        return outcome
    found: list[Chain] = []
    name = f"drain {'.'.join(drain.below)}"
    try:
        found.extend(one.whole() if drain.is_paged else one.by_cursor())
        matched.ever.add(name)
    except _Gone as gone:
        if name not in matched.ever and not matched.is_new(name):
            raise SourceContractError(f"{gone}. Fix `drain`.") from None
        outcome.notes.append(
            f"{gone}: that record seems to be deleted, and what was read of its list landed. The "
            "next load that reads it asks for its list again."
        )
        outcome.unsure = f"{one.identity()} gone"
        if drain.is_paged:
            return outcome
    outcome.found = Drained(drain.below, holder[0], found, drain.is_paged)
    return outcome


def _unmatched(label: str, holder: Node, drain: Drain, matched: Matched) -> list[str]:
    named = {"cursor": drain.cursor, "more": drain.more, "total": drain.total}
    paths = {f"drain.{key}": path for key, path in named.items() if path}
    taken = (
        "requested in full"
        if drain.is_paged
        else "assumed to be complete, unless another key says otherwise"
    )
    return [
        f"{label}: `{key}` is {'.'.join(paths[key])!r}, and there is nothing in the record that "
        f"holds its list; {instead(holder, paths[key])}. Its list was {taken}. Fix it."
        for key in matched.unmatched(holder, paths)
    ]


@dataclass(frozen=True)
class _Drain:
    """One nested list, that of `holder`."""

    http: Http
    label: str
    holder: Chain
    drain: Drain
    matched: Matched
    outcome: Outcome

    def goes_on(self, count: int) -> bool:
        """Whether a list that is read by position is longer than the `count` in its answer.

        If that is unknown, yes is assumed: that costs a request and loses nothing.
        """
        drain, holder = self.drain, self.holder[0]
        more = ends.goes_on(holder, drain.more)
        if more is not None:
            return more
        total = self._total()
        if total is not None:
            return count < total
        if drain.more or drain.total:
            return holder.at(drain.within) is not None
        return count >= drain.request.paging.size

    def _total(self) -> int | None:
        try:
            return ends.count(self.holder[0], self.drain.total)
        except ValueError:
            return None

    def whole(self) -> list[Chain]:
        request = replace(self.drain.request, path=self._path(), arguments=self._arguments())
        version = tuple(column.name for column in self.drain.own.columns)
        reader = PageReader(
            self.http, self.label, request, self.drain.own, version, {}, self.matched
        )
        found: list[Chain] = []
        try:
            for read in Pages(reader, Place(), is_whole=True):
                if read.is_first:
                    found = []
                found += [(*chain, *self.holder) for chain in read.records]
                is_all = len(found) == self._total()
                self.outcome.notes += [
                    note for note in read.notes if not (is_all and note in read.doubts)
                ]
                if read.unsure and not is_all:
                    self.outcome.unsure = f"{self.identity()} {read.unsure}"
        except NoSuchPlace as error:
            raise self._gone(error) from None
        return found

    def _gone(self, error: NoSuchPlace) -> Exception:
        """The error of a refusal: with a path of its own, that the record does not exist."""
        is_gone = self.drain.request.query is None and not isinstance(error, BadPlace)
        return _Gone(str(error).rstrip(".").removesuffix(PERMANENT_REMEDY)) if is_gone else error

    def by_cursor(self) -> Iterator[Chain]:
        page, cursors = self.holder[0], set[str]()
        while (cursor := self._cursor(page)) is not None:
            if cursor in cursors:
                raise SourceContractError(
                    f"{self.label}: the nested list of {self.identity()} loops: a cursor came twice"
                    ". Fix `drain`."
                )
            cursors.add(cursor)
            page = self._page(cursor)
            for chain in chains((page,), self.drain.within):
                yield (*chain[:-1], *self.holder)

    def _cursor(self, page: Node) -> str | None:
        """The cursor of the rest of the list; None if there is none."""
        drain = self.drain
        more = ends.goes_on(page, drain.more)
        if more is False:
            return None
        try:
            cursor = ends.following(page, drain.cursor, zero=bool(more))
        except ValueError as error:
            raise SourceContractError(f"{self.label}: {error}. Fix `drain`.") from None
        if cursor is None and more:
            raise SourceContractError(
                f"{self.label}: the nested list of {self.identity()} says at "
                f"{'.'.join(drain.more)!r} that there is more, and has no cursor at "
                f"{'.'.join(drain.cursor)!r}; {instead(page, drain.cursor)}. Fix `drain`."
            )
        return cursor

    def _page(self, cursor: str) -> Node:
        drain, path = self.drain, self._path()
        arguments = self._arguments() | {drain.param: cursor}
        if drain.request.query is not None:
            arguments = merged(arguments)
        try:
            answer = self.http.fetch(self.label, path, arguments, drain.request.query)
        except NoSuchPlace as error:
            raise self._gone(error) from None
        found = answer.body.at(drain.request.records)
        if found is not None and found.raw == "null":
            described = self.http.describe(path, arguments, drain.request.query)
            raise _Gone(f"{self.label}: {described}: it answered with null for the record")
        if found is None or not found.is_object:
            raise SourceContractError(
                f"{self.label}: {self.http.describe(path, arguments, drain.request.query)}: its "
                f"answer has no record at {'.'.join(drain.request.records)!r}; "
                f"{instead(answer.body, drain.request.records)}. Fix `records` under `drain`."
            )
        return found

    def _path(self) -> str:
        return self.drain.request.path.replace("{id}", quote(self.identity(), safe=""))

    def _arguments(self) -> dict[str, Any]:
        arguments = dict(self.drain.request.arguments)
        if self.drain.identity_param:
            arguments[self.drain.identity_param] = self.identity()
        return arguments

    def identity(self) -> str:
        found = self.holder[0].at(self.drain.identity)
        if found is None or found.landed is None:
            raise SourceContractError(
                f"{self.label}: a record whose nested list is longer than its answer has nothing "
                f"at {'.'.join(self.drain.identity)!r}, by which the rest is asked for; "
                f"{instead(self.holder[0], self.drain.identity)}. Fix `drain`."
            )
        return found.landed
