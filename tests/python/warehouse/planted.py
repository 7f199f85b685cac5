"""A small dbt project whose tests pass, fail, warn and err in every way dbt knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILES = {
    "dbt_project.yml": """
name: planted
profile: planted
flags: {send_anonymous_usage_stats: false}
vars: {shops: {shop: {}}, technical_columns: {}}
""",
    "profiles.yml": """
planted:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('STOREHOUSE_HOME') }}/warehouse.duckdb", threads: 1}
""",
    "models/numbers.sql": """
select * from (values (1, 'a', 1.5), (2, 'b', 2.5), (2, 'b', 2.5), (null, 'c', 0)) t (n, letter, d)
""",
    "models/letters.sql": "select distinct letter from {{ ref('numbers') }} where letter <> 'c'",
    "models/below.sql": "select * from {{ ref('letters') }}",
    "models/broken.sql": """
{{ config(materialized='table') }} select 'a'::integer as one from {{ ref('firm') }}
""",
    "models/doubled.sql": "select 2 * one as two from {{ ref('firm') }}",
    "models/tripled.sql": "select 3 * one as three from {{ ref('firm') }}",
    "models/firm.sql": "select 1 as one",
    "models/calm.sql": "select 1 as one, 10 as ten",
    "models/_models.yml": """
models:
  - name: calm
    columns:
      - {name: one, data_tests: [not_null, unique, {accepted_values: {arguments: {values: [1]}}}]}
      - name: ten
        data_tests:
          - not_null: {name: passes_with_where, config: {where: "one = 1"}}
          - not_null: {name: passes_with_limit, config: {limit: 1}}
          - not_null: {name: passes_and_stores_failures, config: {store_failures: true}}
          - not_null: {name: passes_by_its_threshold, config: {error_if: "> 2", warn_if: "> 1"}}
          - not_null: {name: calculates_null, config: {fail_calc: "sum(ten)"}}
          - not_null: {name: fails_on_nothing, config: {error_if: "= 0", warn_if: "= 0"}}
  - name: letters
    columns:
      - {name: letter, data_tests: [not_null, unique]}
  - name: numbers
    columns:
      - name: n
        data_tests:
          - not_null: {name: fails}
          - not_null: {name: warns, config: {severity: warn}}
          - not_null: {name: fails_outside_where, config: {where: "letter = 'a'"}}
          - unique: {name: warns_below_two, config: {warn_if: "> 0", error_if: "> 1"}}
          - unique: {name: fails_by_its_sum, config: {fail_calc: "sum(n_records)"}}
          - unique: {name: fails_by_a_decimal, config: {fail_calc: "sum(n_records) / 4.0"}}
          - relationships: {name: fails_on_a_stranger, arguments: {to: ref('calm'), field: one}}
          - not_null: {name: fails_and_stores_failures, config: {store_failures: true}}
          - not_null: {name: calculates_nonsense, config: {fail_calc: "no_such_function()"}}
      - name: letter
        data_tests:
          - unique: {name: fails_up_to_a_limit, config: {limit: 1, severity: warn}}
          - accepted_values: {name: fails_on_values, arguments: {values: [a]}}
unit_tests:
  - name: holds
    model: doubled
    given: [{input: ref('firm'), rows: [{one: 2}]}]
    expect: {rows: [{two: 4}]}
  - name: does_not_hold
    model: tripled
    given: [{input: ref('firm'), rows: [{one: 2}]}]
    expect: {rows: [{three: 7}]}
""",
    "tests/passes_alone.sql": "select * from {{ ref('calm') }} where one = 2 -- none",
    "tests/fails_alone.sql": "select * from {{ ref('calm') }} -- all",
    "tests/does_not_compile.sql": "{{ no_such_macro(ref('calm')) }}",
    "tests/is_no_sql.sql": "select from where {{ ref('calm') }}",
    "tests/errs_on_a_row.sql": "select one from {{ ref('calm') }} where 'x'::integer = 1",
    "tests/depends_on_a_broken_model.sql": "select * from {{ ref('broken') }} where one = 2",
}


@dataclass(frozen=True)
class Planted:
    """The project in a folder, with a home of its own."""

    path: Path
    home: str = "home"

    def write(self, files: dict[str, str] | None = None) -> Planted:
        """Write the project, or further files over it."""
        for name, text in (files or _FILES).items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        (self.path / self.home).mkdir(exist_ok=True)
        return self

    def remove(self, *names: str) -> None:
        for name in names:
            (self.path / name).unlink()

    def dbt(self, command: str = "build") -> dict[str, tuple[Any, ...]]:
        """What plain dbt says of each node."""
        self._run(["dbt", command])
        return self._results()

    def storehouse(self) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]]]:
        """The report of `storehouse build`, and what it says of each node."""
        return json.loads(self._run(["storehouse", "build", "--force", "--json"])), self._results()

    def _results(self) -> dict[str, tuple[Any, ...]]:
        run = json.loads((self.path / self.home / "target" / "run_results.json").read_text())
        return {
            result["unique_id"]: (result["status"], result["failures"], result["message"])
            for result in run["results"]
        }

    def _run(self, command: list[str]) -> str:
        home = self.path / self.home
        paths = {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs")}
        return subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=self.path,
            env=os.environ | paths | {"STOREHOUSE_HOME": str(home), "DBT_USE_COLORS": "false"},
            capture_output=True,
            text=True,
            check=False,
        ).stdout
