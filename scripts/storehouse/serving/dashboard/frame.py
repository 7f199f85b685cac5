"""What all pages share: the build they show, its age, the filters, figures and tables."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv
import streamlit as st

from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import StorehouseError
from storehouse.serving.dashboard import queries
from storehouse.serving.dashboard.filters import Filters, Period, chosen
from storehouse.serving.dashboard.formats import Money, day, words
from storehouse.serving.published import Published, last_day_over, published
from storehouse.serving.published_files import build_id_of, current_file

# Data that end, or were loaded, longer ago than this are old.
OLD_AFTER = timedelta(days=2)
_LOOK_EVERY = "60s"


@dataclass(frozen=True)
class View:
    """The data of a page."""

    settings: Settings
    build: Published
    money: Money
    filters: Filters
    first: date  # of the sources' business dates
    last: date  # the last whole day
    newest: date  # on which something was done, maybe of a day that was not over

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return queries.rows(self.build, query, parameters)

    def one(self, query: str, **parameters: Any) -> dict[str, Any]:
        return queries.one(self.build, query, parameters)

    def table(self, query: str, **parameters: Any) -> pa.Table:
        return queries.table(self.build, query, parameters)

    def metrics(self, names: Sequence[str], period: Period, by: Sequence[str] = ()) -> pa.Table:
        """Metrics of a period under the page's filters."""
        return queries.answered(
            self.build, names, by, self.filters.conditions, since=period.since, until=period.until
        )

    def over_time(self, names: Sequence[str], period: Period, grain: str) -> pa.Table:
        """Metrics by day, week or month, including those without entries."""
        return queries.over_time(
            self.build,
            names,
            grain,
            self.filters.conditions,
            since=period.since,
            until=period.until,
        )

    def figures(self, names: Sequence[str], period: Period) -> dict[str, Any]:
        """The metrics without a dimension: one figure per metric."""
        rows = self.metrics(names, period).to_pylist()
        return dict(rows[0]) if rows else dict.fromkeys(names)


def show(
    title: str,
    draw: Callable[[View], None],
    *,
    filters: Collection[str] = (),
    of_business: bool = True,
) -> None:
    """Draw a page of the current published build.

    A page `of_business` is not drawn for a shop without any business data yet.
    """
    st.title(title)
    try:
        settings = _settings(os.environ.get("STOREHOUSE_HOME"), Path.cwd())
        with published(settings) as build:
            _follow(settings, build.build_id)
            span = queries.one(
                build,
                "select min(first_business_date) as first, max(last_business_date) as last, "
                "max(least(last_business_date, greatest(first_business_date, "
                f"{last_day_over('(select max(loaded_at) from meta.watermarks)')}))) as last_whole "
                "from marts.dim_sources",
            )
            money = _money(build)
            _show_build(build, span["last"], money)
            if span["last"] is None:
                missing(
                    "business",
                    "No source has delivered an order, a payment or a stock movement. "
                    "`storehouse load` loads the files in the inbox.",
                )
                if of_business:
                    return
            # The day on which the data were loaded was not complete.
            last = span["last_whole"] or datetime.now(UTC).date()
            first = span["first"] or last
            found = chosen(build, filters, first, last)
            draw(View(settings, build, money, found, first, last, span["last"] or last))
    except StorehouseError as error:
        st.error(str(error))


@st.cache_resource(show_spinner=False)
def _settings(home: str | None, folder: Path) -> Settings:
    """The settings, read once per home: the project's file is long."""
    return load_settings({**os.environ, "STOREHOUSE_HOME": home or ""}, folder)


@st.fragment(run_every=_LOOK_EVERY)
def _follow(settings: Settings, build_id: str) -> None:
    """Redraw a page when another build becomes current."""
    current = current_file(settings)
    if current is not None and build_id_of(current) != build_id:
        st.rerun()


def _money(build: Published) -> Money:
    row = queries.one(
        build,
        "select currency_code, minor_unit_digits from marts.dim_currencies "
        "where is_reporting_currency",
    )
    return Money(row["currency_code"], row["minor_unit_digits"])


