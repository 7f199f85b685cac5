"""Delivery while live is on: each target in a thread of its own, so that none waits for another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Event, Thread

from storehouse.alerts.declaration import AlertSettings, Target
from storehouse.alerts.delivery import deliver_to
from storehouse.alerts.watch import time_zones_of
from storehouse.core.config import Settings
from storehouse.core.guard import unexpected

# How often a target's notices are looked at although none is new: quiet hours and the time of the
# digest end, and runs note alerts of theirs.
_LOOK_SECONDS = 10.0
# What a target does not take is sent again after 1, 2, 4, … seconds, at most so many.
_LONGEST_PAUSE_SECONDS = 60.0
# How long all targets together may take for what is left when live stops.
_STOP_SECONDS = 15.0


class Sending(Thread):
    """Sends a target what is due for it, until it is stopped. `note` is told what goes wrong."""

    def __init__(
        self,
        settings: Settings,
        alert_settings: AlertSettings,
        target: Target,
        *,
        now: Callable[[], datetime],
        environ: Mapping[str, str],
        note: Callable[[str], None],
    ) -> None:
        super().__init__(name=f"alerts to {target.name}", daemon=True)
        self._settings, self._alert_settings, self._target = settings, alert_settings, target
        self._time_zones = time_zones_of(settings)
        self._now, self._environ, self._note = now, environ, note
        self._woken = Event()
        self._is_over = self._is_woken_last = False
        self._problem: str | None = None
        self._failures = 0

    def wake(self) -> None:
        """There may be something to send."""
        self._woken.set()

    def end(self) -> None:
        """Send what is being sent, and what it was woken for since; then end."""
        self._is_woken_last = self._woken.is_set()
        self._is_over = True
        self._woken.set()

    def run(self) -> None:
        while not self._is_over:
            self._woken.clear()
            self._send()
            pause = min(2.0 ** (self._failures - 1), _LONGEST_PAUSE_SECONDS)
            self._woken.wait(pause if self._failures else _LOOK_SECONDS)
        if self._is_woken_last:
            self._send()

    def join_until(self, until: float) -> None:
        self.join(max(0.0, until - time.monotonic()))
        if self.is_alive():
            self._note(
                f"Alerts to {self._target.name}: live was stopped while it sent. What that leaves "
                "is sent after the next run, or when live starts again."
            )

    def _send(self) -> None:
        try:
            problem = deliver_to(
                self._settings,
                self._alert_settings,
                self._target,
                time_zones=self._time_zones,
                now=self._now,
                environ=self._environ,
            ).problem
        except Exception as error:  # noqa: BLE001  # it must go on
            problem = str(unexpected("sending them", error))
        self._failures = self._failures + 1 if problem else 0
        if problem and problem != self._problem:
            self._note(f"Alerts to {self._target.name}: {problem}")
        elif self._problem and not problem:
            self._note(f"Alerts to {self._target.name}: it takes messages again.")
        self._problem = problem


def stop(senders: Sequence[Sending], seconds: float = _STOP_SECONDS) -> None:
    """End all at once; what a target takes longer for than `seconds` is left."""
    for sender in senders:
        sender.end()
    until = time.monotonic() + seconds
    for sender in senders:
        sender.join_until(until)
