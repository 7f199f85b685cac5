"""The API on a real server: its answers are those of the published file, in every format."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from serving.questions import Question, hold_against_reports
from serving.served import EARLIER, add_earlier_build, asked, client_of, typed_rows
from storehouse.core.plain_json import as_json_text
from storehouse.serving import answers
from storehouse.serving.diff import diff
from storehouse.serving.explain import Question as Number
from storehouse.serving.explain import explain, explained_entries
from storehouse.serving.metrics import metrics
from storehouse.serving.pages import PageRequest, page_of_query, plain_decimals
from storehouse.serving.published import Published, published
from storehouse.serving.published_files import build_id_of, point_current_to, published_files
from storehouse.serving.reports import report_shapes
from storehouse.serving.where import Condition
from warehouse.homes import copy_of
from warehouse.shop import Home

Rows = list[tuple[Any, ...]]
# What has names of its own: rows, and texts by name.
_DATA = {
    *("rows", "entries", "order", "lines", "rates", "payments", "relations"),
    *("definitions", "cause_meanings", "loads", "new_days"),
}
_NEEDED = {"/v1/documents": {"document_id": "O000001"}, "/v1/metrics/{names}": {"by": "day"}}


@pytest.fixture(scope="module")
def home(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample shop with two builds."""
    home = copy_of(shop_home, tmp_path_factory.mktemp("api") / "home")
    add_earlier_build(home.settings)
    return home


