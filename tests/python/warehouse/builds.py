"""Further tested builds, without the time that a real one takes."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from storehouse.core.config import Settings


def next_build(settings: Settings) -> None:
    """A further tested build with one row less, as a rebuild of other data would leave it."""
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(
            "insert into ops.builds by name select * replace "
            f"('{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z' as build_id) from ops.builds "
            "order by build_id desc limit 1"
        )
        con.execute(
            "delete from marts.fct_ledger_entries where ledger_entry_key = "
            "(select min(ledger_entry_key) from marts.fct_ledger_entries)"
        )
