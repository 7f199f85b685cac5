"""What readers of one kind saw, held against what each build was recorded to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

import httpx

from storehouse.core.errors import ProofError
from storehouse.prove.readers.kinds import PROGRAM, Reading
from storehouse.prove.readers.swapping import LANE

_EXAMPLES = 3
# Errors by which a client finds that its server is away; all others come from an answer.
_OF_CONNECTION = (
    ConnectionError,
    TimeoutError,
    httpx.NetworkError,
    httpx.TimeoutException,
    httpx.RemoteProtocolError,  # the answer was cut
)


@dataclass(frozen=True)
class Failed:
    """A reading that failed, and when, by time.monotonic.

    `since` is when its connection was opened, which is kept from reading to reading: what a server
    had sent before it was killed may be read long after. `is_of_connection` if the server could not
    be reached, or has not answered to the end.
    """

    error: str
    since: float
    ended: float
    is_of_connection: bool = False

    @classmethod
    def by(cls, error: Exception, since: float, ended: float) -> Failed:
        said = f"{type(error).__name__}: {error}"
        return cls(said, since, ended, isinstance(error, _OF_CONNECTION))


@dataclass
class Tally:
    """Readings of a kind of reader: all, those of each build, those that failed or mixed builds.

    `compared` are those of which something was known before; they and `builds` leave out the
    further lane (swapping.py), of which readers see each file often. `excused` failed while their
    server was killed and started again, and count among no others.
    """

    kind: str
    readings: int = 0
    failed: int = 0
    mixed: int = 0
    compared: int = 0
    excused: int = 0
    builds: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def count(self, seen: Reading | Failed, recorded: Mapping[str, Mapping[str, Any]]) -> None:
        """A reading, or why it failed."""
        self.readings += 1
        if isinstance(seen, Failed):
            self.failed += 1
            self._show(seen.error)
            return
        snapshot = str(seen["build_id"])
        build_id, _, _ = snapshot.partition("@")
        figures = {name: value for name, value in seen.items() if name != "build_id"}
        said, was_known = self._known(snapshot, figures, recorded)
        if f"@{LANE}:" not in snapshot:
            self.compared += was_known
            self.builds[build_id] = self.builds.get(build_id, 0) + 1
        wrong = [name for name, value in figures.items() if value != said.get(name)]
        if wrong:
            self.mixed += 1
            self._show(
                f"build {snapshot}: "
                + ", ".join(f"{name} {seen[name]} instead of {said.get(name)}" for name in wrong)
            )

    def _known(
        self,
        snapshot: str,
        figures: Mapping[str, Any],
        recorded: Mapping[str, Mapping[str, Any]],
    ) -> tuple[Mapping[str, Any], bool]:
        """What a reading must say, and whether that was known before."""
        del figures
        said = recorded.get(snapshot, {})
        return said, bool(said)

    def _show(self, example: str) -> None:
        if len(self.examples) < _EXAMPLES:
            self.examples.append(example)


@dataclass
class Consistent(Tally):
    """Readings of builds whose figures nobody has recorded: all of one must say the same.

    `said` is shared by kinds whose figures have the same names only if they mean the same.
    """

    said: InitVar[dict[str, dict[str, Any]] | None] = None

    def __post_init__(self, said: dict[str, dict[str, Any]] | None) -> None:
        self._said = {} if said is None else said

    def _known(
        self,
        snapshot: str,
        figures: Mapping[str, Any],
        recorded: Mapping[str, Mapping[str, Any]],
    ) -> tuple[Mapping[str, Any], bool]:
        del recorded
        said = self._said.setdefault(snapshot, {})
        was_known = bool(figures.keys() & said.keys())
        for name, value in figures.items():
            said.setdefault(name, value)
        return said, was_known


def consistent(kinds: Iterable[str]) -> dict[str, Tally]:
    """One of each kind. Programs ask the same files the same, so they share what was said."""
    of_programs: dict[str, dict[str, Any]] = {}
    return {
        kind: Consistent(kind, said=of_programs if kind.startswith(PROGRAM) else {})
        for kind in kinds
    }


def blind(kinds: Iterable[Tally]) -> list[str]:
    """The kinds that saw no two builds, between which nothing could be mixed."""
    return [one.kind for one in kinds if len(one.builds) < 2]  # noqa: PLR2004


def not_compared(kinds: Iterable[Tally]) -> list[str]:
    """The kinds whose readings were held against nothing."""
    return [one.kind for one in kinds if not one.compared]


@dataclass(frozen=True)
class ReadersProof:
    """What readers of each kind saw while builds were published.

    Where live was on: by lane, how many files of now it wrote meanwhile (`swaps`), how many of them
    were `opened`, and how many of these showed an older build or event than one before.
    """

    builds: int
    kinds: Sequence[Tally]
    seconds: float
    swaps: Mapping[str, int] = field(default_factory=dict)
    opened: Mapping[str, int] = field(default_factory=dict)
    went_back: Mapping[str, int] = field(default_factory=dict)

    def raise_for_problems(self) -> None:
        """Raise ProofError if a reading failed or mixed builds, or a file of now went back.

        Also if a kind saw one build only, or none of its readings was compared.
        """
        wrong = [one for one in self.kinds if one.failed or one.mixed]
        if wrong:
            raise ProofError(
                f"The proof of readers failed over {self.builds} builds.\n"
                + "".join(
                    f"  {one.kind}: {one.failed} of {one.readings} readings failed, "
                    f"{one.mixed} mixed builds: {example}\n"
                    for one in wrong
                    for example in one.examples[:1]
                )
                + "docs/prove.md says what is read; repeat it with --keep to look at the files."
            )
        if any(self.went_back.values()):
            raise ProofError(
                f"Files of now went back to an older build or event: {dict(self.went_back)}. "
                "Repeat it with --keep, and look at the log of live."
            )
        if idle := [lane for lane, count in self.swaps.items() if not count]:
            raise ProofError(
                f"The proof of readers proved nothing about {', '.join(idle)}: no file of now was "
                "written meanwhile. Repeat it with more --builds."
            )
        for nothing, why in (
            (blind(self.kinds), "saw no two builds"),
            (not_compared(self.kinds), "saw nothing twice"),
        ):
            if nothing:
                raise ProofError(
                    f"The proof of readers proved nothing about {', '.join(nothing)}: they {why}. "
                    "Repeat it with more --builds."
                )
