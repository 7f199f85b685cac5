"""What models find now, and which of the remembered alerts that says something about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from storehouse.alerts.state import exists

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (
    "alert_key, source_name, alert_rule, severity, subject, detail, stale_reason, is_event, "
    "is_stale, occurred_at"
)
# Tables and views of models: alerts on the shop, and on operation.
_ON_THE_SHOP = "reports.rpt_alerts"
_ON_OPERATION = "alerts.alerts_on_operation"
# Whether a source is stale now: a build may have been long ago.
_FRESHNESS = "intermediate.int_source_freshness"


@dataclass(frozen=True)
class Findings:
    """Alerts that were found, as `rows` of COLUMNS and is_operation.

    `knows_shop` and `knows_operation` say whether all alerts of that kind were looked for: those
    that are not among the rows are over. Of others `problem` is why they keep their state.
    """

    rows: pa.Table
    knows_shop: bool
    knows_operation: bool
    problem: str | None = None


def knows_operation(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether dbt has built the view of alerts on operation."""
    return exists(con, _ON_OPERATION)


def in_warehouse(con: duckdb.DuckDBPyConnection, problem: str | None) -> Findings:
    """What the models of a warehouse find.

    If the run failed, `problem` says so: then nothing is known of the shop.
    """
    on_the_shop = problem is None and exists(con, _ON_THE_SHOP)
    on_operation = knows_operation(con)
    queries = []
    if on_the_shop:
        queries.append(_of_the_shop(exists(con, _FRESHNESS)))
    if on_operation:
        queries.append(f"select {COLUMNS}, true as is_operation from {_ON_OPERATION}")
    rows = con.sql(" union all ".join(queries)).to_arrow_table() if queries else nothing()
    return Findings(rows, on_the_shop, on_operation, problem)


def _of_the_shop(has_freshness: bool) -> str:
    select = f"select {COLUMNS}, false as is_operation"
    if not has_freshness:
        return f"{select} from {_ON_THE_SHOP}"
    return f"""
        {select}
        from (
            select found.* replace (
                if(freshness.is_stale, freshness.age_description, found.stale_reason)
                    as stale_reason,
                found.is_stale or coalesce(freshness.is_stale, false) as is_stale
            )
            from {_ON_THE_SHOP} as found
            left join {_FRESHNESS} as freshness using (source_name)
        )
    """


def of_lane(rows: pa.Table, problem: str | None) -> Findings:
    """What a lane of live found, as rows of COLUMNS and is_operation.

    With a `problem` it may not have found all that there is: then none of its alerts is over.
    """
    return Findings(rows, problem is None, False, problem)


def nothing() -> pa.Table:
    """No rows of COLUMNS and is_operation."""
    import pyarrow as pa  # noqa: PLC0415  # slow

    texts = [(name, pa.string()) for name in COLUMNS.split(", ")[:7]]
    flags = [(name, pa.bool_()) for name in ("is_event", "is_stale", "is_operation")]
    return pa.schema([*texts, *flags, ("occurred_at", pa.timestamp("us"))]).empty_table()
