"""What `follows` gets wrong shows as a difference: the proof of equivalence can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from sample_shop import write_sample
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.prove.compare import compare
from storehouse.prove.deliveries import cut
from storehouse.prove.homes import copy_warehouse
from storehouse.prove.proof import Comparison
from warehouse import late_changes
from warehouse.copied import Copy
from warehouse.shop import PROJECT, Home

LAST_DAY = 20
FOLDERS = ("staging/shop", "marts", "aggregates")
WRONG_COLUMNS: dict[tuple[str, str], dict[str, str]] = {
    ("agg_customer_days", "fct_ledger_entries"): {"customer_key": "order_key"},
    ("agg_product_pairs", "fct_order_lines"): {
        "source_name": "source_name",
        "order_date": "cast(_loaded_at as date)",
    },
    ("agg_product_sales", "fct_ledger_entries"): {
        "product_key": "product_key",
        "sales_month_date": "entry_date",
    },
    ("fct_sessions", "fct_web_events"): {
        "source_name": "source_name",
        "visitor_id": "event_id",
    },
}


# Changes of these inputs come with changes of another input that names the same groups.
COVERED = {
    ("fct_orders", "fct_order_lines"): "each line is an entry of the ledger",
    ("agg_order_figures", "fct_orders"): "an order comes with entries, lines or payments",
    ("agg_order_figures", "fct_ledger_entries"): "orders sum their entries",
    ("agg_order_figures", "fct_order_lines"): "each line is an entry of the ledger",
    ("agg_order_tie_outs", "fct_exchange_rates"): "orders are converted by the same rate",
    ("agg_product_sales", "fct_order_lines"): "each line of goods is a sale of the same day",
    ("agg_purchases", "fct_orders"): "an order comes with its entries",
    ("agg_purchases", "fct_ledger_entries"): "orders sum their entries",
}


@dataclass(frozen=True)
class Deliveries:
    """A shop delivered in two parts, most of it first: homes built on the first and on both."""

    first: Home
    both: Home

    def differences(self, folder: Path, model: str, follows: Mapping[str, Any]) -> int:
        """Rows that differ from a full refresh after a run on the second delivery."""
        project = Copy(folder / "project").path
        yml = _yml(project, model)
        content = yaml.safe_load(yml.read_text(encoding="utf-8"))
        content["models"][0]["config"]["meta"]["follows"] |= follows
        yml.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        home = _copied(self.first, folder / "home", project)
        # Other columns to follow by begin the feeds of inputs anew, and with that the model.
        home.models("-s", f"+{model}")
        _load(home, LAST_DAY)
        home.models("-s", f"+{model}")
        return _differing(home, self.both, model)


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Deliveries:
    folder = tmp_path_factory.mktemp("deliveries")
    write_sample(folder / "export", orders=400, days=60, seed=1)
    *most, last = filter(None, cut(folder / "export", ("shop",), slices=8, rng=Random(1)))
    home = Home(folder / "first", inbox=folder / "inbox")
    late_changes.deliver_before(home.settings.inbox)
    for day, arrivals in enumerate(most, 1):
        for arrival in arrivals:
            arrival.arrive(home.settings.inbox)
        _load(home, day)
    home.models()
    for arrival in last:
        arrival.arrive(home.settings.inbox)
    late_changes.deliver_after(home, home.settings.inbox)
    both = _copied(home, folder / "both", PROJECT)
    _load(both, LAST_DAY)
    both.models("--full-refresh")
    return Deliveries(home, both)


def _load(home: Home, day: int) -> None:
    now = datetime(2026, 6, day, tzinfo=UTC)
    load(home.settings, progress=Silent(), now=lambda: now).raise_for_problems()


def _copied(home: Home, folder: Path, project: Path) -> Home:
    copied = Home(folder, home.sources, home.inbox, project=project)
    copy_warehouse(home.settings, copied.settings)
    return copied


def _yml(project: Path, model: str) -> Path:
    (file,) = project.glob(f"models/**/{model}.yml")
    return file


def _differing(home: Home, other: Home, model: str) -> int:
    with duckdb.connect() as con:
        for name, one in (("here", home), ("there", other)):
            con.execute(f"attach '{one.path}/warehouse.duckdb' as {name} (read_only)")
        ((schema,),) = con.execute(
            "select schema_name from duckdb_tables() where database_name = 'there' "
            "and schema_name <> 'changes' and table_name = ?",
            [model],
        ).fetchall()
        here, there = (f"from {name}.{schema}.{model}" for name in ("here", "there"))
        return compare(con, Comparison(1, model, "a full refresh"), here, there).differences


def _followed() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for yml in sorted((PROJECT / "models" / folder).glob("*.yml")):
            (content, *_) = yaml.safe_load(yml.read_text(encoding="utf-8")).get("models", [{}])
            for name in content.get("config", {}).get("meta", {}).get("follows", {}):
                yield content["name"], name


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(model, marks=[] if model == "agg_customer_days" else [pytest.mark.long])
        for model in dict(_followed())
    ],
)
def test_a_run_by_what_models_follow_is_no_different(
    tmp_path: Path, deliveries: Deliveries, model: str
) -> None:
    assert deliveries.differences(tmp_path, model, {}) == 0


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param(*pair, marks=[pytest.mark.long] if pair[0].startswith("agg") else [])
        for pair in WRONG_COLUMNS
    ],
)
def test_a_follow_by_a_wrong_column_is_found(
    tmp_path: Path, deliveries: Deliveries, model: str, name: str
) -> None:
    assert deliveries.differences(tmp_path, model, {name: WRONG_COLUMNS[model, name]})


def _found_if_never() -> Iterator[tuple[str, str]]:
    """Follows without which a change is missed. A model with a single one is built whole."""
    inputs = Counter(model for model, _ in _followed())
    yield from (
        (model, name)
        for model, name in _followed()
        if inputs[model] > 1 and (model, name) not in COVERED
    )


@pytest.mark.long
@pytest.mark.parametrize(("model", "name"), list(_found_if_never()))
def test_a_follow_falsely_marked_never_is_refused_or_found(
    tmp_path: Path, deliveries: Deliveries, model: str, name: str
) -> None:
    try:
        assert deliveries.differences(tmp_path, model, {name: {"never": "a mistake"}})
    except AssertionError as refused:
        if "meta.follows is wrong or incomplete" not in str(refused):
            raise