def _show_build(build: Published, last: date | None, money: Money) -> None:
    row = queries.one(
        build,
        "select ended_at, (select max(loaded_at) from meta.watermarks) as loaded_at "
        "from meta.builds",
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    until = f"Data until **{day(last)}**" if last else "No data yet"
    st.caption(
        f"{until} · build {build.build_id} of {row['ended_at']:%-d %b %Y, %H:%M} UTC "
        f"· amounts in {money.code}"
    )
    old = []
    if last and now.date() - last > OLD_AFTER:
        old.append(f"the newest day is {day(last)}, {(now.date() - last).days} days ago")
    if row["loaded_at"] and now - row["loaded_at"] > OLD_AFTER:
        old.append(f"nothing was loaded since {row['loaded_at']:%-d %b %Y, %H:%M} UTC")
    if old:
        st.warning(f"This data is old: {' and '.join(old)}.", icon=":material/schedule:")


def missing(what: str, why: str) -> None:
    """Say what a shop does not have, in place of the chart."""
    st.info(f"**No {what}.** {why}", icon=":material/info:")


def measure(view: View, names: Sequence[str], key: str) -> str:
    """Let the reader choose a metric; `key` is the choice's name in the address."""
    known = queries.metrics_by_name(view.build)
    chosen_one = st.segmented_control(
        "Measure",
        names,
        default=names[0],
        format_func=lambda name: known[name].label,
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return chosen_one or names[0]


def as_csv(table: pa.Table) -> bytes:
    written = io.BytesIO()
    pyarrow.csv.write_csv(table, written)
    return written.getvalue()


def download(table: pa.Table, name: str, build_id: str) -> None:
    """Offer the rows as CSV, with exact amounts whatever the screen shows."""
    st.download_button(
        "CSV",
        as_csv(table),
        file_name=f"{name}_{build_id}.csv",
        mime="text/csv",
        key=f"csv_{name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def listing(
    view: View,
    table: pa.Table,
    name: str,
    *,
    relation: str | None = None,
    helps: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    units: dict[str, str] | None = None,
    height: int | Literal["auto"] = "auto",
) -> None:
    """A table, and its rows as CSV. Headings explain the columns by their documentation.

    `units` are those of columns whose names do not show them. Amounts are in the reporting
    currency, unless the rows name their own.
    """
    known = queries.metrics_by_name(view.build)
    helps = {
        **{name: metric.description for name, metric in known.items()},
        **(queries.descriptions(view.build, relation) if relation else {}),
        **(helps or {}),
    }
    labels = labels or {}
    st.dataframe(
        table,
        hide_index=True,
        height=height,
        placeholder="–",
        alt=words(name),
        column_config={
            field.name: _column(
                field,
                label=labels.get(field.name)
                or (known[field.name].label if field.name in known else None),
                meaning=helps.get(field.name),
                unit=(units or {}).get(field.name)
                or (known[field.name].unit if field.name in known else None),
                money=None if "currency_code" in table.column_names else view.money,
            )
            for field in table.schema
        },
    )
    download(table, name, view.build.build_id)


def _column(
    field: pa.Field,
    *,
    label: str | None,
    meaning: str | None,
    unit: str | None,
    money: Money | None,
) -> Any:
    label = label or words(field.name)
    form = _form(field, unit, money)
    if form is not None:
        if money and form == money.printf and not field.name.endswith("quantity"):
            label = f"{label} ({money.symbol.strip()})"
        return st.column_config.NumberColumn(label, help=meaning, format=form)
    if pa.types.is_date(field.type):
        return st.column_config.DateColumn(label, help=meaning, format="YYYY-MM-DD")
    if pa.types.is_timestamp(field.type):
        return st.column_config.DatetimeColumn(label, help=meaning, format="YYYY-MM-DD HH:mm")
    return st.column_config.Column(label, help=meaning)


def _form(field: pa.Field, unit: str | None, money: Money | None) -> Any:
    """The format of the numbers in a column; None if they are not numbers."""
    if unit == "rate" or (unit is None and field.name.endswith("_rate")):
        return "percent"
    if field.name == "rate":
        return "%.8f"
    if unit == "money" or (unit is None and field.name.endswith("amount")):
        return money.printf if money else "localized"
    if pa.types.is_integer(field.type) or unit in {"count", "quantity"}:
        return "%,d"
    return "%,.1f" if pa.types.is_decimal(field.type) else None
