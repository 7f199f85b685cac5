"""Troubles of delivery: files arrive late, twice, wrong or not to stay, and say the same."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from sample_shop import Trouble, write_sample
from sample_shop.troubles import IN_THE_SHOP, ON_THE_WAY

DELIVERY = sorted(ON_THE_WAY)
KEYS = {
    "customers": ["customer_id"],
    "products": ["product_id", "updated_at"],
    "orders": ["order_id"],
    "order_lines": ["order_id", "order_line_id"],
    "refunds": ["refund_id"],
    "refund_lines": ["refund_id", "refund_line_id"],
    "payments": ["payment_id"],
    "exchange_rates": ["rate_date", "base_currency_code"],
    "stock_movements": ["stock_movement_id"],
    "web_events": ["event_id"],
}
# By which entity a table's rows are deleted. Customers and products stay.
DELETED_BY = {
    "orders": ("order", "order_id"),
    "order_lines": ("order", "order_id"),
    "refunds": ("refund", "refund_id"),
    "refund_lines": ("refund", "refund_id"),
    "payments": ("payment", "payment_id"),
    "stock_movements": ("stock_movement", "stock_movement_id"),
    "web_events": ("visitor", "visitor_id"),
}

Row = dict[str, str]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A sample of fixed arguments, but for its troubles."""

    folder: Path

    @classmethod
    def written(cls, folder: Path, troubles: frozenset[Trouble], seed: int = 4) -> Sample:
        write_sample(folder, orders=800, days=120, seed=seed, troubles=troubles)
        return cls(folder)

    def files(self, tree: str = "shop") -> dict[str, bytes]:
        top = self.folder / tree
        return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*.csv")}

    def tables(self) -> set[str]:
        return {path.name for path in (self.folder / "shop").iterdir()}

    def rows(self, table: str) -> list[Row]:
        rows: list[Row] = []
        for path in sorted((self.folder / "shop" / table).glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file)
        return rows

    def standing(self, table: str) -> dict[Key, Row]:
        """What the rows of a table say in the end, by the rules of the format guide."""
        deleted: dict[Key, str] = {}
        for row in self.rows("deletions"):
            deletion = (row["entity"], row["entity_id"])
            deleted[deletion] = max(row["deleted_at"], deleted.get(deletion, ""))
        entity, column = DELETED_BY.get(table, ("", KEYS[table][0]))
        rows = [
            row for row in self.rows(table) if _moment(row) > deleted.get((entity, row[column]), "")
        ]
        newest: dict[Key, str] = {}
        for row in rows:
            thing = tuple(row[name] for name in _document(table))
            newest[thing] = max(_moment(row), newest.get(thing, ""))
        return {
            tuple(row[name] for name in KEYS[table]): row
            for row in rows
            if _moment(row) == newest[tuple(row[name] for name in _document(table))]
        }

    def struck(self) -> list[Row]:
        pq = pytest.importorskip("pyarrow.parquet")
        rows: list[Row] = pq.read_table(self.folder / "truth/deliveries.parquet").to_pylist()
        return rows

    def summary(self) -> dict[str, object]:
        written: dict[str, object] = json.loads(
            (self.folder / "truth/summary.json").read_text(encoding="utf-8")
        )
        return written


def _moment(row: Row) -> str:
    return row["updated_at"] if "updated_at" in row else row["occurred_at"]


def _document(table: str) -> list[str]:
    """Lines are delivered by whole documents."""
    return KEYS[table][:1] if table in {"order_lines", "refund_lines"} else KEYS[table]


def _lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)[1:]


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample.written(tmp_path_factory.mktemp("smooth") / "out", IN_THE_SHOP)


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample.written(tmp_path_factory.mktemp("rough") / "out", IN_THE_SHOP | ON_THE_WAY)


@pytest.mark.parametrize("table", KEYS)
def test_in_the_end_a_table_says_what_it_said_without_troubles(
    table: str, smooth: Sample, rough: Sample
) -> None:
    assert rough.standing(table) == smooth.standing(table)


def test_the_truth_is_the_same_with_and_without_troubles(smooth: Sample, rough: Sample) -> None:
    for path in (smooth.folder / "truth").glob("*.parquet"):
        if path.name != "deliveries.parquet":
            assert path.read_bytes() == (rough.folder / "truth" / path.name).read_bytes()


def test_without_troubles_of_delivery_nothing_is_struck(smooth: Sample) -> None:
    assert smooth.struck() == []
    assert smooth.files("earlier") == {}
    assert "deletions" not in smooth.tables()
    assert all(len(Path(name).stem) == len("2025-03-01") for name in smooth.files())


@pytest.mark.parametrize("trouble", DELIVERY)
def test_a_trouble_alone_strikes_and_nothing_else_does(
    trouble: Trouble, smooth: Sample, tmp_path: Path
) -> None:
    alone = Sample.written(tmp_path / "out", IN_THE_SHOP | {trouble})
    assert {row["trouble"] for row in alone.struck()} == {trouble.value}
    assert ("deletions" in alone.tables()) == (trouble is Trouble.HARD_DELETES)
    assert bool(alone.files("earlier")) == (trouble is Trouble.CORRECTED_FILES)
    assert (alone.files() == smooth.files()) == (trouble is Trouble.CORRECTED_FILES)
    for table in KEYS:
        assert alone.standing(table) == smooth.standing(table)


