"""`storehouse mirror`: the published build in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli import render
from storehouse.cli.terminal import AsJson, emit, err
from storehouse.core.config import MIRROR_URL, load_settings
from storehouse.core.errors import ConfigError

if TYPE_CHECKING:
    from storehouse.serving.mirror.mirror import Mirrored


def mirror(
    *,
    url: Annotated[
        str,
        typer.Option(
            envvar=MIRROR_URL,
            show_default=False,
            help="The database, as postgresql://user@host/name; a password is better given in "
            "the variable, or in ~/.pgpass.",
        ),
    ] = "",
    role: Annotated[
        str, typer.Option(help="Who may read it; made where it is missing.")
    ] = "storehouse_reader",
    full: Annotated[
        bool, typer.Option("--full", help="Copy all rows again, not only what changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy what is published to a PostgreSQL database, in one transaction.

    Exits 6 if it can't be written, 7 while another mirror writes to it.
    """
    from storehouse.serving.mirror.mirror import mirror as mirror_to

    if not url:
        raise ConfigError(
            f"There is no database to mirror to. Set {MIRROR_URL} to its URL, as "
            "postgresql://user:password@host/name."
        )
    with render.listener(err) as progress:
        done = mirror_to(load_settings(), url, role=role, full=full, progress=progress)
    emit(done, as_json, lambda: _shown(done))


def _shown(done: Mirrored) -> str:
    text = f"The mirror has build {done.build_id}: {done.tables} tables, {done.rows:,} rows."
    if done.unchanged:
        return f"{text} It had that build already."
    changed = f"{done.deleted:,} rows deleted and {done.copied:,} copied"
    seconds = (
        f"Seconds: rows {done.copy_seconds:.1f}; keys, comments and rights "
        f"{done.key_seconds:.1f}; vacuum {done.vacuum_seconds:.1f}."
    )
    return "\n".join([f"{text} {changed}.", seconds, *done.notes])
