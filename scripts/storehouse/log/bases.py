"""Where the speed layer's bases are, and which events they still need: see live.layer.bases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Written last.
HEAD = "base.json"


def bases_dir(home: Path) -> Path:
    return home / "live" / "bases"


def newest_base(home: Path) -> Path | None:
    """The folder of the newest base that is whole; None if there is none."""
    return max((file.parent for file in bases_dir(home).glob(f"[0-9]*/{HEAD}")), default=None)


def states_of_base(home: Path) -> dict[str, Any]:
    """The state of each source's stream of events in the newest base; None where it has none."""
    folder = newest_base(home)
    if folder is None:
        return {}
    found = json.loads((folder / HEAD).read_text("utf-8"))
    return dict(found["states"])
