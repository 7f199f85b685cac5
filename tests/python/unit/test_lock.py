from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from loaders.project import Project
from storehouse.core.errors import LockedError
from storehouse.core.lock import Holder, hold, holder

HOLD = """
import sys
from pathlib import Path
from loaders.project import Project
from storehouse.core.lock import hold
with hold(Project(Path(sys.argv[1])).settings(), "elsewhere"):
    print("held", flush=True)
    sys.stdin.read()
"""

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_the_holder_is_known_while_the_lock_is_held_and_not_after(project: Project) -> None:
    settings = project.settings()
    assert holder(settings) is None
    with hold(settings, "run", now=lambda: NOON):
        assert holder(settings) == Holder(os.getpid(), "run", "2024-05-01T12:00:00Z")
    assert holder(settings) is None


def test_who_wants_the_lock_is_told_who_has_it(project: Project) -> None:
    settings = project.settings()
    with (
        hold(settings, "run", now=lambda: NOON),
        pytest.raises(LockedError, match=rf"process {os.getpid()} \(run\), since 2024-05-01T12"),
        hold(settings, "load"),
    ):
        pass


def test_asking_for_the_holder_leaves_no_trace(project: Project) -> None:
    settings = project.settings()
    holder(settings)
    assert not settings.home.exists()


def test_the_lock_is_free_once_its_holder_was_killed(project: Project) -> None:
    settings = project.settings()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project.root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        found = holder(settings)
        assert found is not None
        assert (found.pid, found.command) == (other.pid, "elsewhere")
        other.send_signal(signal.SIGKILL)
        other.wait(timeout=60)
        assert holder(settings) is None
        with hold(settings, "load"):
            pass
