"""dbt's manifest, kept for the next run of exactly the same code.

dbt keeps what it has parsed in `target/partial_parse.msgpack`, but parses everything again in a
home that was moved or copied, since the warehouse then has another path. Here that file is
identified by `parse_hash`, written beside it with the file's own sha256. If either differs, dbt
parses in its own way. If the project was elsewhere, dbt would look for its seeds there: the file is
removed.
"""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from storehouse.building.code_hash import parse_hash

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PARSED = "partial_parse.msgpack"
PARSED_FROM = "parsed_from.json"

# The arguments that parsing depends on; others select nodes or say how they run.
_PARSED_WITH = ("--vars", "--target", "-t", "--profile", "--project-dir", "--profiles-dir")


class KeptParse:
    """The kept manifest in the target folder of one run of dbt with `arguments` and `environ`.

    None is kept or used if the arguments or the environment set how dbt parses, or if the project
    has its files in folders that `parse_hash` does not read; `hash` is then None.
    """

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        options = ArgumentParser(allow_abbrev=False, add_help=False)
        for name in _PARSED_WITH:
            options.add_argument(name)
        found, others = options.parse_known_args(arguments)
        self._project = Path(found.project_dir or ".")
        self._place = str(self._project.resolve())
        self._target = Path(environ.get("DBT_TARGET_PATH", self._project / "target"))
        self._environ = environ
        self._parsed_with = [f"{name}={value}" for name, value in sorted(vars(found).items())]
        self._is_usual = (
            not any("partial-parse" in one or "static-parser" in one for one in others)
            and not any(name.startswith("DBT_PARTIAL_PARSE") for name in environ)
            and _has_usual_folders(self._project)
        )
        self.hash = self._parse_hash()

    def manifest(self) -> Manifest | None:
        """The manifest of this code; None if it has to be parsed."""
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415  # slow
        from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

        try:
            known = self._known()
            if known.get("project") != self._place:
                (self._target / PARSED).unlink(missing_ok=True)
                return None
            content = (self._target / PARSED).read_bytes()
            if self.hash is None or known != self._record(self.hash, content):
                return None
            manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
        except (OSError, ValueError):
            return None
        manifest.metadata.generated_at = datetime.now(UTC).replace(tzinfo=None)
        manifest.build_parent_and_child_maps()  # type: ignore[no-untyped-call]
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]
        return manifest

    def keep(self, *, whole: bool) -> None:
        """Record where the parse in dbt's file was made, and of which code if it is `whole`.

        It is of no known code if a file has changed meanwhile.
        """
        code = self.hash if whole and self.hash == self._parse_hash() else None
        with suppress(OSError):  # a command of dbt that parses nothing
            content = (self._target / PARSED).read_bytes()
            (self._target / PARSED_FROM).write_text(json.dumps(self._record(code, content)))

    def _known(self) -> dict[str, Any]:
        try:
            found = json.loads((self._target / PARSED_FROM).read_bytes())
        except (FileNotFoundError, ValueError):
            found = None
        return found if isinstance(found, dict) else {}

    def _record(self, code: str | None, content: bytes) -> dict[str, str | None]:
        parsed = hashlib.sha256(content).hexdigest()
        return {"project": self._place, "code": code, "parsed": parsed}

    def _parse_hash(self) -> str | None:
        if not self._is_usual:
            return None
        return parse_hash(self._project, self._environ, self._parsed_with)


def _has_usual_folders(project: Path) -> bool:
    try:
        settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(settings, dict) and not any(
        str(name).endswith(("-path", "-paths")) for name in settings
    )
