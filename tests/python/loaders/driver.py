"""Run one load under the lock, as a process of its own: python -m loaders.driver ROOT.

With a second argument `unprivileged` it first gives up the rights of root. It does so
after all imports: the interpreter may lie where only root can read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from loaders.project import Project, utc_now
from storehouse.core.errors import StorehouseError
from storehouse.core.lock import hold
from storehouse.core.progress import Silent
from storehouse.landing.load import load

_NOBODY = 65534


def drop_rights() -> None:
    """Become a user who may do what file modes say, and no more.

    A small load before it makes Python import what it imports late.
    """
    with TemporaryDirectory() as folder:
        trial = Project(Path(folder))
        trial.declare("s", t={"columns": ["a"]})
        trial.deliver("s/t/1.csv", "a\n1\n")
        trial.deliver("s/t/2.csv", "")
        trial.load()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    status = Path("/proc/self/status").read_bytes()
    if b"CapEff:\t0000000000000000" not in status:
        raise SystemExit("rights could not be dropped")


def main(root: Path) -> int:
    settings = Project(root).settings()
    try:
        with hold(settings, "load"):
            load(settings, progress=Silent(), now=utc_now).raise_for_problems()
    except StorehouseError as error:
        print(error)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    if sys.argv[2:] == ["unprivileged"]:
        drop_rights()
    sys.exit(main(Path(sys.argv[1])))
