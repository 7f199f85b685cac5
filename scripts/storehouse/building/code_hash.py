"""Hashes of everything that can change the result of a dbt unit test or the rows of a model."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import yaml

_FOLDERS = ("functions", "macros", "models", "seeds", "snapshots", "tests")
_DISTRIBUTIONS = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb", "duckdb", "jinja2")
# The location of a home and its files does not affect their content, nor does alerts.yml, nor what
# a shop's server is set to (scripts/servers).
_PLACES = {
    "DBT_LOG_PATH",
    "DBT_TARGET_PATH",
    "STOREHOUSE_ALERTS",
    "STOREHOUSE_EVENTS",
    "STOREHOUSE_HOME",
    "STOREHOUSE_INBOX",
    "STOREHOUSE_RECEIVER",
}
_ALERTS = "alerts.yml"
_ENV_VAR = re.compile(rb"env_var\(\s*['\"](\w+)")


def code_hash(project_dir: Path, environ: Mapping[str, str], arguments: Sequence[str]) -> str:
    """The sha256 of all that a build depends on besides data.

    That is the project's files, the versions of what runs them, dbt's arguments, and the
    environment variables that dbt or the project reads, except paths of a home.
    """
    digest = hashlib.sha256()
    read_by_code: set[str] = set()
    for file in _project_files(project_dir):
        content = file.read_bytes()
        read_by_code.update(name.decode() for name in _ENV_VAR.findall(content))
        _add(digest, file.relative_to(project_dir).as_posix(), content)
    for name in sorted(environ.keys() - _PLACES):
        if name in read_by_code or name.startswith(("DBT_", "STOREHOUSE_")):
            _add(digest, name, environ[name].encode())
    _add_versions(digest)
    for argument in arguments:
        _add(digest, "argument", argument.encode())
    return digest.hexdigest()


def models_hash(project_dir: Path) -> str:
    """The sha256 of what determines the rows of models: their code, seeds and dbt's versions.

    The vars of dbt_project.yml are left out: they are settings, which are compared one by one.
    """
    digest = hashlib.sha256()
    for file in _project_files(project_dir):
        if file.name == "dbt_project.yml":
            project = yaml.safe_load(file.read_text(encoding="utf-8"))
            content = json.dumps({**project, "vars": None}, sort_keys=True).encode()
        else:
            content = file.read_bytes()
        if not file.is_relative_to(project_dir / "tests"):
            _add(digest, file.relative_to(project_dir).as_posix(), content)
    _add_versions(digest)
    return digest.hexdigest()


def _project_files(project_dir: Path) -> Iterator[Path]:
    """dbt's files: those of the project's root, and of its folders without tests/python."""
    yield from (file for file in sorted(project_dir.glob("*.yml")) if file.name != _ALERTS)
    yield from project_dir.glob(".dbtignore")
    for folder in _FOLDERS:
        for file in sorted((project_dir / folder).rglob("*")):
            if file.is_file() and not file.is_relative_to(project_dir / "tests" / "python"):
                yield file


def _add_versions(digest: hashlib._Hash) -> None:
    _add(digest, "python", sys.version.encode())
    for name in _DISTRIBUTIONS:
        _add(digest, name, version(name).encode())


def _add(digest: hashlib._Hash, name: str, content: bytes) -> None:
    """Add a name and content with their lengths, so that different inputs can't collide."""
    digest.update(f"{len(name)} {name} {len(content)} ".encode())
    digest.update(content)
