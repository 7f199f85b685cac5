"""The data files in a zip, and the names under which they land."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError
from storehouse.sources.files.discovery import is_left_behind
from storehouse.sources.rest.retries import RetryableError

_ENCRYPTED = 0x1
# File systems take names of at most 255 bytes.
_LONGEST = 150
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises RetryableError for a zip that is damaged, SourceContractError for one that can't be
    unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except UnicodeDecodeError as error:
        raise RetryableError(
            f"a name in its zip is not UTF-8, as it says ({error.reason})"
        ) from None
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError, struct.error,
            ValueError, OverflowError) as error:  # fmt: skip
        raise RetryableError(f"its zip is damaged or cut ({error})") from None
    except (NotImplementedError, RuntimeError) as error:
        raise SourceContractError(f"its zip can't be unpacked ({error})") from None


def data_files(archive: zipfile.ZipFile, ending: str, name: str) -> dict[str, zipfile.ZipInfo]:
    """The members that end in `ending`, by the names that they land under.

    A single file lands as `name`; several have their own names in the middle of it. Files left by
    operating systems are skipped. Raises SourceContractError.
    """
    found = [one for one in archive.infolist() if _is_data(one, ending)]
    if not found:
        raise SourceContractError(
            f"its zip holds 0 files that end in {ending}; have it packed as declared, or declare "
            "what it packs"
        )
    if locked := [one.filename for one in found if one.flag_bits & _ENCRYPTED]:
        raise SourceContractError(
            f"'{brief(locked[0])}' in its zip is encrypted; have it packed without a password"
        )
    if len(found) == 1:
        return {name: found[0]}
    named: dict[str, zipfile.ZipInfo] = {}
    for one in found:
        own = _NO_NAME.sub("_", one.filename[: -len(ending)]).strip("_")[-_LONGEST:] or "_"
        landed_name = f"{name.removesuffix(ending)}.{own}{ending}"
        if landed_name in named:
            raise SourceContractError(
                f"its zip holds '{brief(named[landed_name].filename)}' and "
                f"'{brief(one.filename)}', which can't be told apart; have each packed "
                "once, under a name of its own"
            )
        named[landed_name] = one
    return named


def _is_data(member: zipfile.ZipInfo, ending: str) -> bool:
    path = member.filename.replace("\\", "/").lstrip("/")
    steps = [step for step in path.split("/") if step not in (".", "..")]
    return path.lower().endswith(ending) and not is_left_behind("/".join(steps))
