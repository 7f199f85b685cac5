"""Parquet files land as each would alone: exactly, as text, or refused with what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet import encryption

from fuzz.parquet_oracle import text
from loaders.project import Project
from storehouse.core.errors import ConfigError
from storehouse.sources.files.parquet import _batches

SHOWN = "select a, b, c from raw_s.t order by _source_file, _row_number"


@pytest.fixture
def parquet(project: Project) -> Project:
    """A table `t` of Parquet files, with columns a, b and c, of which only a is needed."""
    optional = {"config": {"meta": {"optional": True}}}
    columns = ["a", {"name": "b", **optional}, {"name": "c", **optional}]
    project.declare("s", t={"columns": columns, "format": "parquet"})
    return project


def write(project: Project, name: str, columns: dict[str, Any], **options: Any) -> Path:
    path = project.deliver(f"s/t/{name}.parquet", b"")
    pq.write_table(pa.table(columns), path, **options)
    return path


def landed(project: Project) -> list[str | None]:
    """The values of column a, in the order of files and rows."""
    project.load().raise_for_problems()
    return [a for a, *_ in project.query(SHOWN)]


def refused(project: Project) -> list[str]:
    return [str(rejection) for rejection in project.load().rejections]


def test_files_of_one_load_land_each_with_its_own_types(parquet: Project) -> None:
    values: list[tuple[Any, pa.DataType, str | None]] = [
        (1, pa.int64(), "1"),
        ("007", pa.string(), "007"),
        (2**64 - 1, pa.uint64(), "18446744073709551615"),
        (Decimal("1.10"), pa.decimal128(9, 2), "1.10"),
        (Decimal("1.1000"), pa.decimal128(9, 4), "1.1000"),
        (Decimal("0.000000001"), pa.decimal128(38, 9), "0.000000001"),
        (Decimal("12345678901234567890123456789012345678901.23"), pa.decimal256(50, 2), ""),
        (19.99, pa.float32(), "19.99"),
        (1e16, pa.float64(), "1e+16"),
        (float("nan"), pa.float64(), "nan"),
        (np.float16(0.5), pa.float16(), "0.5"),
        (True, pa.bool_(), "true"),
        (date(2026, 1, 2), pa.date32(), "2026-01-02"),
        (datetime.fromisoformat("2026-01-02 03:04:05"), pa.timestamp("s"), "2026-01-02 03:04:05"),
        (
            datetime.fromisoformat("2026-01-02 03:04:05.000060"),
            pa.timestamp("us"),
            "2026-01-02 03:04:05.00006",
        ),
        (
            datetime.fromisoformat("2026-07-01"),
            pa.timestamp("ms", "Europe/Berlin"),
            "2026-07-01 00:00:00+00",
        ),
        (1, pa.timestamp("ns"), "1970-01-01 00:00:00.000000001"),
        (time(1, 2, 3), pa.time64("us"), "01:02:03"),
        (None, pa.null(), None),
        ({"sku": "x"}, pa.struct({"sku": pa.string()}), '{"sku":"x"}'),
        (
            {"qty": Decimal("1.50"), "sku": None},
            pa.struct({"qty": pa.decimal64(9, 2), "sku": pa.string()}),
            '{"qty":1.50,"sku":null}',
        ),
        (["a", None, 'x"y'], pa.list_(pa.string()), '["a",null,"x\\"y"]'),
        ([1, 2], pa.list_(pa.int8(), 2), "[1,2]"),
        ([("k", 1)], pa.map_(pa.string(), pa.int64()), '{"k":1}'),
        ("blue", pa.dictionary(pa.int8(), pa.string()), "blue"),
    ]
    for number, (value, kind, _) in enumerate(values):
        write(parquet, f"{number:02}", {"a": pa.array([value], kind)})
    right = [written if written != "" else str(value) for value, _, written in values]
    assert landed(parquet) == right


def test_values_land_as_python_writes_them(parquet: Project) -> None:
    array = pa.array([[{"x": 0.1, "y": [("k", None)]}, None], [], None])
    write(parquet, "1", {"a": array})
    assert landed(parquet) == [text(value) for value in array]


def test_text_is_as_duckdb_writes_it_where_duckdb_is_exact(parquet: Project) -> None:
    select = """
        select
            unnest([1.5, 1e15, -0.0, 'inf'::double, 5e-324]) as b,
            unnest([date '0044-03-15 (BC)', '12026-01-01', '2024-02-29', null, null]) as a,
            unnest([interval '14 months 3 days 1 second', interval 0 second, null, null, null]) as c
    """
    path = parquet.deliver("s/t/1.parquet", b"")
    duckdb.sql(f"copy ({select}) to '{path}'")
    parquet.load().raise_for_problems()
    with duckdb.connect() as con:
        right = con.execute("select columns('a|b|c')::varchar from read_parquet(?)", [str(path)])
        rows = right.fetchall()
    assert parquet.query("select b, a, c from raw_s.t order by _row_number") == rows


def test_moments_in_int96_of_any_year_keep_all_digits(parquet: Project) -> None:
    days = ["9999-12-31 23:59:59.999999", "0001-01-01"]
    moments = pa.array([datetime.fromisoformat(day) for day in days])
    exact = pa.array([1], pa.timestamp("ns"))
    write(parquet, "1", {"a": moments}, use_deprecated_int96_timestamps=True)
    write(parquet, "2", {"a": exact}, use_deprecated_int96_timestamps=True)
    nested = pa.StructArray.from_arrays([moments[:1], exact], ["far", "fine"])
    write(parquet, "3", {"a": nested}, use_deprecated_int96_timestamps=True)
    assert landed(parquet) == [
        "9999-12-31 23:59:59.999999",
        "0001-01-01 00:00:00",
        "1970-01-01 00:00:00.000000001",
        '{"far":"9999-12-31 23:59:59.999999","fine":"1970-01-01 00:00:00.000000001"}',
    ]


def test_a_far_moment_in_int96_keeps_its_nanoseconds(parquet: Project) -> None:
    far = pa.array([datetime.fromisoformat("9999-12-31 00:00:01")])
    options = {"use_deprecated_int96_timestamps": True, "compression": "none"}
    path = write(parquet, "1", {"a": far}, use_dictionary=False, **options)
    second, more = (nanoseconds.to_bytes(8, "little") for nanoseconds in (10**9, 10**9 + 7))
    path.write_bytes(path.read_bytes().replace(second, more))
    assert landed(parquet) == ["9999-12-31 00:00:01.000000007"]


def test_undeclared_fields_are_json_as_in_ndjson(parquet: Project) -> None:
    extra = {"file_index": [1], "rowid": ["x"], "": [None], "D": [Decimal("1.10")], "f": [[True]]}
    write(parquet, "1", {"a": ["1"], **extra, "n": [float("nan")]})
    parquet.load().raise_for_problems()
    assert parquet.query("select _extra from raw_s.t") == [
        ('{"file_index":1,"rowid":"x","":null,"D":1.10,"f":[true],"n":"nan"}',)
    ]


def test_files_with_other_fields_in_other_orders_land_in_one_load(parquet: Project) -> None:
    write(parquet, "1", {"a": [1], "b": ["x"]})
    write(parquet, "2", {"new": [0], "b": [2.5], "a": ["y"]})
    parquet.load().raise_for_problems()
    assert parquet.query(SHOWN) == [("1", "x", None), ("y", "2.5", None)]


def test_bytes_without_annotation_are_text(parquet: Project) -> None:
    values = ["Malmö".encode(), None, b"Graz \\ Nord"]
    write(parquet, "1", {"a": pa.array(values, pa.binary())})
    write(parquet, "2", {"a": pa.array([b"abc"], pa.binary(3))})
    assert landed(parquet) == ["Malmö", None, "Graz \\ Nord", "abc"]


def test_bytes_that_are_no_text_are_refused_by_field_and_row(parquet: Project) -> None:
    write(parquet, "1", {"a": [b"ok", b"\xff\x00"], "b": pa.array([[], [[b"\xfe"]]])})
    write(parquet, "2", {"a": [1]})
    (message,) = refused(parquet)
    assert "1 bad row, the first at row 2: a holds bytes that are not utf-8" in message
    assert "bytes: hex" in message
    assert parquet.query(SHOWN) == [("1", None, None)]


def test_text_that_is_not_utf_8_is_refused_by_field_and_row(parquet: Project) -> None:
    broken = pa.array([[b"x"], [b"\xe9"]], pa.list_(pa.binary())).view(pa.list_(pa.string()))
    write(parquet, "1", {"a": [1, 2], "new": broken})
    (message,) = refused(parquet)
    assert "at row 2: new[].element holds bytes that are not utf-8" in message


def test_bad_rows_are_quarantined_as_far_as_declared(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "format": "parquet", "max_rejected_rows": 1})
    write(project, "1", {"a": [b"x", b"\xff", b"z"]})
    assert landed_of(project) == [("x", 1), ("z", 2)]
    assert project.query("select line_number, line from ops.rejected_rows") == [(2, "\\xff")]


def landed_of(project: Project) -> list[tuple[Any, ...]]:
    project.load().raise_for_problems()
    return project.query("select a, _row_number from raw_s.t order by _row_number")


def test_bytes_declared_as_hex_land_as_hex(project: Project) -> None:
    columns = [{"name": "a", "config": {"meta": {"bytes": "hex"}}}]
    project.declare("s", t={"columns": columns, "format": "parquet"})
    write(project, "1", {"a": [[b"\xff\x00"], [b"ok"]]})
    assert landed_of(project) == [('["ff00"]', 1), ('["6f6b"]', 2)]


def test_bytes_are_decoded_as_declared(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "format": "parquet", "encoding": "windows-1252"})
    write(project, "1", {"a": [b"Malm\xf6"]})
    assert landed_of(project) == [("Malmö", 1)]


@pytest.mark.parametrize(("format_", "kind"), [("parquet", "base64"), ("csv", "hex")])
def test_how_bytes_land_is_checked_when_declared(project: Project, format_: str, kind: str) -> None:
    columns = [{"name": "a", "config": {"meta": {"bytes": kind}}}]
    project.declare("s", t={"columns": columns, "format": format_})
    with pytest.raises(ConfigError, match=r"config\.meta\.bytes"):
        project.load()


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["a", "b", "b"], "it has 2 fields named b (the fields 2, 3)"),
        (["a", "B", "b"], "it has fields that differ by case only: B, b"),
        (["A", "a", "b"], "it has fields that differ by case only: A, a"),
    ],
)
def test_fields_that_can_not_be_told_apart_are_refused(
    parquet: Project, names: Sequence[str], reason: str
) -> None:
    path = parquet.deliver("s/t/1.parquet", b"")
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 3, names=names), path)
    write(parquet, "2", {"a": [1]})
    (message,) = refused(parquet)
    assert reason in message
    assert parquet.query("select a from raw_s.t") == [("1",)]


def test_undeclared_fields_may_differ_by_case(parquet: Project) -> None:
    write(parquet, "1", {"a": [1], "New": [1], "new": [2]})
    parquet.load().raise_for_problems()
    assert parquet.query("select _extra from raw_s.t") == [('{"New":1,"new":2}',)]


def test_a_map_with_a_key_twice_is_refused(parquet: Project) -> None:
    kind = pa.map_(pa.string(), pa.int64())
    write(parquet, "1", {"a": pa.array([[("k", 1)], [("k", 1), ("k", 2)]], kind)})
    (message,) = refused(parquet)
    assert "at row 2: a has a key twice" in message


def test_a_time_beyond_a_day_is_refused(parquet: Project) -> None:
    beyond = pa.array([0, 86_400_000_000], pa.int64()).view(pa.time64("us"))
    write(parquet, "1", {"a": beyond})
    (message,) = refused(parquet)
    assert "at row 2: a is not a time of day" in message


def test_a_file_without_rows_lands_and_one_without_bytes_is_refused(parquet: Project) -> None:
    write(parquet, "1", {"a": pa.array([], pa.int64())})
    parquet.deliver("s/t/2.parquet", b"")
    report = parquet.load()
    assert [one.file for one in report.rejections] == ["t/2.parquet"]
    assert [(table.loaded, table.rows) for table in report.tables] == [(1, 0)]


def test_a_file_without_fields_is_refused(parquet: Project) -> None:
    write(parquet, "1", {})
    (message,) = refused(parquet)
    assert "it has no fields" in message


def test_damaged_files_are_refused_and_others_land(parquet: Project) -> None:
    options = {"write_page_checksum": True, "compression": "none"}
    whole = write(parquet, "1", {"a": ["x" * 50] * 9}, **options).read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"xxx")] ^= 1
    parquet.deliver("s/t/2.parquet", bytes(flipped))
    parquet.deliver("s/t/3.parquet", whole[: len(whole) // 2])
    parquet.deliver("s/t/4.parquet", whole[:-4] + b"XXXX")
    parquet.deliver("s/t/5.parquet", b"PAR1PAR1")
    messages = refused(parquet)
    assert len(messages) == 4
    assert all("not readable Parquet" in message for message in messages)
    assert any("t/2.parquet" in message and "CRC" in message for message in messages)
    assert parquet.query("select count(*), count(distinct a) from raw_s.t") == [(9, 1)]


class Keys(encryption.KmsClient):  # type: ignore[misc]
    """Keys that are wrapped in nothing."""

    def __init__(self, _: object) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _: str) -> str:
        return key.hex()


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_an_encrypted_file_is_refused(parquet: Project, plaintext_footer: bool) -> None:
    configuration = encryption.EncryptionConfiguration(
        "footer", column_keys={"column": ["a"]}, plaintext_footer=plaintext_footer
    )
    keys = encryption.CryptoFactory(Keys)
    properties = keys.file_encryption_properties(encryption.KmsConnectionConfig(), configuration)
    write(parquet, "1", {"a": [1], "b": [2]}, encryption_properties=properties)
    write(parquet, "2", {"a": [1]})
    (message,) = refused(parquet)
    assert "t/1.parquet: it is encrypted; have it delivered without encryption" in message
    assert parquet.query("select a from raw_s.t") == [("1",)]


def test_names_and_depths_that_can_not_be_read_are_refused(parquet: Project) -> None:
    named = write(parquet, "1", {"a": [1], "nnnn": [1]}, store_schema=False)
    named.write_bytes(named.read_bytes().replace(b"nnnn", b"nn\xffn"))
    deep = pa.array([1])
    for _ in range(300):
        deep = pa.StructArray.from_arrays([deep], ["m"])
    write(parquet, "2", {"a": deep})
    write(parquet, "3", {"a": [1]})
    messages = refused(parquet)
    assert ["not readable Parquet" in message for message in messages] == [True, True]
    assert parquet.query("select a from raw_s.t") == [("1",)]


def test_many_row_groups_land_in_order(parquet: Project) -> None:
    numbers = [str(number) for number in range(1000)]
    write(parquet, "1", {"a": numbers, "b": [[n] for n in numbers]}, row_group_size=7)
    parquet.load().raise_for_problems()
    assert parquet.query(SHOWN) == [(n, json.dumps([n]), None) for n in numbers]


def test_a_dictionary_within_a_struct_lands_from_several_row_groups(parquet: Project) -> None:
    states = pa.array(["new", "sent", "new", "paid"]).dictionary_encode()
    write(parquet, "1", {"a": pa.StructArray.from_arrays([states], ["state"])}, row_group_size=2)
    states_landed = [json.loads(a or "")["state"] for a in landed(parquet)]
    assert states_landed == ["new", "sent", "new", "paid"]


@pytest.mark.parametrize("is_dictionary", [True, False])
def test_values_that_stand_once_in_a_file_are_not_all_held_in_memory(
    parquet: Project, is_dictionary: bool
) -> None:
    rows, length = 20_000, 10_000
    texts = pa.array([str(row % 5) * length for row in range(rows)])
    path = parquet.deliver("s/t/1.parquet", b"")
    pq.write_table(pa.table({"a": texts.dictionary_encode() if is_dictionary else texts}), path)
    assert path.stat().st_size < 100_000
    del texts
    file = pq.ParquetFile(path)
    sizes = [len(batch[0].array) for batch in _batches(path, file)]
    assert sum(sizes) == rows
    assert max(sizes) * length < 80 * 1024 * 1024
