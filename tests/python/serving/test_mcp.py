"""Assistants on real servers, by the SDK's own client: on standard input, and over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from serving.lanes import remove_offset, write_now
from serving.questions import Question, hold_against_reports
from serving.served import EARLIER, add_earlier_build, asked, serving, typed_rows
from storehouse.serving.metrics import metrics
from storehouse.serving.published import Published, published
from storehouse.serving.reports import report_shapes
from warehouse.homes import copy_of
from warehouse.shop import PROJECT, Home

WRONG = [
    ("query_metrics", {"names": ["net_sale"]}, "Did you mean net_sales?"),
    ("query_metrics", {"names": ["net_sales"], "by": ["kategory"]}, "Did you mean category?"),
    ("query_metrics", {"names": ["net_sales"], "sinse": "2025-01-01"}, "sinse"),
    ("query_metrics", {"names": ["net_sales"], "since": "yesterday"}, "write it as 2025-12-31"),
    ("query_metrics", {"names": ["net_sales"], "where": ["Books"]}, "Write it as category=Books"),
    ("query_metrics", {"names": ["net_sales"], "limit": 1001}, "less than or equal to 1000"),
    ("query_metrics", {"names": ["net_sales"], "build": "2020"}, f"Kept builds: {EARLIER}, "),
    ("describe_metric", {"name": "sales"}, "There is no metric 'sales'"),
    ("read_report", {"name": "daily_sale"}, "Did you mean daily_sales?"),
    ("explain_metric", {"metric": "conversion"}, "Explain one of"),
    ("explain_document", {"document_id": "nobody"}, "Give the source's ID"),
]


@pytest.fixture(scope="module")
def home(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample shop with two builds."""
    home = copy_of(shop_home, tmp_path_factory.mktemp("mcp") / "home")
    add_earlier_build(home.settings)
    return home


@pytest.fixture(scope="module")
def build(home: Home) -> Iterator[Published]:
    with published(home.settings) as opened:
        yield opened


@dataclass(frozen=True)
class Assistant:
    """A client of the SDK, without its event loop."""

    client: Client
    portal: BlockingPortal

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        found: CallToolResult = self.portal.call(self.client.call_tool, tool, arguments)
        return found

    def answer(self, tool: str, **arguments: Any) -> dict[str, Any]:
        found = self.call(tool, **arguments)
        assert not found.is_error, found.content
        answer: dict[str, Any] = found.structured_content
        return answer


@contextmanager
def _connected(transport: Any) -> Iterator[Assistant]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(transport)) as client,
    ):
        yield Assistant(client, portal)


