"""How long steps report their progress, independent of who displays it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """The interface of a listener. The command line's draws a bar or writes log lines."""

    def start(self, title: str, total: int | None) -> None:
        """A step of `total` units begins; None if the number is unknown."""

    def advance(self, units: int, detail: str = "") -> None:
        """`units` more are done; `detail` describes them."""

    def note(self, message: str) -> None:
        """An event that deserves a line of its own."""


class Silent:
    """A listener that ignores everything."""

    def start(self, title: str, total: int | None) -> None:
        pass

    def advance(self, units: int, detail: str = "") -> None:
        pass

    def note(self, message: str) -> None:
        pass
