"""Group commit: one commit of the log takes all events that wait for it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from storehouse.log.event_log import EventLog
from storehouse.log.events import DeadLetter, Event

# For how long a failed commit makes the receiver unhealthy.
_FAILED_SECONDS = 10


class GroupCommit:
    """Writes to a log for many callers of one event loop.

    While one group is being written, the next gathers: under load a sync of the disk is shared by
    all who wait.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._waiting: list[tuple[Event | DeadLetter, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "event-log")
        self._task: asyncio.Task[None] | None = None
        self._failed_at = float("-inf")
        self.groups = 0

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Write what still waits, and end."""
        while self._waiting:
            await asyncio.wait([future for _, future in self._waiting])
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._writer.shutdown()

    @property
    def is_failing(self) -> bool:
        return time.monotonic() - self._failed_at < _FAILED_SECONDS

    async def write(self, one: Event | DeadLetter) -> None:
        """Return once it is durable. Raises what the log raises."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        self._wake.set()
        await future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            group, self._waiting = self._waiting, []
            if group:
                written = loop.run_in_executor(self._writer, self._write, [one for one, _ in group])
                try:
                    await written
                except Exception as error:  # noqa: BLE001  each caller gets it
                    self._failed_at = time.monotonic()
                    _end(group, error)
                else:
                    self._failed_at = float("-inf")
                    self.groups += 1
                    _end(group, None)

    def _write(self, group: list[Event | DeadLetter]) -> None:
        events = [one for one in group if isinstance(one, Event)]
        letters = [one for one in group if isinstance(one, DeadLetter)]
        if events:
            self._log.append(events)
        if letters:
            self._log.bury(letters)


def _end(
    group: list[tuple[Event | DeadLetter, asyncio.Future[None]]], error: Exception | None
) -> None:
    for _, future in group:
        if future.done():  # its caller has gone away
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
