"""What the API refuses, and how plainly it says so."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from serving.served import EARLIER, add_earlier_build, client_of
from storehouse.core.errors import AnswerTimeout, BuildGone
from storehouse.serving.answers import NARROWER, Answers, Filters, metric_page, report_page
from storehouse.serving.pages import PageRequest
from storehouse.serving.published import Deadline, limited, published
from warehouse.homes import copy_of
from warehouse.shop import Home


@pytest.fixture(scope="module")
def api(shop_home: Home) -> Iterator[httpx.Client]:
    with client_of(shop_home) as client:
        yield client


@pytest.fixture(scope="module")
def home(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample shop with two builds."""
    home = copy_of(shop_home, tmp_path_factory.mktemp("refusals") / "home")
    add_earlier_build(home.settings)
    return home


def _detail(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == status
    assert found["title"]
    assert found["instance"] == answer.url.path
    return str(found["detail"])


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/v1/reports/daily_sale", 404, "Did you mean daily_sales?"),
        ("/v1/reports/daily_sales%22%3B%20drop", 404, "There is no report"),
        ("/v1/metrics/net_sale", 404, "Did you mean net_sales?"),
        ("/v1/metrics/net_sales?by=kategory", 404, "Did you mean category?"),
        ("/v1/metrics/net_sales,net_sales", 400, "Name each once"),
        ("/v1/reports/daily_sales?where=foo=1", 404, "There is no column of daily_sales"),
        ("/v1/reports/daily_sales?where=foo", 422, "where: The condition 'foo'"),
        ("/v1/reports/daily_sales?where=sales_date=foo", 400, "can't be compared"),
        ("/v1/reports/daily_sales?sinse=2025-01-01", 422, "sinse: there is no such parameter"),
        ("/v1/reports/daily_sales?since=20250101", 422, "write it as 2025-12-31"),
        ("/v1/reports/daily_sales?limit=10001", 422, "less than or equal to 10000"),
        ("/v1/metrics/net_sales?since=soon", 422, "since: not a date; write it as"),
        ("/v1/reports/daily_sales?limit=0", 422, "greater than or equal to 1"),
        ("/v1/reports/daily_sales?format=xlsx", 422, "format: Input should be"),
        ("/v1/reports/daily_sales?build=19990101T000000.000000Z", 410, "Kept builds: 2"),
        ("/v1/reports/product_affinity?since=2025-01-01", 400, "has no days"),
        ("/v1/explain/conversion", 400, "is not a sum over entries of the book"),
        ("/v1/documents?document_id=nobody", 404, "has no document 'nobody'"),
        ("/v1/documents", 422, "document_id: Field required"),
        ("/v1/diff", 400, "no two published builds"),
        ("/v1/diff?older=&newer=", 410, "There is no published build ''"),
        ("/v1/diff/nothing", 422, "part: Input should be"),
        ("/nothing", 404, "/openapi.json lists all requests"),
        ("/v1/reports/daily_sales?page=foo", 400, "This is not a page token"),
    ],
)
def test_a_refusal_says_what_to_do(api: httpx.Client, address: str, status: int, said: str) -> None:
    assert said in _detail(api.get(address), status)


def test_only_get_is_answered(api: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = api.request(method, "/v1/reports")
        assert "Specified method is invalid" in _detail(answer, 405)
        assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "value", ["' or '1'='1", '"', "{{ 1 / 0 }}", "--", "x;select 1", "\\", "\x00", "🧺", "%s"]
)
def test_a_value_is_never_taken_for_sql(api: httpx.Client, value: str) -> None:
    quoted = '"{}"'.format(value.replace('"', '""'))
    for address in ("/v1/reports/category_sales", "/v1/metrics/net_sales", "/v1/explain/net_sales"):
        field = "category_name" if "reports" in address else "category"
        answer = api.get(address, params={"where": f"{field}={quoted}"})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found.get("documents", []) == []
        assert [value for row in found.get("rows", ()) for value in row.values()] in (
            [],
            ["0.0000"],
        )


def test_a_page_token_is_of_one_question(api: httpx.Client) -> None:
    first = api.get("/v1/reports/daily_sales?limit=5").json()["next_page"]
    for other in ("/v1/reports/daily_sales?since=2025-02-01", "/v1/reports/daily_totals?limit=5"):
        assert "belongs to another request" in _detail(api.get(f"{other}&page={first}"), 400)
    other_build = {"page": first, "build": "20200101T000000.000000Z"}
    assert "belongs to build" in _detail(
        api.get("/v1/reports/daily_sales", params=other_build), 400
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda place: [*place[:2], place[2][:-1]],
        lambda place: [*place[:2], ["foo", *place[2][1:]]],
        lambda place: [*place[:2], [1, *place[2][1:]]],
        lambda place: [*place[:2], {"sales_date": 1}],
        lambda place: [None, *place[1:]],
        lambda place: {"build_id": place[0]},
        lambda place: place[0],
        lambda place: [*place[:2], 5],
        lambda place: [*place[:2], ["\ud800", *place[2][1:]]],
        lambda place: [*place[:2], ["9" * 5_000, *place[2][1:]]],
    ],
)
def test_a_forged_page_token_is_refused(api: httpx.Client, change: Any) -> None:
    token = api.get("/v1/reports/daily_sales?limit=5").json()["next_page"]
    place = json.loads(base64.urlsafe_b64decode(token))
    forged = base64.urlsafe_b64encode(json.dumps(change(place)).encode()).decode()
    _detail(api.get("/v1/reports/daily_sales", params={"page": forged}), 400)


