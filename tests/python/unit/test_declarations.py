from __future__ import annotations

from typing import Any

import pytest

from loaders.project import Project
from storehouse.core.config import load_settings
from storehouse.core.errors import ConfigError
from storehouse.sources.declarations import Column, Landing, TableDeclaration, read_declarations


def test_a_declaration_is_read_with_its_defaults(project: Project) -> None:
    renamed = {"name": "b", "config": {"meta": {"header": " The B ", "optional": True}}}
    project.declare("s", t={"columns": ["a", renamed]})
    assert read_declarations(project.settings(), "s") == (
        TableDeclaration(
            source="s",
            table="t",
            schema="raw_s",
            columns=(Column("a", "a"), Column("b", "The B", optional=True)),
            landing=Landing(pattern="t/*", format="csv"),
        ),
    )


@pytest.mark.parametrize("source", ["shop", "online_retail", "nightly_extract"])
def test_the_declarations_of_the_project_are_right(source: str) -> None:
    assert read_declarations(load_settings({}), source)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "carrier_pigeon"),
        ("format", "xml"),
        ("pattern", "../elsewhere/*"),
        ("pattern", "/etc/*"),
        ("pattern", ""),
        ("encoding", "klingon"),
        ("encoding", "gzip"),
        ("encoding", "unicode_escape"),
        ("encoding", "idna"),
        ("encoding", "rot13"),
        ("encoding", "base64"),
        ("encoding", ""),
        ("encoding", 8),
        ("delimiter", ";;"),
        ("delimiter", '"'),
        ("header", "yes"),
        ("max_rejected_rows", -1),
        ("max_rejected_rows", True),
        ("encodign", "utf-8"),
        ("delivery", "whole"),
        ("delivery", {"kind": "partial"}),
    ],
)
def test_a_wrong_landing_key_is_named(project: Project, key: str, value: object) -> None:
    project.declare("s", t={"columns": ["a"], key: value})
    with pytest.raises(
        ConfigError, match=rf"_s__sources\.yml: table 't': config\.meta\.landing\.{key} is"
    ):
        read_declarations(project.settings(), "s")


@pytest.mark.parametrize(
    ("delivery", "message"),
    [
        ({"order": "size"}, "order is 'size'"),
        ({"order": "date"}, "date_format is missing"),
        ({"order": "date", "date_format": "%d %B"}, "date_format is '%d %B'; it must tell a day"),
        ({"order": "date", "date_format": "%Y-%m"}, "date_format is .* it must tell a day"),
        ({"order": "column"}, "column is missing"),
        ({"order": "column", "column": "z"}, "column is 'z'"),
        ({"order": "name", "column": "a"}, "column is unknown"),
        ({"order": "column", "column": "a", "time_zone": "Mars"}, "time_zone is 'Mars'"),
    ],
)
def test_a_wrong_order_of_full_deliveries_is_named(
    project: Project, delivery: dict[str, str], message: str
) -> None:
    project.declare("s", t={"columns": ["a"], "delivery": {"kind": "full", **delivery}})
    with pytest.raises(ConfigError, match=rf"config\.meta\.landing\.delivery\.{message}"):
        read_declarations(project.settings(), "s")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([], "columns is missing"),
        (["a", "A"], "'a' twice"),
        (["_Batch_Id"], "'_batch_id' twice"),
        ([{"name": "a", "data_type": "integer"}], "columns: a: data_type is 'integer'"),
        ([{"name": "a", "config": {"meta": {"optional": "no"}}}], "optional is 'no'"),
        (["a", {"name": "b", "config": {"meta": {"header": "a"}}}], "'a' twice"),
        ([{"description": "no name"}], "without a name"),
        ([{"name": False}], "the name False, which is not text in yml; quote it"),
        ([{"name": 2024}], "the name 2024, which is not text in yml; quote it"),
        ([{"name": "b", "config": {"meta": {"header": None}}}], "header is None; it must be"),
        ([{"name": "b", "config": {"meta": {"header": ["b"]}}}], r"header is \['b'\]; it must"),
        ([{"name": "b", "config": {"meta": {"header": True}}}], "header is True; it must be"),
    ],
)
def test_a_wrong_column_is_named(project: Project, columns: list[Any], message: str) -> None:
    project.declare("s", t={"columns": columns})
    with pytest.raises(ConfigError, match=message):
        read_declarations(project.settings(), "s")


def test_an_undeclared_source_says_which_file_is_missing(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"there is no .*_nowhere__sources\.yml"):
        read_declarations(project.settings(), "nowhere")


def test_a_file_that_is_no_yaml_is_named(project: Project) -> None:
    settings = project.settings()
    path = settings.project_dir / "models" / "staging" / "s" / "_s__sources.yml"
    path.write_text("sources: [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"_s__sources\.yml can't be read"):
        read_declarations(settings, "s")


def test_optional_columns_need_a_header(project: Project) -> None:
    optional = {"name": "a", "config": {"meta": {"optional": True}}}
    project.declare("s", t={"columns": [optional], "header": False})
    with pytest.raises(ConfigError, match="taken by position"):
        read_declarations(project.settings(), "s")
