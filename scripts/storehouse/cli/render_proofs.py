"""Results of proofs on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from storehouse.cli.text_tables import text_table

if TYPE_CHECKING:
    from storehouse.prove import Comparison, Proof
    from storehouse.prove.live.processes_proof import ProcessesProof
    from storehouse.prove.readers.tally import ReadersProof, Tally

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


def compared(found: Sequence[Comparison]) -> RenderableType:
    """Tables that were compared once each."""
    table = text_table("table", "compared with", *_COUNTS, left=2)
    for one in found:
        counts = (f"{getattr(one, count):,}" for count in _COUNTS)
        table.add_row(one.table, one.against, *counts)
    examples = (f"{one.table}: {example}" for one in found for example in one.examples)
    return Group(table, *examples)


def processes(found: ProcessesProof) -> RenderableType:
    killed = ", ".join(f"{what} {count:,}" for what, count in sorted(found.killed.items()))
    back = ", ".join(f"{lane} {count:,}" for lane, count in sorted(found.went_back.items()))
    return Group(
        compared(found.comparisons),
        _tallies(found.kinds),
        f"Killed: {killed}. Lanes were handed over {found.hand_overs:,} times.",
        f"{found.acknowledged:,} events were acknowledged: {found.lost:,} are not in the log, "
        f"{found.missing_rows:,} rows are not in the warehouse.",
        f"Files of now that showed an older build or event than one before: {back}; of "
        f"{sum(found.opened.values()):,} that were opened. Lanes wrote "
        f"{sum(found.swaps.values()):,}.",
        f"Alerts on {found.raised.expected:,} large orders were expected: {found.raised.missing:,} "
        f"did not come, {found.raised.other:,} came on others; {found.raised.repeats:,} messages "
        "were repeated.",
        f"{found.account.total:,} events were sent; {found.seconds:.0f} s in all.",
    )


def readers(found: ReadersProof) -> RenderableType:
    said = [f"{found.builds:,} builds published in {found.seconds:.0f} s."]
    if found.swaps:
        lanes = ", ".join(f"{lane} {count:,}" for lane, count in sorted(found.swaps.items()))
        back = sum(found.went_back.values())
        said.append(
            f"Lanes were handed over to each, and wrote {sum(found.swaps.values()):,} files of now "
            f"({lanes}), {sum(found.swaps.values()) / found.seconds:.1f} a second; of "
            f"{sum(found.opened.values()):,} that were opened {back:,} showed an older build or "
            "event than one before."
        )
    return Group(_tallies(found.kinds), *said)


def _tallies(kinds: Sequence[Tally]) -> RenderableType:
    table = text_table(
        "readers", "readings", "builds seen", "compared", "failed", "mixed builds", "server killed"
    )
    for one in kinds:
        counts = (
            one.readings, len(one.builds), one.compared, one.failed, one.mixed, one.excused
        )  # fmt: skip
        table.add_row(one.kind, *(f"{count:,}" for count in counts))
    examples = (f"{one.kind}: {example}" for one in kinds for example in one.examples)
    return Group(table, *examples)
