from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from storehouse.cli import render, render_proofs
from storehouse.cli.main import app, main
from storehouse.core import errors
from storehouse.prove import Comparison, Proof, seeds_of

PROJECT = Path(__file__).parents[3]


def _commands() -> dict[str, TyperCommand]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    commands = dict(group.commands)
    for name, inner in group.commands.items():
        if isinstance(inner, TyperGroup):
            commands |= {f"{name} {below}": c for below, c in inner.commands.items()}
    return {name: c for name, c in commands.items() if isinstance(c, TyperCommand)}


def _run(monkeypatch: pytest.MonkeyPatch, home: Path, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["storehouse", *arguments])
    monkeypatch.setenv("STOREHOUSE_HOME", str(home))
    monkeypatch.delenv("STOREHOUSE_INBOX", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_has_help_json_and_a_line_in_the_readme(name: str) -> None:
    command = _commands()[name]
    assert command.help
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options
    assert f"| `storehouse {name}" in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_error_has_its_exit_code_in_the_operators_guide() -> None:
    guide = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    for error in (
        errors.ConfigError,
        errors.SourceError,
        errors.LoadError,
        errors.BuildError,
        errors.PublishError,
        errors.LockedError,
        errors.UnexpectedError,
    ):
        assert f"| {error.exit_code} |" in guide


def test_an_error_with_json_is_a_document_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, "report", "daily_sales", "--json") == 6
    output = capsys.readouterr()
    assert output.out == ""
    assert json.loads(output.err)["exit_code"] == 6


def test_a_wrong_option_and_an_unknown_source_are_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, "load", "--nonsense") == 2
    assert _run(monkeypatch, tmp_path, "load", "--source", "nobody") == 2
    assert "STOREHOUSE_SOURCES" in capsys.readouterr().err
    monkeypatch.setenv("STOREHOUSE_SOURCES", "shop, online_retail")
    assert _run(monkeypatch, tmp_path, "status") == 2


def test_seeds_are_a_list_a_range_or_both_and_anything_else_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert seeds_of("3") == (3,)
    assert seeds_of("1..3, 7,2") == (1, 2, 3, 7)
    for wrong in ("", "one", "1..", "-1", "3..1", "1..5000"):
        with pytest.raises(errors.ConfigError):
            seeds_of(wrong)
    assert _run(monkeypatch, tmp_path, "prove", "equivalence", "--seeds", "x") == 2
    assert _run(monkeypatch, tmp_path, "prove", "truth", "--inbox", str(tmp_path)) == 2


def test_a_source_that_is_not_declared_can_not_be_proven(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _run(monkeypatch, tmp_path, "prove", "equivalence", "--source", "x") == 2


def test_a_difference_is_drawn_with_its_seed_and_rows() -> None:
    alike = Comparison(seed=1, table="marts.a", against="that", rows=1000)
    unlike = Comparison(2, "marts.a", "that", rows=5, surplus=1, examples=("key x: b 1",))
    found = Proof("it", (alike, unlike), (), ("a column: because",), 3.0, "again")
    console = Console(record=True, width=200, quiet=False)
    console.print(render_proofs.proof(found))
    text = console.export_text()
    for expected in ("1,005", "marts.a, seed 2", "key x: b 1", "because", "1 differ"):
        assert expected in text


def test_status_of_an_empty_home_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, "status") == 0
    assert "nothing yet" in capsys.readouterr().out


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    for terminal in (True, False):
        console = Console(force_terminal=terminal, record=True, width=100, quiet=False)
        with render.listener(console) as progress:
            progress.start("landing", 2)
            progress.advance(1, "first")
            progress.note("a note")
            progress.advance(1, "second")
        text = console.export_text()
        assert "a note" in text
        assert ("landing: 2 of 2 second" in text) is not terminal


def test_a_redirected_log_has_a_line_a_step_and_not_a_line_a_file() -> None:
    console = Console(force_terminal=False, record=True, width=100)
    with render.listener(console) as progress:
        progress.start("checking s.t", 305)
        for _ in range(305):
            progress.advance(1, "files")
        progress.start("landing", None)
        for page in range(1, 6):
            progress.advance(1, f"x.orders: {page} pages")
    assert console.export_text() == "checking s.t: 305 of 305 files\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "2026-02-01", "--until", "2026-01-01"], "is not before"),
        (["--since", "2026-02-01", "--full"], "leave out --since"),
        (["--since", "yesterday"], "--help"),
    ],
)
def test_a_span_that_is_none_exits_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    assert _run(monkeypatch, tmp_path, "load", *arguments) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_span_of_time_is_taken_with_and_without_a_zone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    span = ["--since", "2026-01-01T02:00:00+02:00", "--until", "2026-01-02"]
    assert _run(monkeypatch, tmp_path, "load", *span) == 0


def test_a_terminal_shows_what_stands_in_names_and_is_not_driven_by_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Escapes, rich's markup, bytes that are not UTF-8: in load, status and as JSON."""
    folder = tmp_path / "inbox" / "shop"
    names = ["\x1b[31mred\x1b[0m.csv", "[bold].csv", os.fsdecode(b"caf\xe9.csv")]
    for number, name in enumerate(names):
        path = folder / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    for arguments in (["load"], ["load", "--json"], ["status"], ["status", "--json"]):
        _run(monkeypatch, tmp_path, *arguments)
        output = capfd.readouterr()
        for text in (output.out, output.err):
            assert "\x1b" not in text
            text.encode()
        if "--json" in arguments:
            json.loads(output.out)
        elif arguments == ["load"]:
            assert r"\x1b[31mred\x1b[0m.csv" in output.out + output.err
            assert "[bold].csv" in output.out + output.err
            assert r"caf\xe9.csv" in output.out + output.err


def test_help_imports_nothing_that_only_some_commands_need() -> None:
    heavy = "{'dbt', 'metricflow', 'numpy', 'pyarrow', 'streamlit'}"
    code = f"import sys, storehouse.cli.main; print({heavy} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
