"""`storehouse api-keys`: keys for the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from storehouse.cli.terminal import AsJson, emit
from storehouse.cli.text_tables import text_table
from storehouse.core.config import load_settings
from storehouse.serving.api_keys import ApiKey, add_key, read_keys, revoke_key

app = typer.Typer(help="Manage the keys of the API.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="A name for the key, as finance-sheet.")]


@app.command()
def add(name: Name, as_json: AsJson = False) -> None:
    """Create a key and print it once; only its hash is stored.

    From then on every request needs a key, even after all are revoked, until the file
    api_keys.json is deleted.
    """
    key = add_key(load_settings().api_keys, name, now=lambda: datetime.now(UTC))
    emit({"name": name, "key": key}, as_json, lambda: key)


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List keys by name, with the time they were created."""
    file = load_settings().api_keys
    keys = read_keys(file)
    found = [{"name": key.name, "created_at": key.created_at} for key in keys]
    emit({"keys": found}, as_json, lambda: _table(keys, file))


@app.command()
def revoke(name: Name, as_json: AsJson = False) -> None:
    """Revoke a key, at once also for running servers."""
    revoke_key(load_settings().api_keys, name)
    emit({"revoked": name}, as_json, lambda: f"Key {name} is revoked.")


def _table(keys: tuple[ApiKey, ...], file: Path) -> RenderableType:
    if not file.exists():
        return "No key has been created: only this machine has access."
    if not keys:
        return (
            "All keys have been revoked, so every request is rejected. Create a key, or delete "
            f"{file} to give this machine access without one."
        )
    table = text_table("key", "created (UTC)")
    for key in keys:
        table.add_row(key.name, key.created_at)
    return table
