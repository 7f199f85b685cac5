"""Results of proofs on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from storehouse.cli.text_tables import text_table

if TYPE_CHECKING:
    from storehouse.prove import Comparison, Proof
    from storehouse.prove.readers.tally import ReadersProof

_COUNTS = ("rows", "surplus", "missing")


def _seed(seed: int | None) -> str:
    return "" if seed is None else f"seed {seed}, "


def proof(found: Proof) -> RenderableType:
    table = text_table("table", "compared with", "seeds", "rows", "surplus", "missing", left=2)
    alike: dict[tuple[str, str], list[Comparison]] = {}
    for one in found.comparisons:
        alike.setdefault((one.table, one.against), []).append(one)
    for (name, against), ones in alike.items():
        totals = (sum(getattr(one, count) for one in ones) for count in _COUNTS)
        table.add_row(name, against, str(len(ones)), *(f"{total:,}" for total in totals))
    examples = [
        f"{one.table}, {_seed(one.seed)}compared with {one.against}: {example}"
        for one in found.unequal
        for example in one.examples
    ]
    return Group(
        table,
        *examples,
        *(f"Not compared: {reason}" for reason in found.left_out),
        f"{len(found.comparisons)} comparisons in {found.seconds:.0f} s, "
        f"{len(found.unequal)} differ, {len(found.failures)} runs or tests failed.",
    )


def readers(found: ReadersProof) -> RenderableType:
    table = text_table("readers", "readings", "builds seen", "failed", "mixed builds")
    for one in found.kinds:
        counts = (one.readings, len(one.builds), one.failed, one.mixed)
        table.add_row(one.kind, *(f"{count:,}" for count in counts))
    return Group(
        table,
        *(f"{one.kind}: {example}" for one in found.kinds for example in one.examples),
        f"{found.builds:,} builds published in {found.seconds:.0f} s.",
    )
