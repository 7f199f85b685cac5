"""`storehouse api-keys`: keys for the API."""

from __future__ import annotations

from datetime import UTC, datetime
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

    Once a key exists, every request needs one.
    """
    key = add_key(load_settings().api_keys, name, now=lambda: datetime.now(UTC))
    emit({"name": name, "key": key}, as_json, lambda: key)


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List keys by name, with the time they were created."""
    keys = read_keys(load_settings().api_keys)
    found = [{"name": key.name, "created_at": key.created_at} for key in keys]
    emit({"keys": found}, as_json, lambda: _table(keys))


@app.command()
def revoke(name: Name, as_json: AsJson = False) -> None:
    """Revoke a key, at once also for running servers."""
    revoke_key(load_settings().api_keys, name)
    emit({"revoked": name}, as_json, lambda: f"Key {name} is revoked.")


def _table(keys: tuple[ApiKey, ...]) -> RenderableType:
    table = text_table("key", "created (UTC)")
    for key in keys:
        table.add_row(key.name, key.created_at)
    return table if keys else "There are no keys: only this machine has access."