@pytest.fixture(scope="module")
def build(home: Home) -> Iterator[Published]:
    with published(home.settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def api(home: Home) -> Iterator[httpx.Client]:
    with client_of(home) as client:
        yield client


def _of_json(answer: httpx.Response) -> Rows:
    return typed_rows(answer.json())


def _of_arrow(answer: httpx.Response) -> Rows:
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.schema.metadata[b"build_id"].decode() == answer.headers["storehouse-build"]
    return [tuple(row.values()) for row in table.to_pylist()]


def _of_csv(answer: httpx.Response) -> Rows:
    return [tuple(row) for row in csv.reader(io.StringIO(answer.text))][1:]


def _as_csv(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S.%f}"
        case _:
            return str(value)


def _pages(api: httpx.Client, address: str, **asked: Any) -> Iterator[httpx.Response]:
    """All pages of an answer, as its links lead to them."""
    answer = api.get(address, params=asked)
    yield answer.raise_for_status()
    while "next" in answer.links:
        answer = api.get(answer.links["next"]["url"])
        yield answer.raise_for_status()


@pytest.mark.parametrize(
    ("form", "read"), [("json", _of_json), ("arrow", _of_arrow), ("csv", _of_csv)]
)
def test_every_report_is_the_published_one_in_every_format(
    api: httpx.Client, build: Published, form: str, read: Callable[[httpx.Response], Rows]
) -> None:
    shapes = report_shapes(build)
    assert len(shapes) > 15
    for shape in shapes:
        expected = build.rows(f"select * from reports.rpt_{shape.name} order by all")
        pages = list(_pages(api, f"/v1/reports/{shape.name}", format=form, limit=2_000))
        found = [row for page in pages for row in read(page)]
        assert len(pages) == max(1, -(-len(expected) // 2_000))
        if form == "csv":
            expected = [tuple(map(_as_csv, row)) for row in expected]
        assert found == expected, shape.name


def test_drawn_questions_have_the_answers_of_the_reports_to_the_cent(
    api: httpx.Client, build: Published
) -> None:
    def ask(question: Question) -> Rows:
        address = f"/v1/metrics/{','.join(question.names)}"
        params = {"by": ",".join(question.by), "limit": 700, **asked(question)}
        return [row for page in _pages(api, address, **params) for row in _of_json(page)]

    hold_against_reports(build, ask)


def test_reports_and_metrics_are_listed_with_their_definitions(
    api: httpx.Client, build: Published
) -> None:
    listed = api.get("/v1/reports").json()["reports"]
    assert {one["name"] for one in listed} > {"daily_sales", "data_status", "findings"}
    assert all(column["description"] for one in listed for column in one["columns"])
    defined = api.get("/v1/metrics").json()["metrics"]
    assert defined == json.loads(as_json_text(metrics(build)))
    answer = api.get("/v1/metrics/net_sales").json()
    (column,) = answer["columns"]
    assert (column["unit"], column["description"]) == (
        "money",
        "Gross sales less discounts and returns.",
    )
    assert answer["currency_code"] == "GBP"


def test_a_number_is_explained_and_its_entries_are_all_there(
    api: httpx.Client, build: Published
) -> None:
    where = (Condition("channel", "=", ("web",)),)
    since, until = date(2025, 12, 1), date(2025, 12, 31)
    params = {"where": "channel=web", "since": "2025-12-01", "until": "2025-12-31"}
    found = api.get("/v1/explain/net_sales", params={**params, "top": 3}).json()
    expected = explain(build, "net_sales", where=where, since=since, until=until, top=3)
    assert len(found["documents"]) == 3
    assert found == json.loads(as_json_text(expected))
    pages = list(_pages(api, "/v1/explain/net_sales/entries", **params, limit=100))
    described = {column["name"]: column for column in pages[0].json()["columns"]}
    assert all(column["description"] for column in described.values())
    assert described["value"]["unit"] == "money"
    rows = [row[:-1] for page in pages for row in _of_json(page)]
    assert len(rows) > 100
    assert rows == explained_entries(build, Number("net_sales", where, since, until))


def test_a_document_is_shown_with_what_is_behind_it(api: httpx.Client, build: Published) -> None:
    order = build.one("select min(order_id) from marts.fct_orders")
    (found,) = api.get("/v1/documents", params={"document_id": order}).json()["documents"]
    entries = build.one(
        "select count(*) from marts.fct_ledger_entries where document_id = ?", [order]
    )
    assert len(found["entries"]) == entries
    assert found["order"][0]["order_id"] == order
    assert found["row_counts"]["entries"] == entries


def test_a_large_document_is_cut_and_its_rows_are_counted(
    build: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, lines = build.rows(
        "select order_id, count(*) from marts.fct_order_lines group by all order by all desc "
        "limit 1"
    )[0]
    monkeypatch.setattr(answers, "MAX_DOCUMENT_ROWS", 1)
    (found, *_) = answers.documents(build, order)
    assert len(found["lines"]) == 1
    assert found["row_counts"]["lines"] == lines


def test_restated_figures_are_listed_with_their_causes(api: httpx.Client, home: Home) -> None:
    expected = diff(home.settings)
    assert expected.figures
    found = api.get("/v1/diff").json()
    assert (found["older_build_id"], found["figure_count"]) == (EARLIER, len(expected.figures))
    assert found["causes"] == json.loads(as_json_text(expected.causes))
    assert found["definitions"]["net_sales"] == "Gross sales less discounts and returns."
    parts = {"figures": 1, "changes": 2, "new_days": 1, "causes": 100}
    for part, limit in parts.items():
        pages = list(_pages(api, f"/v1/diff/{part}", limit=limit))
        rows = [row for page in pages for row in page.json()["rows"]]
        assert rows == json.loads(as_json_text(getattr(expected, part)))
        assert len(pages) == max(1, -(-len(rows) // limit))


def test_data_status_says_how_new_the_build_is_and_which_are_kept(
    api: httpx.Client, build: Published
) -> None:
    found = api.get("/v1/data-status").json()
    assert found["build_id"] == build.build_id
    assert found["kept_builds"] == [EARLIER, build.build_id]
    relations = build.one("select count(*) from reports.rpt_data_status")
    assert len(found["relations"]) == relations


def test_an_unchanged_answer_is_304_for_the_same_build_and_request_only(api: httpx.Client) -> None:
    address = "/v1/reports/daily_totals?limit=3"
    first = api.get(address)
    has_it = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    again = api.get(address, headers=has_it)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    for other in (f"{address}&build={EARLIER}", "/v1/reports/daily_totals?limit=4"):
        assert api.get(other, headers=has_it).status_code == 200


def test_a_small_decimal_is_written_out(build: Published) -> None:
    page = page_of_query(build, "select 0::decimal(28, 10) as rate", "rates", PageRequest(1), ())
    assert page.document()["rows"] == [{"rate": "0.0000000000"}]
    assert as_json_text({"rate": build.one("select 0::decimal(28, 10)")}) == (
        '{"rate": "0.0000000000"}'
    )
    assert plain_decimals(page.table)["rate"].to_pylist() == ["0.0000000000"]


def test_a_link_to_the_next_page_is_an_address_whatever_the_path(api: httpx.Client) -> None:
    address = "/v1/metrics/net_sales,%E2%80%83orders?by=day&limit=1"
    first = api.get(address).raise_for_status()
    link = first.links["next"]["url"]
    assert " " not in link
    assert api.get(link).raise_for_status().json()["rows"] != first.json()["rows"]


def test_the_data_status_is_not_unchanged_once_other_builds_are_kept(
    shop_home: Home, tmp_path: Path
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    with client_of(home) as api:
        first = api.get("/v1/data-status")
        has_it = {"If-None-Match": first.headers["etag"]}
        assert api.get("/v1/data-status", headers=has_it).status_code == 304
        add_earlier_build(home.settings)
        other = api.get("/v1/data-status", headers=has_it)
        assert other.status_code == 200
        assert other.json()["kept_builds"][0] == EARLIER


def _open_files() -> list[str]:
    listed = Path("/proc/self/fd").iterdir()
    return [str(one.readlink()) for one in listed if one.is_symlink()]


def test_the_file_of_a_removed_build_is_closed_with_the_next_answer(
    shop_home: Home, tmp_path: Path
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    add_earlier_build(home.settings)
    server = answers.Answers(home.settings, 30)
    with server.build(EARLIER), server.build():
        pass
    folder = home.settings.published_dir / EARLIER
    assert any(file.startswith(str(folder)) for file in _open_files())
    shutil.rmtree(folder)
    with server.build():
        pass
    assert not any(file.startswith(str(folder)) for file in _open_files())
    server.close()


def test_a_running_server_answers_with_the_build_that_is_current(
    shop_home: Home, tmp_path: Path
) -> None:
    settings = copy_of(shop_home, tmp_path / "home").settings
    add_earlier_build(settings)
    earlier, current = published_files(settings)
    address = "/v1/metrics/net_sales"
    with client_of(Home(settings.home)) as api:
        first = api.get(address)
        assert first.headers["storehouse-build"] == build_id_of(current)
        has_it = {"If-None-Match": first.headers["etag"]}
        point_current_to(settings, earlier)
        other = api.get(address, headers=has_it)
        assert (other.status_code, other.headers["storehouse-build"]) == (200, EARLIER)
        assert other.json()["rows"] != first.json()["rows"]
        point_current_to(settings, current)
        assert api.get(address, headers=has_it).status_code == 304


def test_a_build_that_is_named_is_the_one_that_answers(api: httpx.Client) -> None:
    totals = {
        answer["build_id"]: answer["rows"][0]["net_sales"]
        for params in ({}, {"build": EARLIER})
        for answer in [api.get("/v1/metrics/net_sales", params=params).json()]
    }
    assert len(totals) == 2
    assert len(set(totals.values())) == 2


def test_every_example_of_the_description_is_answered(api: httpx.Client) -> None:
    described = api.get("/openapi.json").json()
    answered = 0
    for address, methods in described["paths"].items():
        if address in ("/v1/diff/{part}", "/healthz"):
            continue
        for parameter in methods["get"].get("parameters", ()):
            example = _example(parameter)
            if example is None or parameter["in"] == "path":
                continue
            path = address.format(name="daily_sales", names="net_sales", metric="net_sales")
            needed = {"document_id": "O000001"} if address == "/v1/documents" else {}
            answer = api.get(path, params={**needed, parameter["name"]: example})
            assert answer.status_code == 200, (address, parameter["name"], answer.text)
            answered += 1
    assert answered > 10


def test_every_response_has_an_example_of_its_form(api: httpx.Client) -> None:
    described = api.get("/openapi.json").json()["paths"]
    assert len(described) == 11
    for address, methods in described.items():
        content = methods["get"]["responses"]["200"]["content"]
        example = content["application/json"]["example"]
        path = address.format(
            name="daily_totals", names="net_sales", metric="net_sales", part="figures"
        )
        params = _NEEDED.get(address, {})
        answer = api.get(path, params=params).raise_for_status().json()
        assert _fits(answer, example), address
        if "text/csv; charset=utf-8" in content:
            assert content["text/csv; charset=utf-8"]["example"]


def _fits(answer: Any, example: Any) -> bool:
    """Whether an answer has the names of an example, null where it is not known."""
    if isinstance(answer, list) and isinstance(example, list):
        return all(any(_fits(one, like) for like in example) for one in answer)
    if isinstance(answer, dict) and isinstance(example, dict):
        stated = {name for name, value in answer.items() if value is not None}
        return stated <= example.keys() <= answer.keys() and all(
            _fits(answer[name], like) for name, like in example.items() if name not in _DATA
        )
    return True


def _example(parameter: dict[str, Any]) -> Any:
    schema = parameter["schema"]
    options = [schema, *schema.get("anyOf", ())]
    found = [option["examples"][0] for option in options if "examples" in option]
    return found[0] if found else None


def test_what_is_asked_and_how_new_the_data_are_is_counted(api: httpx.Client) -> None:
    api.get("/v1/reports/nothing")
    said = api.get("/metrics").text
    assert 'storehouse_requests_total{route="/v1/reports/{name}",status="404"}' in said
    assert "storehouse_loaded_timestamp_seconds 1." in said
