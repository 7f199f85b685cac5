"""Which vars the code of dbt's manifest reads, through all macros that it reaches."""

from __future__ import annotations

import re
from typing import Any

# Not settings: what landing adds to every table is part of the code.
_FIXED = {"technical_columns"}
_VAR = re.compile(r"""\bvar\(\s*["'](\w+)["']""")


class Reader:
    """By the text of the code: dbt's own list leaves out what a branch not taken calls."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._macros = {
            macro["name"]: macro["macro_sql"]
            for macro in manifest["macros"].values()
            if macro["package_name"] == "storehouse"
        }
        self._calls = re.compile(rf"\b({'|'.join(self._macros)})\s*\(")

    def vars_of(self, code: str, without: frozenset[str] = frozenset()) -> set[str]:
        """`without` names macros that are replaced, so that their code does not count."""
        found: set[str] = set()
        reached: set[str] = set()
        to_read = [code]
        while to_read:
            text = to_read.pop()
            found.update(set(_VAR.findall(text)) - _FIXED)
            calls = set(self._calls.findall(text)) - without - reached
            reached |= calls
            to_read.extend(self._macros[name] for name in calls)
        return found


def unpinned_vars(manifest: dict[str, Any]) -> list[str]:
    """`model.unit_test: var` for each var that a unit test's result depends on unsaid.

    What a unit test's inputs read does not count: their rows are given.
    """
    reader = Reader(manifest)
    code = {
        node["name"]: node["raw_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    found = []
    for test in manifest["unit_tests"].values():
        overrides = test["overrides"] or {"macros": {}, "vars": {}}
        read = reader.vars_of(code[test["model"]], frozenset(overrides["macros"]))
        found += [
            f"{test['model']}.{test['name']}: {name}"
            for name in sorted(read - set(overrides["vars"]))
        ]
    return found