def test_the_summary_counts_files_rows_and_what_was_struck(rough: Sample) -> None:
    summary, files = rough.summary(), rough.files()
    assert summary["files"] == len(files)
    assert summary["rows"] == sum(len(_lines(content)) for content in files.values())
    counts = Counter(row["trouble"] for row in rough.struck())
    troubles = summary["troubles"]
    assert isinstance(troubles, dict)
    assert {name: troubles[name] for name in DELIVERY} == counts
    assert min(counts.values()) > 0


def test_what_was_struck_stands_where_the_truth_says(rough: Sample) -> None:
    files, earlier = rough.files(), rough.files("earlier/shop")
    for row in rough.struck():
        name = f"{row['table_name']}/{row['file']}"
        content = files[name] + earlier.get(name, b"")
        assert row["row_key"] is None or f"\n{row['row_key']}," in content.decode()


def test_most_files_are_as_they_were(smooth: Sample, rough: Sample) -> None:
    before, after = smooth.files(), rough.files()
    changed = [name for name, content in before.items() if after[name] != content]
    assert 0 < len(changed) < len(before) / 5
    assert 0 < len(rough.files("earlier")) <= 4 * len(rough.tables())


def test_late_rows_come_in_extra_files_up_to_60_days_later(smooth: Sample, tmp_path: Path) -> None:
    late = Sample.written(tmp_path / "out", IN_THE_SHOP | {Trouble.LATE_FILES})
    days = [
        (Path(name).stem[:10], Path(origin).stem)
        for name, content in late.files().items()
        if name.endswith("-late.csv")
        for origin, before in smooth.files().items()
        if Path(origin).parent == Path(name).parent and set(_lines(before)) & set(_lines(content))
    ]
    assert all(origin < delivered for delivered, origin in days)
    assert len({delivered for delivered, _ in days}) > 1
    rows = [line for content in late.files().values() for line in _lines(content)]
    assert Counter(rows) == Counter(
        line for content in smooth.files().values() for line in _lines(content)
    )


def test_an_hour_of_events_is_missing_from_its_file_and_comes_in_its_own(
    smooth: Sample, tmp_path: Path
) -> None:
    missing = Sample.written(tmp_path / "out", IN_THE_SHOP | {Trouble.MISSING_HOUR})
    files = missing.files()
    hours = [name for name in files if "-hour-" in name]
    assert hours
    for name in hours:
        day = Path(name).stem[-10:]
        rest = f"web_events/{day}.csv"
        found = {line.rpartition(b",")[2][:13] for line in _lines(files[name])}
        left = {line.rpartition(b",")[2][:13] for line in _lines(files[rest])}
        assert len(found) == 1
        assert not found & left
        assert {*_lines(files[name]), *_lines(files[rest])} == {*_lines(smooth.files()[rest])}
        assert day < Path(name).stem[:10]


def test_a_wrong_first_version_lacks_rows_has_others_and_keeps_name_and_columns(
    rough: Sample,
) -> None:
    files, earlier = rough.files(), rough.files("earlier/shop")
    assert {Path(name).parent.name for name in earlier} == {*KEYS, "deletions"}
    lacking = 0
    for name, content in earlier.items():
        assert content.split(b"\n")[0] == files[name].split(b"\n")[0]
        assert set(_lines(content)) - set(_lines(files[name]))
        lacking += bool(set(_lines(files[name])) - set(_lines(content)))
    assert lacking > len(earlier) / 2


def test_no_two_files_hold_the_same(rough: Sample) -> None:
    """The loader passes a copy over."""
    contents = Counter(
        (Path(name).parent.name, content)
        for files in (rough.files(), rough.files("earlier/shop"))
        for name, content in files.items()
    )
    assert set(contents.values()) == {1}


def test_all_entities_are_deleted_after_their_last_version_and_edits_bring_orders_back(
    rough: Sample, smooth: Sample
) -> None:
    deleted = {(row["entity"], row["entity_id"]) for row in rough.rows("deletions")}
    assert {entity for entity, _ in deleted} == {
        "order", "refund", "payment", "customer", "product", "stock_movement", "visitor",
    }  # fmt: skip
    gone = {name for entity, name in deleted if entity == "order" and name.startswith("X")}
    copied = {row["order_id"]: row for row in rough.rows("orders")}
    assert gone <= copied.keys()
    for row in (*rough.rows("refunds"), *rough.rows("payments")):
        if row["order_id"] in gone:
            entity = "refund" if "refund_id" in row else "payment"
            assert (entity, next(iter(row.values()))) in deleted
    returned = {name for entity, name in deleted if entity == "order"} - gone
    assert returned
    assert {(name,) for name in returned} <= smooth.standing("orders").keys()


@pytest.mark.parametrize(("orders", "days"), [(1, 1), (1, 30), (2, 1), (50, 3)])
def test_a_tiny_shop_can_be_delivered(orders: int, days: int, tmp_path: Path) -> None:
    for seed in range(3):
        summary = write_sample(tmp_path / "out", orders=orders, days=days, seed=seed)
        files = Sample(tmp_path / "out").files()
        assert summary.files == len(files)
        assert summary.rows == sum(len(_lines(content)) for content in files.values())
