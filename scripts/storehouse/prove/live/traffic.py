"""Events that are sent to a receiver, in a thread, while something else happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import Self

from storehouse.core.errors import ProofError
from storehouse.core.progress import Silent
from storehouse.live.player import Account, Pace, play
from storehouse.live.player.targets import Hear
from storehouse.prove.live.home import LiveHome


class Traffic:
    """Sends a home's events, as long as the block or until all are sent.

    Without a URL they are appended to its log.
    """

    def __init__(self, home: LiveHome, url: str | None, pace: Pace, hear: Hear) -> None:
        self._home, self._url, self._pace, self._hear = home, url, pace, hear
        self._over = Event()
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        pace = Pace(self._pace.rate, self._pace.seconds, self._over.is_set)
        home = self._home
        self._playing = self._pool.submit(
            play, home.settings, home.environ, home.events, seed=1, url=self._url, pace=pace,
            progress=Silent(), hear=self._hear,
        )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._pool.shutdown()

    def raise_if_over(self, when: str) -> None:
        """Raise ProofError if all is sent; whatever ended it early is raised."""
        if self._playing.done():
            sent = self._playing.result().total
            raise ProofError(f"All {sent:,} events were sent before {when}. Repeat with more.")

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is over."""
        wait([self._playing], timeout=seconds)

    def end(self) -> Account:
        """Stop sending; what was sent and answered. Raises SourceUnavailable."""
        self._over.set()
        return self._playing.result()

    def account(self) -> Account:
        """Once all is sent, or the time is over. Raises SourceUnavailable."""
        return self._playing.result()
