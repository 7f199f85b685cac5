"""API keys: a file of names and SHA-256 hashes.

Once the file exists, requests need a key, even if all keys in it were revoked. A key is 256
random bits, so a slow password hash would add nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from storehouse.core.errors import ConfigError
from storehouse.serving.published_files import sync

_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True)
class ApiKey:
    name: str
    created_at: str
    sha256: str = field(repr=False)


def read_keys(file: Path) -> tuple[ApiKey, ...]:
    """The keys, oldest first; none where there is no file. Raises ConfigError."""
    try:
        return tuple(ApiKey(**one) for one in json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{file} can't be read: {error}. Restore it, or delete it and create all keys again."
        ) from error


def add_key(file: Path, name: str, *, now: Callable[[], datetime]) -> str:
    """Create a key and return it; only its hash is stored.

    Raises ConfigError for a name that is taken or invalid.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a valid name for a key. "
            "Use up to 64 letters, digits, '.', '_', '@' or '-'."
        )
    key = f"sh_{secrets.token_urlsafe(32)}"
    with _locked(file):
        keys = read_keys(file)
        if name in {key.name for key in keys}:
            raise ConfigError(f"Key {name!r} already exists. Revoke it, or choose another name.")
        _write(file, (*keys, ApiKey(name, now().isoformat(timespec="seconds"), _hash(key))))
    return key


def revoke_key(file: Path, name: str) -> None:
    """Raises ConfigError where there is no such key."""
    with _locked(file):
        keys = read_keys(file)
        kept = tuple(key for key in keys if key.name != name)
        if len(kept) == len(keys):
            known = ", ".join(key.name for key in keys) or "none"
            raise ConfigError(f"There is no key {name!r}. Keys: {known}.")
        _write(file, kept)


def is_valid(file: Path, key: str) -> bool:
    """Whether it is one of the keys in the file as it is now."""
    hashed = _hash(key)
    return any(secrets.compare_digest(hashed, known.sha256) for known in read_keys(file))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Changes of the file, one at a time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(file: Path, keys: tuple[ApiKey, ...]) -> None:
    """Replace the file in one step; a crash leaves the old one or the new one."""
    with tempfile.NamedTemporaryFile(  # readable by its owner only
        "w", encoding="utf-8", dir=file.parent, prefix=f".{file.stem}-", delete=False
    ) as temporary:
        json.dump([asdict(key) for key in keys], temporary, indent=2)
        temporary.flush()
        os.fsync(temporary.fileno())
    Path(temporary.name).replace(file)
    sync(file.parent)
