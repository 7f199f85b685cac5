"""What `follows` gets wrong shows as a difference: the proof of equivalence can fail."""

from __future__ import annotations

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
from warehouse.copied import Copy
from warehouse.shop import PROJECT, Home

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


@dataclass(frozen=True)
class Halves:
    """A shop delivered in two halves: a home built on the first, and one built on both."""

    first: Home
    both: Home

    def differences(self, folder: Path, model: str, follows: Mapping[str, Any]) -> int:
        """Rows of `model` that a run after the second half has otherwise than a full refresh."""
        project = Copy(folder / "project").path
        yml = _yml(project, model)
        content = yaml.safe_load(yml.read_text(encoding="utf-8"))
        content["models"][0]["config"]["meta"]["follows"] |= follows
        yml.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        home = _copied(self.first, folder / "home", project)
        home.models("-s", model)
        _load(home, 2)
        home.models("-s", f"+{model}")
        return _differing(home, self.both, model)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Halves:
    folder = tmp_path_factory.mktemp("halves")
    write_sample(folder / "export", orders=400, days=60, seed=1)
    deliveries = cut(folder / "export", ("shop",), slices=2, rng=Random(1))
    first, second = (arrivals for arrivals in deliveries if arrivals)
    home = Home(folder / "first", inbox=folder / "inbox")
    for arrival in first:
        arrival.arrive(home.settings.inbox)
    _load(home, 1)
    home.models()
    for arrival in second:
        arrival.arrive(home.settings.inbox)
    both = _copied(home, folder / "both", PROJECT)
    _load(both, 2)
    both.models("--full-refresh")
    return Halves(home, both)


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
    tmp_path: Path, halves: Halves, model: str
) -> None:
    assert halves.differences(tmp_path, model, {}) == 0


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param(*pair, marks=[pytest.mark.long] if pair[0].startswith("agg") else [])
        for pair in WRONG_COLUMNS
    ],
)
def test_a_follow_by_a_wrong_column_is_found(
    tmp_path: Path, halves: Halves, model: str, name: str
) -> None:
    assert halves.differences(tmp_path, model, {name: WRONG_COLUMNS[model, name]})


@pytest.mark.long
@pytest.mark.parametrize(("model", "name"), list(_followed()))
def test_a_follow_falsely_marked_never_is_found(
    tmp_path: Path, halves: Halves, model: str, name: str
) -> None:
    assert halves.differences(tmp_path, model, {name: {"never": "a mistake"}})