@asynccontextmanager
async def _with_key(url: str, key: str) -> AsyncIterator[Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        yield streams


@pytest.fixture(scope="module", params=["stdio", "http"])
def assistant(request: pytest.FixtureRequest, home: Home) -> Iterator[Assistant]:
    if request.param == "stdio":
        command = str(Path(sys.executable).with_name("storehouse"))
        server = StdioServerParameters(
            command=command, args=["mcp"], env=home.variables, cwd=PROJECT
        )
        with _connected(server) as connected:
            yield connected
    else:
        with serving(home, "mcp", "--http") as address, _connected(f"{address}/mcp") as connected:
            yield connected


def test_all_tools_are_read_only_and_say_what_they_do(assistant: Assistant) -> None:
    assert "list_metrics" in (assistant.client.instructions or "")
    tools = assistant.portal.call(assistant.client.list_tools).tools
    assert len(tools) == 12
    for tool in tools:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False


def test_drawn_questions_have_the_answers_of_the_reports_to_the_cent(
    assistant: Assistant, build: Published
) -> None:
    def ask(question: Question) -> list[tuple[Any, ...]]:
        arguments = {"names": list(question.names), "by": list(question.by), **asked(question)}
        rows, page = [], None
        while True:
            found = assistant.answer("query_metrics", **arguments, limit=1_000, page=page)
            rows += typed_rows(found)
            page = found["next_page"]
            if page is None:
                return rows

    hold_against_reports(build, ask)


def test_metrics_and_reports_are_listed_and_described(
    assistant: Assistant, build: Published
) -> None:
    listed = assistant.answer("list_metrics")["metrics"]
    assert [one["name"] for one in listed] == [one.name for one in metrics(build)]
    metric = assistant.answer("describe_metric", name="net_sales")["metric"]
    assert metric["description"] == "Gross sales less discounts and returns."
    assert {"month", "channel", "category"} < set(metric["dimensions"])
    reports = assistant.answer("list_reports")["reports"]
    assert [one["name"] for one in reports] == [one.name for one in report_shapes(build)]
    assert all("One row per" in one["description"] for one in reports)
    report = assistant.answer("describe_report", name="daily_sales")["report"]
    assert report["day"] == "sales_date"
    assert all(column["description"] for column in report["columns"])


def test_a_report_is_read_in_pages_of_one_build(assistant: Assistant, build: Published) -> None:
    expected = build.rows("select * from reports.rpt_category_sales order by all")
    first = assistant.answer("read_report", name="category_sales", limit=50)
    rest = assistant.answer(
        "read_report", name="category_sales", limit=1_000, page=first["next_page"]
    )
    assert rest["next_page"] is None
    assert typed_rows(first) + typed_rows(rest) == expected
    assert {first["build_id"], rest["build_id"]} == {build.build_id}


def test_a_report_of_now_says_which_lane_and_offset_it_is_of(
    assistant: Assistant, home: Home
) -> None:
    write_now(home.settings, "web", 12)
    try:
        found = assistant.answer("read_report", name="funnel_now")
        assert (found["now"]["lane"], found["now"]["log_offset"]) == ("web", 12)
        assert found["rows"]
        (lane,) = assistant.answer("data_status")["now"]
        assert lane == found["now"]
    finally:
        (home.settings.published_dir / "now_web.duckdb").unlink()
        remove_offset(home.settings, "web", 12)
    assert assistant.answer("read_report", name="funnel_now")["now"] is None


def test_a_number_comes_with_its_definition_its_parts_and_its_documents(
    assistant: Assistant,
) -> None:
    asked_for = {"where": ["channel=web"], "since": "2025-12-01", "until": "2025-12-31"}
    value = assistant.answer("query_metrics", names=["net_sales"], **asked_for)
    (column,) = value["columns"]
    assert (column["unit"], value["currency_code"]) == ("money", "GBP")
    assert column["description"] == "Gross sales less discounts and returns."
    found = assistant.answer("explain_metric", metric="net_sales", top=1, **asked_for)
    assert found["value"] == value["rows"][0]["net_sales"]
    (document,) = found["documents"]
    entries = assistant.answer("list_entries", metric="net_sales", limit=1_000, **asked_for)
    assert len(entries["rows"]) == min(1_000, found["entry_count"])
    (behind,) = assistant.answer(
        "explain_document", document_id=document["document_id"], source=document["source_name"]
    )["documents"]
    assert behind["entries"]


def test_restated_figures_and_the_age_of_the_data_are_answered(
    assistant: Assistant, build: Published
) -> None:
    found = assistant.answer("compare_builds", largest=1)
    assert (found["older_build_id"], found["newer_build_id"]) == (EARLIER, build.build_id)
    assert found["figure_count"] > 0
    changed = [one["metric"] for one in found["largest_changes"]]
    assert "net_sales" in changed
    assert len(changed) == len(set(changed))
    first = assistant.answer("list_differences", limit=1)
    rest = assistant.answer("list_differences", limit=1_000, page=first["next_page"])
    figures = [*first["rows"], *rest["rows"]]
    assert len(figures) == found["figure_count"]
    (restated,) = (one for one in figures if one["metric"] == "net_sales")
    assert Decimal(restated["older"]) - Decimal(restated["newer"]) == 1
    assert set(found["definitions"]) == {cause["metric"] for cause in found["causes"]}
    status = assistant.answer("data_status", build=EARLIER)
    assert status["build_id"] == EARLIER
    assert status["loaded_until"].endswith("Z")


@pytest.mark.parametrize(("tool", "arguments", "said"), WRONG)
def test_an_error_tells_the_model_what_to_do(
    assistant: Assistant, tool: str, arguments: dict[str, Any], said: str
) -> None:
    found = assistant.call(tool, **arguments)
    assert found.is_error
    assert said in found.content[0].text  # type: ignore[union-attr]


def test_over_http_a_key_is_needed_where_there_are_keys(shop_home: Home, tmp_path: Path) -> None:
    (tmp_path / "published").symlink_to(shop_home.path / "published")
    home = Home(tmp_path)
    with serving(home, "mcp", "--http") as address:
        url = f"{address}/mcp"
        with _connected(url) as assistant:
            assert assistant.answer("list_metrics")["metrics"]
        assert httpx.post(url, headers={"Host": "shop.example"}).status_code == 421
        key = home.storehouse("api-keys", "add", "assistant")["key"]
        assert httpx.post(url, json={}).status_code == 401
        with _connected(_with_key(url, key)) as assistant:
            assert assistant.answer("list_metrics")["metrics"]


def test_nothing_but_the_protocol_is_said_on_standard_output(home: Home) -> None:
    version = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    call = {"name": "query_metrics", "arguments": {"names": ["net_sales"]}}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": version},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("storehouse")), "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **home.variables},
        cwd=PROJECT,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdin.close()
        answers += [json.loads(line) for line in server.stdout]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["structuredContent"]["rows"]


def test_an_address_without_http_is_refused(home: Home) -> None:
    for option in (("--port", "8502"), ("--host", "127.0.0.2")):
        said = home.storehouse("mcp", *option, code=2)["error"]
        assert said == "--host and --port need --http: add it, or leave them out."
