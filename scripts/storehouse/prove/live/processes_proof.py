"""What a living shop whose processes were killed has shown, and what of that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storehouse.core.errors import ProofError
from storehouse.live.player import Account
from storehouse.prove.live.killing import ALL, API, DASHBOARD, Processes
from storehouse.prove.live.raised import Raised, wrong
from storehouse.prove.proof import Comparison
from storehouse.prove.readers.tally import Failed, Tally, not_compared


@dataclass(frozen=True)
class ProcessesProof:
    """What was sent, killed, handed over and read, and what differs at the end.

    `lost` are events that were answered with 200 and are not in the log, `missing_rows` rows of
    the others that are not in the warehouse. `went_back` counts, by lane, files that showed an
    older build or event than one before, of those that were `opened`; `swaps` are all that a lane
    wrote.
    """

    account: Account
    acknowledged: int
    lost: int
    missing_rows: int
    killed: Mapping[str, int]
    hand_overs: int
    went_back: Mapping[str, int]
    opened: Mapping[str, int]
    swaps: Mapping[str, int]
    raised: Raised
    kinds: Sequence[Tally]
    comparisons: Sequence[Comparison]
    seconds: float

    def raise_for_problems(self) -> None:
        """Raise ProofError if something was lost, differs, failed or is torn, or went back.

        Also if one of these was not tried.
        """
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
        not_tried = [what for what, was_tried in self._tried().items() if not was_tried]
        if not_tried:
            raise ProofError(
                f"The proof of processes proved nothing about some of it: {'; '.join(not_tried)}. "
                "Repeat it with more --orders, --rounds or --readers."
            )

    def _tried(self) -> Mapping[str, bool]:
        """Whether there was anything of what is judged, by what it says if there was not."""
        return {
            "no event was acknowledged": bool(self.acknowledged),
            "no row was compared": any(one.rows for one in self.comparisons),
            "no alert on a large order was expected": bool(self.raised.expected),
            "no lane was handed over": self.hand_overs > 0,
            **{f"no {name} was killed": bool(self.killed.get(name)) for name in ALL},
            **{
                f"no reading was compared with an earlier one by readers of {kind}": False
                for kind in not_compared(self.kinds)
            },
        }


def is_excused(processes: Processes, kind: str, failed: Failed) -> bool:
    """Whether a reader's server was killed, or not ready again, since its connection was opened.

    Only errors of the connection are excused, never what a server has answered.
    """
    server = next((one for one in (API, DASHBOARD) if kind.startswith(one)), None)
    if server is None or not failed.is_of_connection:
        return False
    return processes.was_away(server, failed.since, failed.ended)
