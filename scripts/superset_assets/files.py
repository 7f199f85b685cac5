"""The assets of a project: generated from dbt's artifacts, and as they stand in bi/superset/."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from storehouse.core.config import Settings, project_variables
from storehouse.core.errors import ConfigError
from superset_assets.bundle import assets
from superset_assets.datasets import Currency


def folder(settings: Settings) -> Path:
    """Where the generated files are kept."""
    return settings.project_dir / "bi" / "superset" / "assets"


def generated(settings: Settings) -> dict[str, str]:
    """The assets by dbt's artifacts in the target folder. Raises ConfigError."""
    declared = yaml.safe_load((folder(settings).parent / "dashboard.yml").read_text("utf-8"))
    return assets(
        _artifact(settings, "manifest.json"),
        _artifact(settings, "semantic_manifest.json"),
        declared,
        _currency(settings),
    )


def kept(settings: Settings) -> dict[str, str]:
    """The files as they are."""
    top = folder(settings)
    return {
        str(file.relative_to(top)): file.read_text("utf-8") for file in sorted(top.rglob("*.yaml"))
    }


def changed_files(settings: Settings, files: Mapping[str, str]) -> list[str]:
    """Names of files that are missing, different or no longer generated."""
    present = kept(settings)
    names = sorted(present.keys() | files.keys())
    return [name for name in names if present.get(name) != files.get(name)]


def write(settings: Settings, files: Mapping[str, str]) -> None:
    for name in changed_files(settings, files):
        file = folder(settings) / name
        if name in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(files[name], "utf-8")
        else:
            file.unlink()


def _artifact(settings: Settings, name: str) -> dict[str, Any]:
    file = settings.target_dir / name
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file} is not there. Run `dbt parse` and try again.") from error
    return found


def _currency(settings: Settings) -> Currency:
    variables = project_variables(settings.project_dir / "dbt_project.yml")
    code = variables["reporting_currency_code"]
    with (settings.project_dir / "seeds" / "currencies.csv").open(encoding="utf-8") as stream:
        digits = {row["currency_code"]: row["minor_unit_digits"] for row in csv.DictReader(stream)}
    if code not in digits:
        raise ConfigError(
            f"vars.reporting_currency_code in dbt_project.yml is {code!r}, which seeds/"
            "currencies.csv does not have. Name one that it has."
        )
    return Currency(code, int(digits[code]))
