"""`storehouse api-keys`: who may ask the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import RenderableType

from storehouse.cli.terminal import AsJson, emit
from storehouse.cli.text_tables import text_table
from storehouse.core.config import load_settings
from storehouse.serving.api_keys import ApiKey, add_key, read_keys, revoke_key

app = typer.Typer(help="Keys of those who may ask the API.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="Whose key it is, as finance-sheet.")]


@app.command()
def add(name: Name, as_json: AsJson = False) -> None:
    """Make a key and show it, once: only its hash is kept. From the first on, keys are needed."""
    key = add_key(load_settings().api_keys, name, now=lambda: datetime.now(UTC))
    emit({"name": name, "key": key}, as_json, lambda: key)


@app.command("list")
def listed(as_json: AsJson = False) -> None:
    """List the names of keys and when they were made."""
    keys = read_keys(load_settings().api_keys)
    found = [{"name": key.name, "created_at": key.created_at} for key in keys]
    emit({"keys": found}, as_json, lambda: _table(keys))


@app.command()
def revoke(name: Name, as_json: AsJson = False) -> None:
    """Refuse a key from now on, in servers that run too."""
    revoke_key(load_settings().api_keys, name)
    emit({"revoked": name}, as_json, lambda: f"The key {name} is refused from now on.")


def _table(keys: tuple[ApiKey, ...]) -> RenderableType:
    table = text_table("key", "made (UTC)")
    for key in keys:
        table.add_row(key.name, key.created_at)
    return table if keys else "There are no keys: only this machine can ask."
