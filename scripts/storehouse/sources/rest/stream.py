"""One resource of a REST source as a stream of portions, one page each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.sources.portion import Landed, Portion, State, Window
from storehouse.sources.rest.declaration import Resource
from storehouse.sources.rest.draining import Drained, drained, inside
from storehouse.sources.rest.filters import Filter
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.key_scan import KeyScan
from storehouse.sources.rest.page_reader import PageReader
from storehouse.sources.rest.pages import Pages, Read
from storehouse.sources.rest.passes import (
    Memory,
    Pass,
    Place,
    fresh_pass,
    goes_on,
    is_beside,
    recalled,
    scope,
)
from storehouse.sources.rest.paths import Matched, instead
from storehouse.sources.rest.records import Chain, Node, Rows, Shape, rows, without_nulls
from storehouse.sources.rest.stated_length import TOO_DEEP


@dataclass
class RestStream:
    """Reads `resource` within `window`; see sources.portion.Stream."""

    http: Http
    resource: Resource
    window: Window
    now: Callable[[], datetime]
    _new_names: dict[str, set[str]] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)
    _matched: Matched = field(default_factory=Matched)
    _outside: int = 0
    _records: int = 0

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def ahead(self) -> int:
        """Zero: a page is stored before the next one is requested."""
        return 0

    def reset(self, state: State) -> State:
        memory, _ = self._recalled(state)
        fresh = fresh_pass(memory, Window(full=True), self.resource, self.now())
        stopped = memory.under_way
        if stopped and goes_on(stopped, Window(full=True), fresh):
            fresh = stopped
        return replace(memory, since=None, swept_at=None, under_way=fresh).state()

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        memory, is_part = self._recalled(state)
        self._matched = Matched(set(memory.matched))
        incremental = self.resource.incremental
        fresh = fresh_pass(memory, self.window, self.resource, self.now())
        under_way = memory.under_way
        if under_way and not is_part and goes_on(under_way, self.window, fresh):
            memory = yield from self._pass(memory, under_way)
            # The pass may have begun long ago, so a plain load also reads what changed since. If
            # its end is uncertain, the next load looks for it again.
            is_done = incremental is None or self.window != Window() or bool(memory.unsure)
            again = fresh_pass(memory, self.window, self.resource, self.now())
            memory = memory if is_done else (yield from self._pass(memory, again))
        else:
            beside = is_part or is_beside(under_way, fresh)
            memory = yield from self._pass(memory, fresh, beside=beside)
        if self._is_key_scan_due(memory):
            yield self._scan_keys(memory, landed)

    def _recalled(self, state: State | None) -> tuple[Memory, bool]:
        """The memory as far as it is still valid, and whether only a part may be read beside it.

        After a change of the declaration all is read again, except by a load of a part.
        """
        declared = scope(self.resource)
        memory = recalled(state, declared)
        if memory.scope == declared:
            return memory, False
        is_part = bool(self.window.since or self.window.until)
        began = memory.since is not None or memory.under_way is not None
        if self.resource.incremental and began:
            when = (
                "the next load that asks for no part reads all records"
                if is_part
                else ("all records are read")
            )
            self._notes.append(
                f"{self.resource.label}: the declaration of its request has changed: {when} again."
            )
        if is_part:
            return memory, True
        return Memory(declared, swept_at=memory.swept_at), False

    def _pass(
        self, memory: Memory, one: Pass, *, beside: bool = False
    ) -> Generator[Portion, None, Memory]:
        """The portions of a pass; returns the memory after it, unchanged if it was `beside`."""
        incremental = self.resource.incremental
        length = incremental.window if incremental else None
        windows = list(one.windows(length))
        self._outside = self._records = 0
        for number, (start, end) in enumerate(windows):
            place = one.place if one.place.window == start else Place(window=start)
            applied = self._filter(start, end, one)
            for read in self._pages(applied, place):
                if one.started_at is None:
                    one = replace(one, started_at=one.started(self.now(), read.answer.date))
                is_last = read.place is None and number == len(windows) - 1
                following = read.place or Place(window=None if is_last else windows[number + 1][0])
                notes = [*self._notes, *read.notes]
                self._notes = []
                rest, unsure = self._drained(read, notes)
                unsure += [read.unsure] if read.unsure else []
                marks = {mark if mark == TOO_DEEP else f"{start} {mark}" for mark in unsure}
                one = replace(one, place=following, unsure=one.unsure | marks)
                memory = replace(memory, matched=frozenset(self._matched.ever))
                if not beside:
                    memory = replace(memory, under_way=one)
                if is_last and not beside:
                    overlap = incremental.overlap if incremental else timedelta(0)
                    memory = memory.ended(overlap)
                    if one.moves and memory.unsure:
                        notes.append(
                            f"{self.resource.label}: the watermark was not moved, since the end of "
                            "the list is not certain: the next load requests the same again."
                        )
                yield self._portion(read, applied, memory, is_last, rest=rest, notes=notes)
        return memory

    def _filter(self, start: datetime | None, end: datetime | None, one: Pass) -> Filter | None:
        incremental = self.resource.incremental
        if incremental is None:
            return None
        if end is None and incremental.fills_until:
            end = one.ends_at + timedelta(days=1)
        return Filter(incremental, start, end)

    def _pages(self, applied: Filter | None, place: Place) -> Pages:
        one = self.resource
        more = applied.arguments() if applied else {}
        version = one.key
        if one.key and one.incremental and one.incremental.column not in one.key:
            version = (*one.key, one.incremental.column)
        reader = PageReader(
            self.http, one.label, one.request, one.shape, version, more, self._matched
        )
        return Pages(reader, place)

    def _portion(
        self,
        read: Read,
        applied: Filter | None,
        memory: Memory,
        is_last: bool,
        *,
        rest: Sequence[Drained],
        notes: list[str],
    ) -> Portion:
        if applied is None and (self.window.since or self.window.until):
            notes.append(
                f"{self.resource.label}: it declares no `incremental` filter, so --since and "
                "--until do not narrow it: all of it was read."
            )
        parsed = without_nulls(read.records, read.rows, self.resource.shape)
        tables = {self.name: parsed.table}
        notes += self._noted(read, self.name, read.records, parsed)
        for name, nested in self.resource.nested.items():
            inner = self._inside(read, nested.shape.below, rest)
            parsed = self._rows(read, inner, nested.shape)
            notes += self._noted(read, name, inner, parsed)
            if inner:
                tables[name] = parsed.table
        if applied:
            notes += self._unfiltered(applied, tables[self.name], is_last)
        return Portion(read.request, tables, memory.state(), tuple(notes))

    def _unfiltered(self, applied: Filter, landed: pa.Table, is_last: bool) -> list[str]:
        """At the end of a pass, a note on records outside the filter."""
        self._records += landed.num_rows
        self._outside += applied.outside(landed[applied.declared.column].to_pylist())
        if not (is_last and self._outside):
            return []
        note = (
            f"{self.resource.label}: {self._outside:,} of {self._records:,} records lie "
            f"outside the filter {applied.arguments()}: the server did not filter, or not as "
            "declared. They have landed; fix `incremental`."
        )
        return [note]

    def _drained(self, read: Read, notes: list[str]) -> tuple[list[Drained], list[str]]:
        """The rest of the nested lists that a page holds only in part, outer lists first.

        Also returns where the end of a list is uncertain; see Read.unsure.
        """
        rest: list[Drained] = []
        unsure: list[str] = []
        drains = [(name, one.drain) for name, one in self.resource.nested.items() if one.drain]
        for name, drain in sorted(drains, key=lambda one: len(one[1].below)):
            label = f"{self.resource.label}, {name}"
            for holder in self._inside(read, drain.holder, rest):
                one = drained(self.http, label, holder, drain, self._matched)
                rest += [one.found] if one.found else []
                notes += one.notes
                unsure += [f"{name} {one.unsure}"] if one.unsure else []
        return rest, unsure

    def _inside(self, read: Read, below: tuple[str, ...], rest: Sequence[Drained]) -> list[Chain]:
        try:
            return inside(read.records, below, rest)
        except (ValueError, RecursionError) as error:
            raise self._unread(read, ".".join(below), error) from None

    def _rows(self, read: Read, found: Sequence[Chain], shape: Shape) -> Rows:
        try:
            return without_nulls(found, rows(found, shape), shape)
        except (ValueError, RecursionError) as error:
            raise self._unread(read, ".".join(shape.below), error) from None

    def _unread(self, read: Read, where: str, error: Exception) -> SourceContractError:
        return SourceContractError(
            f"{self.resource.label}: {read.request}: the value at {where} can't be read: {error}. "
            "Have it fixed there."
        )

    def _noted(self, read: Read, table: str, found: Sequence[Chain], parsed: Rows) -> list[str]:
        """Notes on undeclared members and null records; raises if a column is missing."""
        count = parsed.table.num_rows
        if parsed.missing:
            first: Node = next(chain[0] for chain in found if chain[0].raw != "null")
            raise SourceContractError(
                f"{self.resource.label}: {read.request}: none of its {count:,} records of {table} "
                f"has {', '.join(parsed.missing)}; {self._has(first)}. Fix `path` of these "
                "columns, or declare them `optional: true`; what came before stays, and the load "
                "resumes there."
            )
        notes = self._new(table, parsed)
        if len(found) > count:
            notes.append(
                f"{self.resource.label}: {read.request}: {len(found) - count:,} of {len(found):,} "
                f"records of {table} are null, and did not land. Have it fixed there."
            )
        return notes

    def _has(self, record: Node) -> str:
        inner = [record.member(name) for name in record.members] if record.is_object else []
        if len(inner) > 1 and all(one and one.is_object for one in inner):
            return "it is an object of records, which is only read if it is a list"
        return instead(record, ())

    def _new(self, table: str, parsed: Rows) -> list[str]:
        """A note on members that no column is declared for, once."""
        known = self._new_names.setdefault(table, set())
        new = [name for name in parsed.new if name not in known]
        known.update(new)
        if not new:
            return []
        named = f"{self.resource.label}: members of {table} that are not declared"
        return [f"{named}: {', '.join(new)}. Their values are in _extra."]

    def _is_key_scan_due(self, memory: Memory) -> bool:
        sweep = self.resource.sweep
        if sweep is None or self.window.since or self.window.until:
            return False
        if memory.swept_at is None:
            return True
        # Also after the clock went back.
        return not timedelta(0) <= self.now() - memory.swept_at < sweep.every

    def _scan_keys(self, memory: Memory, landed: Landed) -> Portion:
        sweep = self.resource.sweep
        if sweep is None:
            raise AssertionError("no sweep is declared")
        begun_at = self.now()
        scan = KeyScan(
            self.http, self.resource, sweep, frozenset(self._matched.ever), memory.fullest
        )
        gone = scan.deletions(landed, begun_at)
        state = replace(memory, swept_at=begun_at, fullest=scan.fullest).state()
        notes = (f"{self.resource.label}: {len(gone):,} are gone.",) if len(gone) else ()
        return Portion(f"key scan of {self.name}", {sweep.into: gone}, state, notes)
