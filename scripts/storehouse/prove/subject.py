"""A warehouse that a proof builds step by step, and what it must equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.progress import Progress
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.dbt_runs import MODELS_ONLY, DbtRuns
from storehouse.prove.homes import copy_warehouse
from storehouse.prove.proof import Comparison


@dataclass(frozen=True)
class Subject:
    """The home `incremental` below `folder`, and copies of it to compare with.

    `settings` are those of all its homes, except their paths. `seed` is None if nothing is random.
    `build` is the dbt command that builds it.
    """

    seed: int | None
    folder: Path
    settings: Settings
    dbt: DbtRuns
    progress: Progress
    variables: Mapping[str, Any]
    rng: Random
    build: Sequence[str] = ("build", *MODELS_ONLY)
    failures: list[str] = field(default_factory=list)

    def home(self, name: str, sources: Sequence[str] = ()) -> Settings:
        """A home of that name; all of them read the same inbox."""
        return replace(
            self.settings,
            home=self.folder / name,
            inbox=self.folder / "inbox",
            sources=tuple(sources) or self.settings.sources,
        )

    def run(self, home: Settings, *arguments: str) -> None:
        for failure in self.dbt.run(home, *arguments, variables=self.variables):
            whose = "" if self.seed is None else f"seed {self.seed}: "
            self.failures.append(f"{whose}dbt {' '.join(arguments)}: {failure}")

    def run_again(self) -> Iterator[Comparison]:
        """Check that a second run without new data changes nothing."""
        before = self._copy("before")
        self.run(self.home("incremental"), *self.build)
        yield from self.compared(before, "a second run")

    def refresh(self, name: str, against: str, sources: Sequence[str] = ()) -> Iterator[Comparison]:
        """Check that a full refresh of a copy, which keeps its snapshots, changes nothing."""
        refreshed = self._copy(name, sources)
        self.run(refreshed, *self.build, "--full-refresh")
        yield from self.compared(refreshed, against)

    def compared(
        self,
        other: Settings,
        name: str,
        left_out: Mapping[str, str] | None = None,
        only: Mapping[str, str] | None = None,
    ) -> Iterator[Comparison]:
        self.progress.advance(1, name)
        there = Other(name, other.warehouse, left_out or {}, only or {})
        yield from compare_warehouses(self.seed, self.home("incremental").warehouse, there)

    def _copy(self, name: str, sources: Sequence[str] = ()) -> Settings:
        origin, home = self.home("incremental"), self.home(name, sources)
        copy_warehouse(origin, home)
        return home
