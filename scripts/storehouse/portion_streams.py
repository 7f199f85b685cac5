"""Reading streams beside each other: threads ask, the loading thread stores."""

from __future__ import annotations

import queue
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Semaphore, Thread

from storehouse.sources.portion import Landed, Portion, State, Stream

# A stopped stream is waited for so long; its thread ends with its next answer.
_PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Ended:
    """A stream came to its end, by `error` where it did not end well."""

    error: Exception | None = None


def merged(
    streams: Sequence[Stream],
    states: Mapping[str, State | None],
    landed: Landed,
    parallel: int,
) -> Generator[tuple[Stream, Portion | Ended], None, None]:
    """The portions of all streams as they come, `parallel` streams at a time.

    After the first error nothing more is asked for. Closing the iterator stops all threads.
    """
    waiting = list(reversed(streams))
    outcomes: queue.SimpleQueue[tuple[_Reader, Portion | Ended]] = queue.SimpleQueue()
    stop = Event()
    threads: list[Thread] = []
    running = 0
    try:
        while running or (waiting and not stop.is_set()):
            while waiting and running < parallel and not stop.is_set():
                stream = waiting.pop()
                room = Semaphore(stream.ahead)
                reader = _Reader(stream, states[stream.name], landed, outcomes, stop, room)
                threads.append(Thread(target=reader.run, name=stream.name, daemon=True))
                threads[-1].start()
                running += 1
            reader, outcome = outcomes.get()
            if isinstance(outcome, Ended):
                running -= 1
                if outcome.error:
                    stop.set()
            yield reader.stream, outcome
            reader.room.release()
    finally:
        stop.set()
        for thread in threads:
            thread.join(_PATIENCE_SECONDS)


@dataclass(frozen=True)
class _Reader:
    stream: Stream
    state: State | None
    landed: Landed
    outcomes: queue.SimpleQueue[tuple[_Reader, Portion | Ended]]
    stop: Event
    room: Semaphore

    def run(self) -> None:
        try:
            self._read()
        except Exception as error:  # noqa: BLE001  the loading thread raises it
            self.outcomes.put((self, Ended(error)))
        else:
            self.outcomes.put((self, Ended()))

    def _read(self) -> None:
        portions = self.stream.portions(self.state, self.landed)
        try:
            for portion in portions:
                if self.stop.is_set():
                    return
                self.outcomes.put((self, portion))
                while not self.room.acquire(timeout=0.1):
                    if self.stop.is_set():
                        return
        finally:
            if isinstance(portions, Generator):
                portions.close()
