"""API keys: a file of names and SHA-256 hashes.

Once the file exists, requests need a key, even if all keys in it were revoked. A key is 256
random bits, so a slow password hash would add nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from storehouse.core.errors import ConfigError

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
    keys = read_keys(file)
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a valid name for a key. "
            "Use up to 64 letters, digits, '.', '_', '@' or '-'."
        )
    if name in {key.name for key in keys}:
        raise ConfigError(f"Key {name!r} already exists. Revoke it, or choose another name.")
    key = f"sh_{secrets.token_urlsafe(32)}"
    _write(file, (*keys, ApiKey(name, now().isoformat(timespec="seconds"), _hash(key))))
    return key


def revoke_key(file: Path, name: str) -> None:
    """Raises ConfigError where there is no such key."""
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


def _write(file: Path, keys: tuple[ApiKey, ...]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".tmp")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(json.dumps([asdict(key) for key in keys], indent=2), encoding="utf-8")
    aside.replace(file)
