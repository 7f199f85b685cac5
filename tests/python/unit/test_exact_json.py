"""JSON is read as Python reads it, but for numbers, which stay as written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storehouse.sources.exact_json import (
    Alike,
    elements,
    landed,
    members,
    object_text,
    storable,
    value,
)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(), v, max_size=3),
    max_leaves=8,
)  # fmt: skip
FORMS = st.sampled_from(
    [{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}, {"indent": "\t"}]
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), FORMS)
def test_members_are_those_of_the_object(
    given_object: dict[str, Any], form: dict[str, Any]
) -> None:
    text = json.dumps(given_object, **form)
    found = members(text)
    assert {name: json.loads(raw) for name, raw in found.items()} == given_object
    for name, raw in found.items():
        expected = given_object[name]
        assert raw in text
        if isinstance(expected, str):
            assert landed(raw) == expected
        else:
            assert landed(raw) == (None if expected is None else raw)
    again = object_text(found)
    assert json.loads(again) == given_object


@given(
    st.lists(st.tuples(st.lists(st.sampled_from(["a", "é", '"', "."]), unique=True), FORMS)),
    st.data(),
)
def test_objects_that_are_alike_are_read_as_each_alone(
    shapes: list[tuple[list[str], dict[str, Any]]], data: st.DataObject
) -> None:
    texts = [
        json.dumps({name: data.draw(VALUES) for name in names}, **form) for names, form in shapes
    ]
    texts.insert(data.draw(st.integers(0, len(texts))), json.dumps(data.draw(SCALARS)))
    expected = [(text, members(text) if text[0] == "{" else None) for text in texts]
    assert list(Alike().elements("[" + ", ".join(texts) + "]")) == expected


@given(st.text(alphabet='{}[]",:\\ 01-+eEnul\n\x00', max_size=14))
def test_what_is_no_json_is_refused_though_it_looks_like_the_one_before(inner: str) -> None:
    for model in ('{"a": 0, "b": 1}', '{"a": [], "b": 1}'):
        text = '{"a": ' + inner + ', "b": 1}'
        try:
            expected = [json.loads(raw) for raw in elements(f"[{model}, {text}]")]
            apart = [members(raw) for raw in elements(f"[{model}, {text}]") if raw[0] == "{"]
        except ValueError:
            with pytest.raises(ValueError):
                list(Alike().elements(f"[{model}, {text}]"))
        else:
            found = list(Alike().elements(f"[{model}, {text}]"))
            assert [json.loads(raw) for raw, _ in found] == expected
            assert [record for _, record in found if record is not None] == apart


@given(st.lists(VALUES, max_size=5), FORMS)
def test_elements_are_those_of_the_array(given_array: list[Any], form: dict[str, Any]) -> None:
    text = f" {json.dumps(given_array, **form)}\n"
    assert [json.loads(raw) for raw in elements(text)] == given_array
    assert json.loads(value(text)) == given_array


@given(st.text(alphabet='{}[]",:\\ 01.-+eEnulltrefas\n\x00u', max_size=14))
def test_what_is_no_json_is_refused_and_what_is_is_read(inner: str) -> None:
    text = '{"a": ' + inner + ', "b": 1}'
    try:
        expected: list[tuple[str, Any]] | None = json.loads(
            text, object_pairs_hook=list, parse_float=str, parse_int=str
        )
    except ValueError:
        expected = None
    if expected is not None and len({name for name, _ in expected}) < len(expected):
        expected = None
    if "NaN" in text or "Infinity" in text:
        return
    if expected is None:
        with pytest.raises(ValueError):
            members(text)
    else:
        assert list(members(text)) == [name for name, _ in expected]


@pytest.mark.parametrize(
    "number", ["1.10", "12345678901234567.12345", "1e400", "-0.0", "10" * 3000]
)
def test_numbers_stay_as_written(number: str) -> None:
    assert members(f'{{"a":{number}}}')["a"] == number


@pytest.mark.parametrize(
    "text", ['{"a":1,}', '{"a":01}', '{"a":1 2}', '{"a":.5}', '{"a":"\t"}', '{"a":1}}', "{,}", ""]
)
def test_what_only_looks_like_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        members(text)


def test_half_a_pair_is_written_as_its_escape_and_whole_ones_stay() -> None:
    assert storable("a\ud83d") == r"a\ud83d"
    assert storable("\udc00é😀") == r"\udc00é😀"
