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
from storehouse.core.guard import unexpected
from storehouse.live.alerts.comparing import Comparing
from storehouse.live.alerts.sending import Sending

_LOOK_SECONDS = 0.05
_RETRY_SECONDS = 1.0
_STOPPED = "live was stopped"
_REPLAYED = "live replays the log on nothing"


@contextmanager
def notifying(
    settings: Settings,
    lanes: Sequence[str],
    environ: Mapping[str, str],
    *,
    note: Callable[[str], None],
    replayed: bool = False,
) -> Iterator[None]:
    """Raise, clear and send alerts while the block runs, in threads of their own.

    The caller holds the locks of `lanes`. Lanes that are `replayed` raise none: they do not know
    all of the shop. `note` is told what goes wrong. Raises ConfigError for an alerts.yml that can't
    be used.
    """
    alert_settings = read_alert_settings(settings)
    if replayed:
        with opened(settings) as con:
            for lane in lanes:
                note_lane(con, lane, known_rules(con, lane), now=_now(), problem=_REPLAYED)
        yield
        return
    comparing = Comparing(settings, alert_settings, lanes, now=_now)
    senders = [
        Sending(settings, alert_settings, target, now=_now, environ=environ, note=note)
        for target in alert_settings.targets
    ]
    if senders:
        with suppress(ImportError):  # each message says that it is missing
            importlib.import_module("apprise")  # takes half a second
    over = Event()
    looking = Thread(
        target=_look, args=(comparing, senders, over, note), name="alerts of lanes", daemon=True
    )
    for thread in (*senders, looking):
        thread.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
        for sender in senders:
            sender.stop()


def _look(
    comparing: Comparing,
    senders: Sequence[Sending],
    over: Event,
    note: Callable[[str], None],
) -> None:
    said = None
    while not over.wait(_LOOK_SECONDS if said is None else _RETRY_SECONDS):
        said = _tried(comparing.poll, senders, note, said)
    _tried(lambda: comparing.stop(_STOPPED), senders, note, said)


def _tried(
    compare: Callable[[], bool],
    senders: Sequence[Sending],
    note: Callable[[str], None],
    said: str | None,
) -> str | None:
    """Compare, and wake those that send; returns what went wrong, which is said once."""
    try:
        has_news = compare()
    except Exception as error:  # noqa: BLE001  # lanes and targets go on, and it is tried again
        problem = str(unexpected("evaluating alerts of lanes", error))
        if problem != said:
            note(f"{problem.rstrip('.')}. It is tried again.")
        return problem
    if has_news:
        for sender in senders:
            sender.wake()
    return None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
