"""Two minutes of a living shop: receiver, live and dashboard, and an account of them.

    python scripts/demo_live.py [--seconds 120] [--run-after 60] [--rate 40] [--json]

Builds a sample shop but for its last weeks, in a home of its own. Then a sender posts these weeks'
events, signed and with the troubles that events have; in the middle, a run builds what has arrived.
At the end it says how the events were answered, how soon they were shown, which alerts are open,
and whether the reports of now equal those that the batch builds of the same events, row by row.
Everything listens on this machine only, on free ports, and is ended at last, also by Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
from types import FrameType
from typing import NoReturn

from storehouse.cli import render, render_live
from storehouse.cli.terminal import emit, err
from storehouse.core.config import load_settings
from storehouse.core.errors import StorehouseError
from storehouse.prove.live.demo import Timing, living_shop


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120, help="how long events are sent")
    parser.add_argument("--run-after", type=float, help="seconds until the run; default: half")
    parser.add_argument("--rate", type=float, default=40, help="events a second on average")
    parser.add_argument("--orders", type=int, default=2000, help="size of the shop")
    parser.add_argument("--keep", action="store_true", help="keep the home, and print where it is")
    parser.add_argument("--json", action="store_true", help="the account as JSON")
    asked = parser.parse_args()
    run_after = asked.seconds / 2 if asked.run_after is None else asked.run_after
    signal.signal(signal.SIGTERM, _ended)
    try:
        with render.listener(err) as progress:
            found = living_shop(
                load_settings(),
                orders=asked.orders,
                timing=Timing(asked.rate, asked.seconds, run_after),
                keep=asked.keep,
                progress=progress,
            )
        emit(found, asked.json, lambda: render_live.living_shop(found))
        found.raise_for_problems()
    except StorehouseError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit("Ended; nothing goes on.") from None


def _ended(_number: int, _frame: FrameType | None) -> NoReturn:
    """As Ctrl-C does: what was started is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
