"""Reading streams in parallel: threads read, the loading thread stores."""

from __future__ import annotations

import queue
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Semaphore, Thread

from storehouse.core.errors import SourceUnavailable
from storehouse.sources.portion import Landed, Portion, State, Stream

# After so many streams in a row that can't reach their source, it counts as unavailable.
_UNAVAILABLE = 2

# How long to wait for a stopped stream; its thread ends with its next answer.
_JOIN_SECONDS = 5


@dataclass(frozen=True)
class Ended:
    """A stream ended, with `error` if it failed.

    `is_cut` means that its source became unavailable before it was read to its end.
    """

    error: BaseException | None = None
    is_cut: bool = False


def merged(
    streams: Sequence[Stream],
    states: Mapping[str, State | None],
    landed: Landed,
    parallel: int,
    given_up: Collection[str] = (),
) -> Generator[tuple[Stream, Portion | Ended], None, None]:
    """The portions of all streams as they arrive, `parallel` streams at a time.

    A stream that fails stops only itself; if two in a row find their source unavailable, nothing
    more is read, and all streams that have not ended are cut. Streams that are added to
    `given_up` meanwhile are stopped. Closing the iterator stops all threads.
    """
    waiting = list(reversed(streams))
    outcomes: queue.SimpleQueue[tuple[_Reader, Portion | Ended]] = queue.SimpleQueue()
    stop = Event()
    threads: list[Thread] = []
    running = unavailable = 0
    try:
        while running or (waiting and not stop.is_set()):
            while waiting and running < parallel and not stop.is_set():
                stream = waiting.pop()
                if stream.name in given_up:
                    continue
                room = Semaphore(stream.ahead)
                state = states[stream.name]
                reader = _Reader(stream, state, landed, outcomes, stop, given_up, room)
                threads.append(Thread(target=reader.run, name=stream.name, daemon=True))
                threads[-1].start()
                running += 1
            if not running:
                break
            reader, outcome = outcomes.get()
            if isinstance(outcome, Portion):
                unavailable = 0
            else:
                running -= 1
                is_unavailable = isinstance(outcome.error, SourceUnavailable)
                unavailable = unavailable + 1 if is_unavailable else 0
                if unavailable == _UNAVAILABLE:
                    stop.set()
            yield reader.stream, outcome
            reader.room.release()
        for stream in reversed(waiting):
            yield stream, Ended(is_cut=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join(_JOIN_SECONDS)


@dataclass(frozen=True)
class _Reader:
    stream: Stream
    state: State | None
    landed: Landed
    outcomes: queue.SimpleQueue[tuple[_Reader, Portion | Ended]]
    stop: Event
    given_up: Collection[str]
    room: Semaphore

    def run(self) -> None:
        try:
            ended = Ended(is_cut=not self._read())
        except BaseException as error:  # noqa: BLE001  the loading thread must not wait for ever
            ended = Ended(error)
        self.outcomes.put((self, ended))

    def _read(self) -> bool:
        """Whether the stream was read to its end."""
        portions = self.stream.portions(self.state, self.landed)
        try:
            for portion in portions:
                if self._is_stopped():
                    return False
                self.outcomes.put((self, portion))
                while not self.room.acquire(timeout=0.1):
                    if self._is_stopped():
                        return False
            return True
        finally:
            if isinstance(portions, Generator):
                portions.close()

    def _is_stopped(self) -> bool:
        return self.stop.is_set() or self.stream.name in self.given_up
