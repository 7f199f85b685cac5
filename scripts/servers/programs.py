"""Programs that a server needs: installed once for each lock file, and run with a log."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from servers.postgresql import ServerError

_MARKER = "installed"


@contextmanager
def installing(folder: Path, lock: bytes) -> Iterator[bool]:
    """Whether the block must install what `lock` names into the folder; one process at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    with (folder.parent / f".{folder.name}.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        is_missing = not (marker.exists() and marker.read_bytes() == lock)
        if is_missing:
            marker.unlink(missing_ok=True)
        yield is_missing
        if is_missing:
            marker.write_bytes(lock)


def installed_lock(folder: Path) -> bytes:
    """The lock file that a folder was installed by."""
    return (folder / _MARKER).read_bytes()


def run(
    command: list[str],
    log: Path,
    environ: Mapping[str, str] | None = None,
    *,
    cwd: Path | None = None,
    typed: str = "",
) -> None:
    """Run a command whose output goes to the log; `typed` is typed in. Raises ServerError.

    Where something is typed in it has no terminal, and so reads also a password from there.
    """
    with log.open("ab") as out:
        ended = subprocess.run(
            command,
            cwd=cwd,
            env=environ,
            input=typed.encode(),
            stdout=out,
            stderr=out,
            check=False,
            start_new_session=bool(typed),
        )
    if ended.returncode != 0:
        words = " ".join(Path(word).name for word in command[:3])
        raise ServerError(f"`{words}` ended with {ended.returncode}. {log} says why.")
