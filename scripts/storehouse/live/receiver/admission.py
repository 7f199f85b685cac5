"""How much the receiver holds in memory: beyond that, senders are asked to wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The most bytes of a body; the most requests at once, and bytes of them; and how many seconds
    a body may take to arrive.
    """

    body: int = 1024 * 1024
    requests: int = 1_000
    bytes: int = 64 * 1024 * 1024
    seconds: float = 10


class Admission:
    """Counts the requests that are being received or wait for the log."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0
        self.open = 0

    def enter(self, size: int) -> bool:
        """Whether a request of `size` bytes may come in; then it must leave again."""
        limits = self._limits
        if self.open >= limits.requests or (self.open and self._bytes + size > limits.bytes):
            return False
        self.open += 1
        self._bytes += size
        return True

    def leave(self, size: int) -> None:
        self.open -= 1
        self._bytes -= size
