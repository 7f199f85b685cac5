"""The same results from dbt with less work of Python; `take` puts all of it in place.

Each shortcut stands for one part of dbt and gives what that part gives, which
tests/python/unit/test_dbt_shortcuts.py holds side by side (DECISIONS.md, 49).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import CodeType
from typing import Any, TypeVar

import dbt.context.providers
import dbt.parser.manifest
import parsedatetime  # type: ignore[import-untyped]
import sqlparse
from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import DuplicateMacroNameError
from dbt.include.global_project import PROJECT_NAME as GLOBAL_PROJECT_NAME
from dbt.utils import args_to_dict
from dbt_common.clients.jinja import (
    MacroFuzzEnvironment,
    MacroFuzzTemplate,
    NativeSandboxTemplate,
)
from dbt_common.events.base_types import (
    BaseEvent,
    DebugLevel,
    DynamicLevel,
    EventLevel,
    InfoLevel,
)
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager
from jinja2 import Undefined
from sqlparse import lexer
from sqlparse.sql import Statement, Token
from sqlparse.tokens import Comment, Other

T = TypeVar("T")


def take(heard: Iterable[str] = ()) -> None:
    """Let dbt, in this process, take the shortcuts; `heard` names the events below warnings
    that someone listens to.
    """
    ctx_set_event_manager(Events(heard))
    for level in (DebugLevel, DynamicLevel, InfoLevel):
        level.__init__ = remember  # type: ignore[assignment,method-assign]
    MacroNamespaceBuilder.build_namespace = build_namespace  # type: ignore[assignment,method-assign]
    MacroFuzzEnvironment.compile = compile_once  # type: ignore[assignment,method-assign]
    dbt.context.providers.args_to_dict = told_once(args_to_dict)  # type: ignore[attr-defined]
    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context  # type: ignore[assignment,method-assign]
    parsedatetime.Constants = cache(parsedatetime.Constants)  # made anew for each result set
    sqlparse.parse = parse_head
    dbt.parser.manifest.write_manifest = lambda *_: None  # the run writes it when it has ended


class Events(EventManager):
    """dbt's, but events that no one listens to are passed over unmade."""

    def __init__(self, heard: Iterable[str] = ()) -> None:
        super().__init__()
        self._heard = frozenset(heard)

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        is_alarm = (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR)
        if is_alarm or force_warn_or_error_handling or type(e).__name__ in self._heard:
            if "_said" in e.__dict__:
                arguments, fields = e.__dict__.pop("_said")
                BaseEvent.__init__(e, *arguments, **fields)
            super().fire_event(e, level, node, force_warn_or_error_handling)


def remember(event: BaseEvent, *arguments: Any, **fields: Any) -> None:
    """An event keeps what it would say until it is known whether someone listens."""
    event.__dict__["_said"] = arguments, fields


def told_once(tell: Callable[[T], dict[str, Any]]) -> Callable[[T], dict[str, Any]]:
    """What `tell` says of the arguments of this invocation, which no template changes."""
    told: dict[int, tuple[T, dict[str, Any]]] = {}

    def of(arguments: T) -> dict[str, Any]:
        if id(arguments) not in told:
            told[id(arguments)] = arguments, tell(arguments)
        return dict(told[id(arguments)][1])

    return of


class Macros(dict[str, Any]):
    """All macros that a template may call, by the name that it calls them by."""

    def __init__(self, namespace: MacroNamespace) -> None:
        super().__init__(
            namespace.global_project_namespace
            | {GLOBAL_PROJECT_NAME: namespace.global_project_namespace}
            | namespace.packages
            | namespace.global_namespace
            | namespace.local_namespace
        )
        self.get_from_package = namespace.get_from_package


def build_namespace(
    builder: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    context: dict[str, Any],
) -> Macros:
    """dbt's, which makes each of some 700 macros callable for each template it renders."""
    internal: dict[str, dict[str, MacroGenerator]] = {}
    for package, macros in macros_by_package.items():
        is_internal = package in builder.internal_package_names
        hierarchy = internal if is_internal else builder.packages
        hierarchy[package] = _callable(macros.values(), builder, context)
    builtin: dict[str, MacroGenerator] = {}
    for package in reversed(builder.internal_package_names_order):
        builtin.update(internal.get(package, {}))
    # Overrides of a unit test are written into packages, and must not show elsewhere.
    own = dict(builder.packages.get(builder.search_package, {}))
    is_root = builder.search_package == builder.root_package
    root = {} if is_root else dict(builder.packages.get(builder.root_package, {}))
    return Macros(MacroNamespace(root, own, builtin, builder.packages))


def _callable(
    macros: Iterable[Macro], builder: MacroNamespaceBuilder, context: dict[str, Any]
) -> dict[str, MacroGenerator]:
    made: dict[str, MacroGenerator] = {}
    for macro in macros:
        generator = MacroGenerator.__new__(MacroGenerator)
        generator.macro, generator.context = macro, context
        generator.node, generator.stack = builder.node, builder.thread_ctx
        if macro.name in made:
            raise DuplicateMacroNameError(generator.macro, macro, macro.package_name)
        made[macro.name] = generator
    return made


_compile = MacroFuzzEnvironment.compile
_compiled: dict[tuple[Any, ...], CodeType] = {}


def compile_once(
    environment: MacroFuzzEnvironment, source: Any, *names: Any, **options: Any
) -> Any:
    """jinja's compile; the same text, as tests and hooks have it by the dozen, once.

    Constants are folded in it, so that what is undefined has to mean the same.
    """
    if not isinstance(source, str) or environment.undefined is not Undefined:
        return _compile(environment, source, *names, **options)
    extensions = tuple(sorted(environment.extensions))
    key = (type(environment), extensions, source, names, tuple(sorted(options.items())))
    if key not in _compiled:
        _compiled[key] = _compile(environment, source, *names, **options)
    return _compiled[key]


_parse = sqlparse.parse


def parse_head(sql: str, encoding: str | None = None) -> tuple[Statement, ...]:
    """sqlparse's parse of one statement, of which only the beginning is taken apart.

    dbt looks there for the place of the fixtures of a unit test.
    """
    if ";" in sql:
        return tuple(_parse(sql, encoding))
    head: list[Token] = []
    for kind, text in lexer.tokenize(sql, encoding):  # type: ignore[no-untyped-call]
        head.append(Token(kind, text))  # type: ignore[no-untyped-call]
        is_before = head[-1].is_whitespace or kind in Comment
        if not is_before and head[-1].normalized not in ("WITH", "RECURSIVE"):
            break
    rest = sql[sum(len(token.value) for token in head) :]
    return (Statement([*head, Token(Other, rest)]),)  # type: ignore[no-untyped-call]
