"""What a living shop whose processes were killed has shown, and what of that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storehouse.core.errors import ProofError
from storehouse.live.player import Account
from storehouse.prove.live.killing import API, DASHBOARD, Processes
from storehouse.prove.live.raised import Raised, wrong
from storehouse.prove.proof import Comparison
from storehouse.prove.readers.tally import Failed, Tally

# Errors that say what a server has answered.
_ANSWERED = ("HTTPStatusError", "ValueError")


@dataclass(frozen=True)
class ProcessesProof:
    """What was sent, killed, handed over and read, and what differs at the end.

    `lost` are events that were answered with 200 and are not in the log, `missing_rows` rows of
    the others that are not in the warehouse. `went_back` counts, by lane, files that showed an
    older build or event than one before, `swaps` all files that a lane wrote.
    """

    account: Account
    acknowledged: int
    lost: int
    missing_rows: int
    killed: Mapping[str, int]
    hand_overs: int
    went_back: Mapping[str, int]
    swaps: Mapping[str, int]
    raised: Raised
    kinds: Sequence[Tally]
    comparisons: Sequence[Comparison]
    seconds: float

    def raise_for_problems(self) -> None:
        """Raise ProofError if something was lost, differs, failed or is torn, or went back."""
        unequal = [one.table for one in self.comparisons if one.differences]
        found = {
            "acknowledged events are not in the log": self.lost,
            "rows of acknowledged events are not in the warehouse": self.missing_rows,
            "readings failed": sum(one.failed for one in self.kinds),
            "readings were torn": sum(one.mixed for one in self.kinds),
            "files of now went back": sum(self.went_back.values()),
            **wrong(self.raised),
            f"tables differ ({', '.join(unequal)})": len(unequal),
        }
        problems = [f"{count:,} {what}" for what, count in found.items() if count]
        if problems:
            raise ProofError(
                f"The proof of processes failed: {'; '.join(problems)}. Repeat it with --keep, and "
                "look at the home and its logs."
            )
        if not self.comparisons or not self.acknowledged:
            raise ProofError("The proof of processes compared nothing.")


def is_excused(processes: Processes, kind: str, failed: Failed) -> bool:
    """Whether a reader's server was killed, or not ready again, since its reading before.

    What a server has answered is never excused.
    """
    server = next((one for one in (API, DASHBOARD) if kind.startswith(one)), None)
    if server is None or failed.error.startswith(_ANSWERED):
        return False
    return processes.was_away(server, failed.since, failed.ended)
