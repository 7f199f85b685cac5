"""What readers of one kind saw, held against what each build was recorded to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storehouse.core.errors import ProofError
from storehouse.prove.readers.kinds import Reading

_EXAMPLES = 3


@dataclass(frozen=True)
class Failed:
    """A reading that failed, and when, by time.monotonic.

    Between `since`, when the reading before it had ended, and `ended` a connection may have been
    cut that is kept from reading to reading.
    """

    error: str
    since: float
    ended: float


@dataclass
class Tally:
    """Readings of a kind of reader: all, those of each build, those that failed or mixed builds.

    `excused` failed while their server was killed and started again.
    """

    kind: str
    readings: int = 0
    failed: int = 0
    mixed: int = 0
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
        build_id = str(seen["build_id"])
        self.builds[build_id] = self.builds.get(build_id, 0) + 1
        said = recorded.get(build_id, {})
        wrong = [name for name in seen if name != "build_id" and seen[name] != said.get(name)]
        if wrong:
            self.mixed += 1
            self._show(
                f"build {build_id}: "
                + ", ".join(f"{name} {seen[name]} instead of {said.get(name)}" for name in wrong)
            )

    def _show(self, example: str) -> None:
        if len(self.examples) < _EXAMPLES:
            self.examples.append(example)


@dataclass
class Consistent(Tally):
    """Readings of builds whose figures nobody has recorded: all of one must say the same."""

    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self, seen: Reading | Failed, recorded: Mapping[str, Mapping[str, Any]]) -> None:
        del recorded
        if not isinstance(seen, Failed):
            said = self.said.setdefault(str(seen["build_id"]), {})
            for name, value in seen.items():
                said.setdefault(name, value)
        super().count(seen, self.said)


@dataclass(frozen=True)
class ReadersProof:
    """What readers of each kind saw while builds were published.

    Where live was on: by lane, how many files of now it wrote meanwhile, and how many of them
    showed an older build or event than one before.
    """

    builds: int
    kinds: Sequence[Tally]
    seconds: float
    swaps: Mapping[str, int] = field(default_factory=dict)
    went_back: Mapping[str, int] = field(default_factory=dict)

    def raise_for_problems(self) -> None:
        """Raise ProofError if a reading failed or mixed builds, or a kind saw one build only.

        Also if a file of now went back.
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
        blind = [one.kind for one in self.kinds if len(one.builds) < 2]  # noqa: PLR2004
        if blind:
            raise ProofError(
                f"The proof of readers proved nothing about {', '.join(blind)}: they saw no two "
                "builds. Repeat it with more --builds."
            )
