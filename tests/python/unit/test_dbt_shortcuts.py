from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlparse
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.clients.jinja import MacroStack
from dbt.compilation import inject_ctes_into_sql
from dbt.context.macros import MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import DuplicateMacroNameError
from dbt_common.clients.jinja import get_template
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel, InfoLevel
from dbt_common.events.types import Formatting, Note, SystemCouldNotWrite
from jinja2 import UndefinedError

from storehouse.building import dbt_shortcuts
from storehouse.building.dbt_shortcuts import build_namespace, compile_once, parse_head

_BUILD_NAMESPACE = MacroNamespaceBuilder.build_namespace


@pytest.mark.parametrize(
    "sql",
    [
        "with a as (select 1), b as (select (2)) select * from a, b",
        "\n  -- why\n  /* and how */ with a as (select 1)\nselect * from a",
        "WITH /* all */ recursive a as (select 1) select * from a",
        "with\n\nrecursives as (select 1) select * from recursives",
        "select * from (with a as (select 1) select * from a)",
        "with a as (select ';') select * from a",
        "-- first; why\nselect (1)",
        "-- one; two\nselect * from (with a as (select 1) select * from a), f",
        "with a as (select 1) select * from a; select 2",
        "-- why\nselect 1",
        "(select 1)",
        "select 1",
    ],
)
def test_fixtures_are_put_into_sql_where_dbt_puts_them(
    monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    fixtures = [InjectedCTE("f", "f as (select 'given' as value)")]
    said_by_dbt = inject_ctes_into_sql(sql, fixtures)
    monkeypatch.setattr(sqlparse, "parse", parse_head)
    assert inject_ctes_into_sql(sql, fixtures) == said_by_dbt


def _macro(package: str, name: str) -> Macro:
    return Macro(
        name=name,
        package_name=package,
        unique_id=f"macro.{package}.{name}",
        path="",
        original_file_path="",
        macro_sql=f"{{% macro {name}() %}}{package}{{% endmacro %}}",
        resource_type="macro",  # type: ignore[arg-type]
    )


def _by_package(*macros: Macro) -> dict[str, dict[str, Macro]]:
    found: dict[str, dict[str, Macro]] = {}
    for macro in macros:
        found.setdefault(macro.package_name, {})[macro.unique_id] = macro
    return found


_EVERYWHERE = _by_package(
    *(_macro(package, "same") for package in ("dbt", "dbt_duckdb", "extra", "storehouse")),
    *(_macro(package, f"of_{package}") for package in ("dbt", "dbt_duckdb", "extra", "storehouse")),
    _macro("dbt", "adapted"),
    _macro("dbt_duckdb", "adapted"),
    _macro("extra", "dbt"),
)


def _builder(search_package: str) -> MacroNamespaceBuilder:
    stack = MacroStack()  # type: ignore[no-untyped-call]
    return MacroNamespaceBuilder("storehouse", search_package, stack, ["dbt_duckdb", "dbt"])


@pytest.mark.parametrize("search_package", ["storehouse", "extra", "dbt", "unknown"])
def test_a_template_sees_the_macros_that_dbt_lets_it_see(search_package: str) -> None:
    context: dict[str, Any] = {}
    said_by_dbt = _BUILD_NAMESPACE(_builder(search_package), _EVERYWHERE, context)
    ours = build_namespace(_builder(search_package), _EVERYWHERE, context)

    def macros(members: Any) -> Any:
        if isinstance(members, dict):
            return {name: macros(member) for name, member in members.items()}
        return members.macro.unique_id

    assert macros(ours) == macros(dict(said_by_dbt))
    for package in (None, "dbt", "extra", "storehouse"):
        for name in ("same", "of_dbt", "of_extra", "adapted", "nowhere"):
            found, expected = (
                namespace.get_from_package(package, name) for namespace in (ours, said_by_dbt)
            )
            assert (found and found.macro) == (expected and expected.macro)
    for namespace in (ours, said_by_dbt):
        namespace["storehouse"]["of_storehouse"] = None  # type: ignore[assignment,index]
        assert namespace["of_storehouse"].macro.package_name == "storehouse"  # type: ignore[union-attr]
    generator = ours["of_storehouse"]
    assert generator.context is context
    assert generator() == "storehouse"


def test_two_macros_of_one_name_are_refused_as_by_dbt() -> None:
    twice = {"storehouse": {"a": _macro("storehouse", "same"), "b": _macro("storehouse", "same")}}
    for build in (_BUILD_NAMESPACE, build_namespace):
        with pytest.raises(DuplicateMacroNameError):
            build(_builder("storehouse"), twice, {})


def test_a_text_is_compiled_once_and_rendered_with_what_each_reader_brings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dbt_common.clients.jinja.MacroFuzzEnvironment.compile", compile_once)
    text = "{{ told }} and {{ 1 + 1 }}"
    templates = [
        get_template(text, {}),
        get_template(text, {}),
        get_template(text, {}, native=True),
    ]
    assert [template.render({"told": told}) for told, template in enumerate(templates)] == [
        "0 and 2",
        "1 and 2",
        "2 and 2",
    ]
    assert templates[0].root_render_func.__code__ is templates[1].root_render_func.__code__
    rendered = [get_template("{{ told }}", {}, native=native) for native in (True, False)]
    assert [repr(template.render({"told": 2})) for template in rendered] == ["2", "'2'"]


def test_what_is_undefined_is_found_whoever_compiled_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dbt_common.clients.jinja.MacroFuzzEnvironment.compile", compile_once)
    forgiving = get_template("{{ {}.x.y }}", {}, capture_macros=True)
    assert forgiving.render({}) == ""
    with pytest.raises(UndefinedError):
        get_template("{{ {}.x.y }}", {}).render({})


@pytest.mark.parametrize(
    ("level_of_event", "said"),
    [
        (DebugLevel, lambda: SystemCouldNotWrite(path="here", reason="full", exc="")),
        (InfoLevel, lambda: Note(msg="here")),
        (InfoLevel, lambda: Formatting("here")),
    ],
)
def test_an_event_is_made_only_where_someone_listens(
    monkeypatch: pytest.MonkeyPatch,
    level_of_event: type[BaseEvent],
    said: Callable[[], BaseEvent],
) -> None:
    made: list[str] = []
    heard: list[str] = []
    make = BaseEvent.__init__

    def note(event: BaseEvent, *arguments: Any, **fields: Any) -> None:
        made.append(type(event).__name__)
        make(event, *arguments, **fields)

    def fire(*listens_to: str, level: EventLevel | None = None) -> None:
        events = dbt_shortcuts.Events(listens_to)
        events.add_callback(lambda told: heard.append(str(told.info)))
        events.fire_event(said(), level=level)

    monkeypatch.setattr(BaseEvent, "__init__", note)
    monkeypatch.setattr(level_of_event, "__init__", dbt_shortcuts.remember)
    fire()
    assert (made, heard) == ([], [])
    name = type(said()).__name__
    fire(name)
    fire(level=EventLevel.WARN)
    assert made == [name, name]
    assert len(heard) == 2
    assert all("here" in text for text in heard)


def test_what_is_told_once_can_not_be_changed_by_who_was_told() -> None:
    asked: list[object] = []

    def tell(arguments: object) -> dict[str, Any]:
        asked.append(arguments)
        return {"which": arguments}

    told = dbt_shortcuts.told_once(tell)
    mine, others = object(), object()
    told(mine)["which"] = None
    assert told(mine) == {"which": mine}
    assert told(others) == {"which": others}
    assert asked == [mine, others]
