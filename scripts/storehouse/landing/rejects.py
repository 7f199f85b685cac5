"""The folder rejected/: why a file did not land, or which rows were quarantined, for people.

`<source>/<table>/<file>.refused.json` exists as long as the file is refused; `….rows.json`
belongs to the last version of the file that landed. Quarantined rows are kept permanently in
ops.rejected_rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from storehouse.core.display import readable, safe_json
from storehouse.sources.files.delivery import BadRow, writing

_TEXT_SHOWN = 2000

# Limits of file systems, in bytes; some allow less.
_LONGEST_NAME = 255
_LONGEST_PATH = 1000
_KEPT = 100


@dataclass(frozen=True)
class Rejects:
    """The part of rejected/ that belongs to one table."""

    folder: Path

    def refuse(
        self, file: str, reason: str, advice: str, bad_rows: Sequence[BadRow], at: datetime
    ) -> None:
        """Write why a file was refused."""
        _write(self._path(file, "refused"), _content(file, reason, advice, bad_rows, at))

    def quarantine(self, file: str, bad_rows: Sequence[BadRow], at: datetime) -> None:
        """Write which rows of a landed file were quarantined; without rows, remove the file."""
        path = self._path(file, "rows")
        if bad_rows:
            reason = f"rows quarantined, as declared: {sum(bad.rows for bad in bad_rows)}"
            advice = "fix these lines and deliver the file again"
            _write(path, _content(file, reason, advice, bad_rows, at))
        else:
            _remove(path)

    def keep_only(self, refused: Collection[str]) -> None:
        """Remove the notes on files that are no longer refused."""
        kept = {self._path(file, "refused") for file in refused}
        for path in sorted(self.folder.rglob("*.refused.json")):
            if path not in kept:
                _remove(path)

    def _path(self, file: str, kind: str) -> Path:
        """A name too long for the ending is replaced by its beginning and a hash of it all."""
        ending = f".{kind}.json"
        path = self.folder / f"{file}{ending}"
        longest = max(len(part.encode()) for part in _unfinished(path).parts)
        if longest <= _LONGEST_NAME and len(str(path)) < _LONGEST_PATH:
            return path
        begun = Path(file).name.encode()[:_KEPT].decode(errors="ignore")
        return self.folder / f"{begun}-{sha256(file.encode()).hexdigest()[:16]}{ending}"


def _content(
    file: str, reason: str, advice: str, bad_rows: Sequence[BadRow], at: datetime
) -> dict[str, object]:
    return {
        "file": file,
        "reason": reason,
        "advice": advice,
        "rejected_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "lines": [
            {"line": bad.line, "reason": readable(bad.reason), "text": bad.text[:_TEXT_SHOWN]}
            for bad in bad_rows
        ],
    }


def _write(path: Path, content: dict[str, object]) -> None:
    unfinished = _unfinished(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, indent=2)
        unfinished.write_text(safe_json(text) + "\n", encoding="utf-8")
        unfinished.replace(path)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def _remove(path: Path) -> None:
    with writing(path):
        path.unlink(missing_ok=True)
