"""Some minutes of a living shop: receiver, live, dashboard and a run; and what became of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.progress import Progress
from storehouse.live.player import Account, Pace
from storehouse.live.player.shop_events import SOURCE
from storehouse.prove.homes import scratch_folder
from storehouse.prove.live.agreement import compare_shown, keep_shown
from storehouse.prove.live.home import LiveHome, prepared
from storehouse.prove.live.latency import Acknowledged, Latency
from storehouse.prove.live.traffic import Traffic
from storehouse.prove.live.watch import watching
from storehouse.prove.proof import Comparison
from storehouse.prove.served import serving, started

_DAYS = 180
_SEED = 1
_WAIT_SECONDS = 300


@dataclass(frozen=True)
class Timing:
    """Events a second on average, for how many seconds, and after how many a run starts."""

    rate: float
    seconds: float
    run_after: float


@dataclass(frozen=True)
class LivingShop:
    """What was sent and answered, how soon it was shown, and whether batch and stream agree.

    `lost` are events that were answered with 200 and are not in the log. `run_seconds` is how long
    the run in the middle took; lanes were handed over from and to `builds`. `after_base` is how
    many events the reports that were compared had that no build had.
    """

    account: Account
    lost: int
    latencies: Sequence[Latency]
    builds: Sequence[str]
    run_seconds: float
    quarantined: int
    alerts: Sequence[dict[str, Any]]
    after_base: int
    comparisons: Sequence[Comparison]

    def raise_for_problems(self) -> None:
        """Raise ProofError if an event is lost, or if batch and stream differ."""
        unequal = [one.table for one in self.comparisons if one.differences]
        if self.lost or unequal or not self.comparisons:
            raise ProofError(
                f"{self.lost} acknowledged events are not in the log; of {len(self.comparisons)} "
                f"reports {len(unequal)} differ between batch and stream: {', '.join(unequal)}. "
                "Repeat it with --keep, and look at the home."
            )


def living_shop(
    settings: Settings,
    *,
    orders: int,
    timing: Timing,
    keep: bool,
    progress: Progress,
) -> LivingShop:
    """Let a sample shop live for a while, in a home of its own.

    What is started is ended at last, whatever happens. Raises ProofError if something fails.
    """
    with scratch_folder(keep, progress) as folder:
        progress.start("A shop with some months behind it", None)
        wanted = int(timing.rate * timing.seconds * 1.1)
        home = prepared(settings, folder, orders=orders, days=_DAYS, events=wanted, seed=_SEED)
        logs, environ = home.logs, home.environ
        with (
            serving("receive", environ, log=logs / "receive.log") as receiver,
            started("live", environ, log=logs / "live.log"),
            serving("dashboard", environ, log=logs / "dashboard.log") as dashboard,
        ):
            progress.note(f"The shop is at {dashboard}/now until all is sent.")
            return _lived(home, f"{receiver}/webhooks/{SOURCE}", timing, progress)


def _lived(home: LiveHome, url: str, timing: Timing, progress: Progress) -> LivingShop:
    heard = Acknowledged()
    with watching(home.settings) as watch:
        progress.start(f"Events for {timing.seconds:,.0f} s", None)
        account, run_seconds = _played(home, url, timing, heard)
        progress.start("What batch and stream say", None)
        with home.log.opened() as log:
            watch.wait_for(log.end(), home.build_id, seconds=_WAIT_SECONDS)
            kept = keep_shown(home.settings, home.logs.parent / "shown")
            builds = sorted({one for shown in watch.lanes.values() for one in shown.builds})
            home.storehouse("run")
            return LivingShop(
                account,
                lost=len(heard.lost(log)),
                latencies=tuple(heard.latencies(log, watch.lanes)),
                builds=builds,
                run_seconds=run_seconds,
                quarantined=kept.quarantined,
                alerts=home.storehouse("alerts")["alerts"],
                after_base=kept.after_base,
                comparisons=tuple(compare_shown(kept, home.settings.warehouse, "the batch")),
            )


def _played(home: LiveHome, url: str, timing: Timing, heard: Acknowledged) -> tuple[Account, float]:
    """Send the events, and run meanwhile; how long that took."""
    pace = Pace(timing.rate, timing.seconds)
    with Traffic(home, url, pace, heard.hear) as traffic:
        traffic.wait(timing.run_after)
        begun = time.monotonic()
        home.storehouse("run")
        run_seconds = time.monotonic() - begun
        return traffic.account(), run_seconds
