"""What macros give where dbt compiles them and nothing is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from unit.project import dbt


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
            assert problem == f"{name} reads {input_name} and does not follow it"
            assert all(f" through {input_name}." in other for other in more)


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
