"""The result of a proof."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from storehouse.core.errors import ConfigError, ProofError

MOST_SEEDS = 1000


@dataclass(frozen=True)
class Comparison:
    """A table of one seed's warehouse, compared with what it must equal, row by row in any order.

    `surplus` rows are only in the warehouse, `missing` rows only in what it is compared with;
    `examples` are some of both.
    """

    seed: int | None
    table: str
    against: str
    rows: int = 0
    surplus: int = 0
    missing: int = 0
    examples: tuple[str, ...] = ()

    @property
    def differences(self) -> int:
        return self.surplus + self.missing


@dataclass(frozen=True)
class Proof:
    """All comparisons; `failures` are runs and data tests that failed.

    `left_out` says what was not compared and why. `again` is the command that repeats a seed.
    """

    name: str
    comparisons: tuple[Comparison, ...]
    failures: tuple[str, ...]
    left_out: tuple[str, ...]
    seconds: float
    again: str

    @property
    def unequal(self) -> tuple[Comparison, ...]:
        return tuple(one for one in self.comparisons if one.differences)

    def raise_for_problems(self) -> None:
        """Raise ProofError if anything differs or failed, or if nothing was compared."""
        if not self.comparisons and not self.failures:
            raise ProofError(f"The proof of {self.name} compared nothing.")
        if not self.unequal and not self.failures:
            return
        seeds = sorted({one.seed for one in self.unequal if one.seed is not None})
        raise ProofError(
            f"The proof of {self.name} failed: {len(self.unequal)} of {len(self.comparisons)} "
            f"comparisons differ{_listed(seeds)}, {len(self.failures)} runs or tests failed.\n"
            + "".join(f"  {failure}\n" for failure in self.failures)
            + f"Repeat it with `{self.again}`; docs/prove.md says how to read a difference."
        )


def _listed(seeds: Iterable[int]) -> str:
    names = ", ".join(map(str, seeds))
    return f" (seeds {names})" if names else ""


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds in `1,2,3`, `1..5` or a mixture. Raises ConfigError."""
    seeds: list[int] = []
    for part in text.split(","):
        named = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", part.strip())
        if named is None:
            raise ConfigError(f"Seeds are written as 1,2,3 or 1..5; {text!r} is neither.")
        first, last = int(named[1]), int(named[2] or named[1])
        if not first <= last < first + MOST_SEEDS:
            raise ConfigError(f"{text!r} names no seed, or more than {MOST_SEEDS}.")
        seeds.extend(range(first, last + 1))
    return tuple(dict.fromkeys(seeds))
