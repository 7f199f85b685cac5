"""Rooms of the house import only rooms below them, so that what one may touch is in its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
# From the ground up. A room may use those before it.
ROOMS = (
    "storehouse.core",
    "storehouse.log",
    "storehouse.sources",
    "storehouse.landing",
    "storehouse.alerts",
    "storehouse.building",
    "storehouse.serving",
    "sample_shop",
    "storehouse.live",
    "storehouse.prove",
    "storehouse.cli",
)
# The shop that is invented for proofs knows nothing of the warehouse but how to tell progress.
OF_SAMPLE = {"sample_shop", "storehouse.core"}


def _room(module: str) -> str | None:
    return next((room for room in ROOMS if f"{module}.".startswith(f"{room}.")), None)


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_room_above_it(room: str) -> None:
    files = sorted((SCRIPTS / room.replace(".", "/")).rglob("*.py"))
    assert files
    allowed = OF_SAMPLE if room == "sample_shop" else set(ROOMS[: ROOMS.index(room) + 1])
    upward = {
        (str(file.relative_to(SCRIPTS)), module)
        for file in files
        for module in _imports(file)
        if (found := _room(module)) and found not in allowed
    }
    assert upward == set()


def test_every_module_is_in_a_room() -> None:
    modules = {
        str(file.relative_to(SCRIPTS))
        for file in (SCRIPTS / "storehouse").glob("*")
        if file.name != "__pycache__"
    }
    rooms = {room.replace(".", "/") for room in ROOMS if room.startswith("storehouse.")}
    assert modules == rooms | {"storehouse/__init__.py"}
