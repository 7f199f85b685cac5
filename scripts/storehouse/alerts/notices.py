"""What there is to tell a target: notices that are due, put together to messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import duckdb

from storehouse.alerts.declaration import AlertSettings, Target
from storehouse.alerts.due import LOCAL_TIME, NOT_HELD_BACK, zone_parameters
from storehouse.core.display import readable
from storehouse.core.warehouse import transaction

# A message lists at most this many alerts; of more than so many at once one message tells.
_MOST = 20
_TOO_MANY = 100
_NAMES = {
    "critical": ("Critical", "critical alerts"),
    "warning": ("Warning", "warnings"),
    "info": ("For information", "alerts for information"),
    "cleared": ("Cleared", "alerts are cleared"),
}

# What was raised is told while it lasts and nobody has acknowledged it, what happened once for a
# week; that it was cleared, to whom it was told.
_DUE = """
from ops.alert_notices as notices
inner join ops.alerts as alerts
    on notices.alert_key = alerts.alert_key and notices.raised_at = alerts.raised_at
where list_contains($severities, alerts.severity)
    and case notices.kind
        when 'raised'
            then alerts.acknowledged_at is null
                and (alerts.cleared_at is null
                    or alerts.is_event and alerts.raised_at >= $now - interval '7 days')
        else alerts.cleared_at is not null and exists (
            from ops.alert_deliveries as told
            where told.alert_key = notices.alert_key and told.raised_at = notices.raised_at
                and told.kind = 'raised' and told.target_name = $target
        )
    end
    and not exists (
        from ops.alert_deliveries as told
        where told.alert_key = notices.alert_key and told.raised_at = notices.raised_at
            and told.kind = notices.kind and told.target_name = $target
    )
"""


@dataclass(frozen=True)
class Notice:
    """One thing to tell: `kind` is raised or cleared."""

    alert_key: str
    raised_at: datetime
    kind: str
    severity: str
    subject: str
    detail: str
    stale_reason: str | None

    @property
    def text(self) -> str:
        stale = f" (Not up to date: {self.stale_reason}.)" if self.stale_reason else ""
        return readable(f"{self.subject}. {self.detail}{stale} [{self.alert_key}]")


@dataclass(frozen=True)
class Message:
    """Notices of one kind: critical, warning, info or cleared."""

    kind: str
    title: str
    body: str
    notices: tuple[Notice, ...] = ()


def due_messages(
    con: duckdb.DuckDBPyConnection,
    alert_settings: AlertSettings,
    target: Target,
    *,
    time_zones: Mapping[str, str],
    now: datetime,
) -> tuple[Message, ...]:
    """What may be sent to a target now, the most urgent first.

    `time_zones` are those of the sources that are on; quiet hours are in them.
    """
    rows = con.execute(
        "with due as (select alerts.alert_key, alerts.raised_at, kind, severity, source_name, "
        f"subject, detail, stale_reason, {LOCAL_TIME} {_DUE} and notices.due_at <= $now) "
        "select alert_key, raised_at, kind, severity, subject, detail, stale_reason from due "
        f"{NOT_HELD_BACK} order by kind = 'cleared', severity <> 'critical', "
        "severity <> 'warning', raised_at, alert_key",
        {
            **_of(target, now),
            **zone_parameters(time_zones),
            "quiet_from": alert_settings.quiet_from,
            "quiet_until": alert_settings.quiet_until,
        },
    ).fetchall()
    return tuple(_messages([Notice(*row) for row in rows]))


def waiting_count(con: duckdb.DuckDBPyConnection, target: Target, now: datetime) -> int:
    """How many notices wait for a target, due or held back."""
    ((count,),) = con.execute(f"select count(*) {_DUE}", _of(target, now)).fetchall()
    return int(count)


def mark_sent(
    con: duckdb.DuckDBPyConnection, target: Target, message: Message, now: datetime
) -> None:
    """Remember that a target has a message; one transaction."""
    with transaction(con):
        con.executemany(
            "insert into ops.alert_deliveries values (?, ?, ?, ?, ?)",
            [
                [notice.alert_key, notice.raised_at, notice.kind, target.name, now]
                for notice in message.notices
            ],
        )


def _of(target: Target, now: datetime) -> dict[str, object]:
    return {"severities": list(target.severities), "target": target.name, "now": now}


def _messages(notices: Sequence[Notice]) -> Iterator[Message]:
    for kind, alike in groupby(notices, key=_kind):
        all_of_kind = tuple(alike)
        if len(all_of_kind) > _TOO_MANY:
            yield _message(kind, all_of_kind)
        else:
            for start in range(0, len(all_of_kind), _MOST):
                yield _message(kind, all_of_kind[start : start + _MOST])


def _message(kind: str, notices: tuple[Notice, ...]) -> Message:
    one, many = _NAMES[kind]
    title = f"{one}: {notices[0].subject}" if len(notices) == 1 else f"{len(notices):,} {many}"
    lines = [
        notice.text if notice.kind == "raised" else f"{notice.subject} [{notice.alert_key}]"
        for notice in notices[:_MOST]
    ]
    if len(notices) > _MOST:
        lines.append(f"… and {len(notices) - _MOST:,} more: `storehouse alerts` lists them.")
    return Message(kind, readable(title), readable("\n".join(lines)), notices)


def _kind(notice: Notice) -> str:
    return "cleared" if notice.kind == "cleared" else notice.severity