def test_a_forged_page_token_of_a_comparison_is_refused(home: Home) -> None:
    with client_of(home) as api:
        token = api.get("/v1/diff/changes?limit=1").json()["next_page"]
        build_ids, request, row = json.loads(base64.urlsafe_b64decode(token))
        day = [*row[:2], "9" * 5_000, *row[3:]]
        for found in (day, ["9" * 5_000], ["\ud800", *row[1:]], 5):
            forged = base64.urlsafe_b64encode(json.dumps([build_ids, request, found]).encode())
            params = {"page": forged.decode()}
            _detail(api.get("/v1/diff/changes", params=params), 400)
        of_report = api.get("/v1/reports/daily_sales?limit=1").json()["next_page"]
        said = _detail(api.get("/v1/diff/changes", params={"page": of_report}), 400)
        assert "belongs to another request" in said


def test_a_page_of_a_build_that_is_no_longer_kept_is_gone(shop_home: Home, tmp_path: Path) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    add_earlier_build(home.settings)
    answers = Answers(home.settings, seconds=30)
    with answers.build(EARLIER) as build:
        token = report_page(build, "daily_sales", Filters(), PageRequest(5)).next_page
    assert token
    with answers.build(token=token) as build:
        assert (
            report_page(build, "daily_sales", Filters(), PageRequest(5, token)).build_id == EARLIER
        )
    shutil.rmtree(home.settings.published_dir / EARLIER)
    with (
        pytest.raises(BuildGone, match=r"no longer kept\. Start again without a page token"),
        answers.build(token=token),
    ):
        pass
    answers.close()


def test_an_answer_that_takes_too_long_is_ended(shop_home: Home) -> None:
    def entries(seconds: float) -> int:
        with published(shop_home.settings, deadline=Deadline(seconds, NARROWER)) as build:
            by = ["ledger_entry", "document", "product", "customer"]
            return len(metric_page(build, ["net_sales"], by, Filters(), PageRequest(10_000)).table)

    assert entries(60) == 10_000
    with pytest.raises(AnswerTimeout, match=r"exceeded the time limit of 0\.001 s. Ask for fewer"):
        entries(0.001)
    with client_of(shop_home, "--timeout", "0.001") as client:
        answer = client.get("/v1/metrics/net_sales?by=ledger_entry,document,product,customer")
        assert "time limit of 0.001 s. Ask for fewer days" in _detail(answer, 503)
        answer = client.get("/v1/documents?document_id=O000001")
        assert "time limit of 0.001 s. Try again later" in _detail(answer, 503)


def test_the_time_limit_counts_from_when_the_request_arrived() -> None:
    late = Deadline(60, "Wait.", arrived=time.monotonic() - 60)
    endless = "select count(*) from range(1_000_000_000) as a, range(1_000_000) as b"
    with (
        duckdb.connect() as con,
        pytest.raises(AnswerTimeout, match=r"limit of 60 s\. Wait"),
        limited(con, late),
    ):
        con.execute(endless)


def test_before_the_first_publish_the_api_says_so(tmp_path: Path) -> None:
    with client_of(Home(tmp_path / "home")) as client:
        for address in ("/healthz", "/v1/reports", "/v1/metrics/net_sales"):
            said = _detail(client.get(address), 503)
            assert said == "Nothing is published yet. Run `storehouse run` first."
        assert client.get("/metrics").status_code == 200


def test_pages_of_other_origins_may_ask_only_where_that_is_allowed(
    shop_home: Home, api: httpx.Client
) -> None:
    origin = {"Origin": "http://localhost:3000"}
    assert "access-control-allow-origin" not in api.get("/v1/reports", headers=origin).headers
    with client_of(shop_home, "--allow-origin", origin["Origin"]) as client:
        asks = {
            **origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "Authorization, If-None-Match",
        }
        assert client.options("/v1/reports", headers=asks).status_code == 200
        answer = client.get("/v1/reports", headers=origin)
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]
        other = client.get("/v1/reports", headers={"Origin": "http://127.0.0.1:1"})
        assert "access-control-allow-origin" not in other.headers


def test_origins_that_would_be_refused_are_refused_at_the_start(
    shop_home: Home, tmp_path: Path
) -> None:
    (tmp_path / "published").symlink_to(shop_home.path / "published")
    home = Home(tmp_path)
    foreign = ("--allow-origin", "https://shop.example")
    said = home.storehouse("serve", *foreign, code=2)["error"]
    assert "Web pages of https://shop.example need an API key" in said
    key = home.storehouse("api-keys", "add", "page")["key"]
    headers = {"Origin": foreign[1], "Authorization": f"Bearer {key}"}
    with client_of(home, *foreign) as client:
        answer = client.get("/v1/reports", headers=headers)
        assert answer.headers["access-control-allow-origin"] == foreign[1]
