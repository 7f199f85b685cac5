"""Published data for assistants, by the Model Context Protocol: read-only, never SQL."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from importlib.metadata import version
from typing import Any, ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from starlette.types import ASGIApp

from storehouse.core.config import Settings
from storehouse.core.errors import StorehouseError
from storehouse.core.plain_json import as_json_text
from storehouse.serving.answers import Answers
from storehouse.serving.api.guard import LOOPBACK, Guard
from storehouse.serving.assistant_tools import Tools

_INSTRUCTIONS = """
Sales, customer, stock and web figures of an online shop. Start with list_metrics or list_reports;
describe_metric lists the dimensions of a metric. Query a metric rather than adding up rows. State
the definition and currency of each number and how recent the data are (data_status). Amounts are
decimal strings in `currency_code`, rates are between 0 and 1, days are in the shop's time zone.
Each result comes from one build; pass its build_id as `build` to query the same build again.
explain_metric shows what makes up a number. compare_builds says why past numbers have changed,
list_differences by how much: each figure, older and newer.
"""
Arguments = ParamSpec("Arguments")


def over_standard_io(settings: Settings, *, seconds: float) -> None:
    """Serve a client on standard input and output until it closes them."""
    with closing(Answers(settings, seconds)) as answers:
        _server(answers).run()


def over_http(settings: Settings, host: str, *, seconds: float) -> ASGIApp:
    """The server at /mcp; access is that of the API."""
    answers = Answers(settings, seconds)
    app = _server(answers).streamable_http_app(
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        host=host,
    )
    sessions = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: Any) -> AsyncIterator[Any]:
        async with answers.serving(), sessions(of) as state:
            yield state

    app.router.lifespan_context = lifespan
    return Guard(app, settings.api_keys, required=host not in LOOPBACK)


def _server(answers: Answers) -> MCPServer:
    tools = Tools(answers)
    return MCPServer(
        "storehouse",
        title="storehouse",
        version=version("storehouse"),
        instructions=" ".join(_INSTRUCTIONS.split()),
        log_level="WARNING",
        tools=[
            _tool(tools.list_metrics),
            _tool(tools.describe_metric),
            _tool(tools.query_metrics),
            _tool(tools.list_reports),
            _tool(tools.describe_report),
            _tool(tools.read_report),
            _tool(tools.explain_metric),
            _tool(tools.list_entries),
            _tool(tools.explain_document),
            _tool(tools.compare_builds),
            _tool(tools.list_differences),
            _tool(tools.data_status),
        ],
    )


def _tool(answer: Callable[..., dict[str, Any]]) -> Tool:
    made = Tool.from_function(
        _with_plain_results(answer),
        description=inspect.getdoc(answer),
        annotations=ToolAnnotations(
            read_only_hint=True, idempotent_hint=True, open_world_hint=False
        ),
    )
    # The SDK ignores unknown arguments; ignoring a misspelt one would silently change the answer.
    arguments = made.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    made.parameters = arguments.model_json_schema()
    return made


def _with_plain_results(
    tool: Callable[Arguments, dict[str, Any]],
) -> Callable[Arguments, dict[str, Any]]:
    """The tool with its result as plain JSON, and with errors that a model can act on."""

    @functools.wraps(tool)
    def wrapper(*arguments: Arguments.args, **named: Arguments.kwargs) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(as_json_text(tool(*arguments, **named)))
        except StorehouseError as error:
            raise ToolError(str(error)) from error
        return found

    return wrapper
