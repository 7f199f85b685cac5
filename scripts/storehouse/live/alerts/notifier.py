"""The notifier of live: raises and clears alerts of lanes, and sends all that is due."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread

from storehouse.alerts.declaration import read_alert_settings
from storehouse.alerts.lanes import known_rules, note_lane
from storehouse.alerts.state import opened
from storehouse.core.config import Settings
from storehouse.live.alerts.comparing import Comparing
from storehouse.live.alerts.sending import Sending, stop

_LOOK_SECONDS = 0.05
_STOPPED = "live was stopped"
_REPLAYED = "live replays the log on nothing"


@contextmanager
def notifying(
    settings: Settings,
    lanes: Callable[[], Sequence[str]],
    environ: Mapping[str, str],
    *,
    note: Callable[[str], None],
    replayed: bool = False,
) -> Iterator[None]:
    """Raise, clear and send alerts while the block runs, in threads of their own.

    The caller holds the locks of `lanes()`, which a hand-over may change. Lanes that are `replayed`
    raise none: they do not know all of the shop. `note` is told what goes wrong. Raises ConfigError
    for an alerts.yml that can't be used.
    """
    alert_settings = read_alert_settings(settings)
    if replayed:
        with opened(settings) as con:
            for lane in lanes():
                if rules := known_rules(con, lane):
                    note_lane(con, lane, {_REPLAYED: rules}, now=_now())
        yield
        return
    comparing = Comparing(settings, alert_settings, lanes, now=_now, note=note)
    senders = [
        Sending(settings, alert_settings, target, now=_now, environ=environ, note=note)
        for target in alert_settings.targets
    ]
    if senders:
        with suppress(ImportError):  # each message says that it is missing
            importlib.import_module("apprise")  # takes half a second
    over = Event()
    looking = Thread(
        target=_look, args=(comparing, senders, over), name="alerts of lanes", daemon=True
    )
    for thread in (*senders, looking):
        thread.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
        stop(senders)


def _look(comparing: Comparing, senders: Sequence[Sending], over: Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        _wake(senders, comparing.poll())
    _wake(senders, comparing.stop(_STOPPED))


def _wake(senders: Sequence[Sending], has_news: bool) -> None:
    for sender in senders if has_news else ():
        sender.wake()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
