"""How long steps say where they are, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a listener offers. The command line's listener draws a bar or writes log lines."""

    def start(self, title: str, total: int | None) -> None:
        """A step of `total` units begins; None where nobody knows how many."""

    def advance(self, units: int, detail: str = "") -> None:
        """`units` more are done; `detail` says which."""

    def note(self, message: str) -> None:
        """Something worth a line of its own happened."""


class Silent:
    """A listener that hears nothing."""

    def start(self, title: str, total: int | None) -> None:
        pass

    def advance(self, units: int, detail: str = "") -> None:
        pass

    def note(self, message: str) -> None:
        pass
