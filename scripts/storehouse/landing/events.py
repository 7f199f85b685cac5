"""Landing the events of the log, source by source, and removing what all sources have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storehouse.core.errors import ConfigError
from storehouse.core.guard import guarded
from storehouse.landing import load_states
from storehouse.landing.context import Run
from storehouse.landing.streams.portions import PortionLoad
from storehouse.log.bases import states_of_base
from storehouse.log.event_log import EventLog
from storehouse.log.opening import LogAddress
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.declaration import EventTable, event_tables
from storehouse.sources.events.offsets import STREAM, offset_in
from storehouse.sources.events.source import EventSource
from storehouse.sources.portion import Window


def load_events(
    run: Run,
    address: LogAddress,
    taking: Mapping[str, Sequence[EventTable]],
    environ: Mapping[str, str],
    window: Window,
) -> None:
    """Land what the log has for the sources in `taking`; errors go into the run's report.

    Raises LoadError if the warehouse can't be written.
    """
    if not (taking and address.exists):
        return
    with guarded(run.errors, "Event log"), address.opened() as log:
        for name, tables in taking.items():
            with guarded(run.errors, f"Source {name}, event log"):
                PortionLoad(run, EventSource(name, tables, log)).run_all(environ, window)
        log.trim(address.retention, _read_by_all(run, log, taking), run.now())


def _read_by_all(run: Run, log: EventLog, taking: Mapping[str, object]) -> int:
    """The lowest offset of a source that is on, or was on and may be again.

    The base of the speed layer may be older than what has landed since.
    """
    states = load_states.read_all(run.con, STREAM)
    on = {name for name in run.settings.sources if name in taking or _may_take(run, name)}
    others = (offset_in(log, state) for name, state in states.items() if name not in on)
    based = states_of_base(run.settings.home)
    return min(
        *(offset_in(log, states.get(name)) or 0 for name in on),
        *(offset_in(log, state) or 0 for state in based.values()),
        *(offset for offset in others if offset is not None),
        log.end(),
    )


def _may_take(run: Run, source: str) -> bool:
    """Whether a source that this load leaves out has tables that take events."""
    try:
        return bool(event_tables(read_source_entry(run.settings, source)))
    except ConfigError:
        return True
