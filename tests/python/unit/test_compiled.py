"""What macros give where dbt compiles them and nothing is built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from storehouse.serving.follows import Follows, KeyMapping
from unit.project import dbt

# For each model and way of following, the feeds behind it; those by the key in the key's order.
_FOLLOWED = """
{%- set found = [] -%}
{%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
    {%- set key = key_columns(node) -%}
    {%- for way in follow_ways(node) -%}
        {%- set is_by_key = not way.since and way.columns | sort == key | sort -%}
        {%- set columns = [] -%}
        {%- for own in (key if is_by_key else way.columns) -%}
            {%- do columns.append(way.columns[own]) -%}
        {%- endfor -%}
        {%- set feeds = [] -%}
        {%- for feed in change_feeds(way.input, columns) -%}
            {%- do feeds.append([feed.name, feed.columns]) -%}
        {%- endfor -%}
        {%- do found.append({
            'model': node.unique_id, 'key': key if is_by_key else [],
            'input': way.input, 'columns': columns, 'feeds': feeds,
        }) -%}
    {%- endfor -%}
{%- endfor -%}
found={{ found | tojson }}
"""


def test_a_model_that_leaves_out_one_of_its_inputs_is_refused_by_name(
    parsed: dict[str, Any], parsed_home: Path
) -> None:
    without = (
        "{% set found = {} %}{% for node in graph.nodes.values() %}"
        "{% set follows = node.config.meta.follows or {} %}"
        "{% if node.config.materialized == 'replace_by_key' and follows | length > 1 %}"
        "{% for name in follows | list %}{% set declared = follows.pop(name) %}"
        "{% do found.setdefault(node.name, []).append(follow_problems(node)) %}"
        "{% do follows.update({name: declared}) %}{% endfor %}"
        "{% do found[node.name].append(follow_problems(node)) %}"
        "{% endif %}{% endfor %}found={{ found | tojson }}"
    )
    found = _found(parsed_home, without)
    assert len(found) > 20
    for name, problems in found.items():
        *refused, whole = problems
        assert whole == [], name
        follows = parsed["nodes"][f"model.storehouse.{name}"]["config"]["meta"]["follows"]
        for input_name, (problem, *more) in zip(follows, refused, strict=True):
            assert problem == f"{name} reads {input_name} but does not follow it"
            assert all(f" through {input_name}." in other for other in more)


def test_explain_reads_what_models_follow_as_dbt_reads_it(
    parsed: dict[str, Any], parsed_home: Path
) -> None:
    follows = Follows(parsed_home / "target" / "manifest.json")
    by_key = set()
    for way in _found(parsed_home, _FOLLOWED):
        mapping = KeyMapping(way["input"], tuple(way["key"]), tuple(way["columns"]))
        assert [[name, list(columns)] for name, columns in _feeds(follows, mapping)] == way["feeds"]
        if mapping.key:
            by_key.add((way["model"], mapping))
    models = [id_ for id_, one in parsed["nodes"].items() if one["resource_type"] == "model"]
    assert by_key == {(id_, mapping) for id_ in models for mapping in follows.key_mappings(id_)}
    assert len(by_key) > 50


def test_tests_of_changes_compile_before_anything_is_built(parsed_home: Path) -> None:
    output = dbt(parsed_home, "compile", "-s", "unique_in_changed_rows_fct_orders_order_key")
    assert "Compiled node" in output


def test_dates_are_the_shops_around_midnight_and_both_clock_changes(parsed_home: Path) -> None:
    london = '{"shops": {"shop": {"time_zone": "Europe/London"}}}'
    inline = ["--inline", "{{ local_date('placed_at') }}"]
    text = dbt(parsed_home, "--quiet", "compile", *inline, "--vars", london)
    expression = text[text.index("cast(") :].strip()
    dates = {
        "2025-01-31 23:59:59": "2025-01-31",
        "2025-03-30 00:59:59": "2025-03-30",
        "2025-03-30 22:59:59": "2025-03-30",
        "2025-03-30 23:00:00": "2025-03-31",
        "2025-10-25 23:00:00": "2025-10-26",
        "2025-10-26 23:59:59": "2025-10-26",
    }
    with duckdb.connect() as con:
        for at, date in dates.items():
            found = con.execute(
                f"select ({expression})::varchar "
                f"from (select 'shop' as source_name, timestamp '{at}' as placed_at)"
            )
            assert found.fetchall() == [(date,)], at


def _found(home: Path, code: str) -> Any:
    text = dbt(home, "--quiet", "compile", "--inline", code)
    return json.loads(text[text.index("found=") + len("found=") :])


def _feeds(follows: Follows, mapping: KeyMapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables behind an input, with the columns under their names there."""
    node = follows.node(mapping.input_id)
    if node["config"].get("materialized") == "view":
        for further in follows.view_mappings(mapping.input_id, mapping.columns):
            yield from _feeds(follows, further)
    else:
        raw = f"raw {node.get('source_name')}." if node["resource_type"] == "source" else ""
        yield f"{raw}{node['name']}", mapping.columns
