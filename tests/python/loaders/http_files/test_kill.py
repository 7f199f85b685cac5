"""kill -9 while files are fetched, at any moment: the next load has them, once."""

from __future__ import annotations

import random
import signal
import subprocess
from contextlib import suppress

import pytest

from loaders.http_files.web import Hosted, Web, zipped
from loaders.rest.server import Reply

CONTENT = "a,b\n" + "".join(f"{i},x{i % 7}\n" for i in range(20_000))

# A load that says when each step of putting the file in its place is next.
STOPPED = """
import os, sys, signal
from pathlib import Path
from loaders import driver
step, real = int(sys.argv[2]), Path.replace
done = []
def replace(self, target):
    done.append(target)
    if len(done) == step:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace = replace
sys.exit(driver.main(Path(sys.argv[1])))
"""


@pytest.fixture
def zipped_web(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    web.declare({"path": "t.zip"})
    web.api.routes["/files/t.zip"] = Hosted(zipped(t__csv=CONTENT))
    monkeypatch.setenv("S_URL", web.api.address + "/files")
    return web


def all_landed(web: Web) -> None:
    web.load().raise_for_problems()
    found = web.project.query("select count(*), count(distinct a), sum(_row_number) from raw_s.t")
    assert found == [(20_000, 20_000, 200_010_000)]
    assert web.fetched == CONTENT.encode()
    assert web.left() == [".t.csv.json", "t.csv"]
    assert web.project.query("select count(*) from ops.loads") == [(1,)]


@pytest.mark.parametrize("step", [1, 2])
def test_a_kill_between_file_and_note_leaves_neither_half(zipped_web: Web, step: int) -> None:
    process = zipped_web.project.run(str(step), code=STOPPED)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (zipped_web.folder / "t.csv").exists() == (step == 2)
    assert not (zipped_web.folder / ".t.csv.json").exists()
    all_landed(zipped_web)
    assert zipped_web.conditions() == [(False, False)] * 2


# Asks for everything anew, and stops by kill -9 where the first answer would be kept.
FULL = """
import os, signal, sys
from pathlib import Path
from loaders.project import Project, utc_now
from storehouse.landing.load import load
from storehouse.core.progress import Silent
from storehouse.sources.portion import Window
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
settings = Project(Path(sys.argv[1])).settings()
load(settings, progress=Silent(), now=utc_now, window=Window(full=True))
"""


def test_files_that_a_killed_full_load_had_not_fetched_are_asked_for_anew(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S_URL", web.api.address + "/files")
    web.declare(others={"u": {"path": "u.csv"}})
    web.api.routes["/files/u.csv"] = Hosted(b"a,b\n1,x\n")
    web.load().raise_for_problems()
    web.api.requests.clear()
    process = web.project.run(code=FULL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    web.load().raise_for_problems()
    assert web.conditions() == [(False, False)] * 3


def test_a_kill_amid_an_answer_leaves_nothing_that_lands(zipped_web: Web) -> None:
    zipped_web.api.faults = [Reply(zipped(t__csv=CONTENT), then="drip")]
    process = zipped_web.project.run()
    while not (zipped_web.folder / ".unfinished.t.csv").exists():
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)
    all_landed(zipped_web)


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_a_random_moment_loses_and_doubles_nothing(zipped_web: Web, seed: int) -> None:
    process = zipped_web.project.run()
    while not zipped_web.api.requests:
        assert process.poll() is None
    with suppress(subprocess.TimeoutExpired):
        process.wait(random.Random(seed).uniform(0, 0.3))
    process.kill()
    process.communicate(timeout=60)
    all_landed(zipped_web)
