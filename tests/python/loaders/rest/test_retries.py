"""What passes is asked again, what lasts is an error that says what to do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from loaders.rest.server import Reply
from loaders.rest.shop import RestShop
from storehouse.core.errors import SourceContractError, SourceUnavailable


def http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    "fault",
    [
        Reply("", 429),
        Reply("", 429, {"Retry-After": "0"}),
        Reply("", 429, {"Retry-After": "soon"}),
        Reply("", 500),
        Reply("", 502),
        Reply("", 503, {"Retry-After": "Fri, 24 Jan 2025 10:00:00 GMT"}),
        Reply("", 504),
        Reply("", 408),
        Reply('{"orders": [{"id": 1', then=""),
        Reply("<html>Bad gateway</html>"),
        Reply(b'{"orders": "\xff"}'),
        Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
        Reply('{"orders": []}' * 50, then="truncate"),
        Reply('{"orders": []}' * 50, then="reset"),
        Reply(then="hang"),
    ],
    ids=lambda reply: f"{reply.status} {reply.then} {dict(reply.headers)} {reply.body[:9]!r}",
)
def test_a_fault_that_passes_is_asked_again(shop: RestShop, fault: Reply) -> None:
    shop.declare(timeout_seconds=0.3, first_wait_seconds=0.01, attempts=3)
    shop.api.faults = [None, fault]
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))
    assert len(shop.api.requests) == 4


def test_retry_after_is_waited_for(shop: RestShop) -> None:
    shop.api.faults = [Reply("", 429, {"Retry-After": "1"})]
    begun = time.monotonic()
    shop.load().raise_for_problems()
    assert time.monotonic() - begun >= 1


def test_retry_after_as_a_date_counts_from_the_servers_clock(shop: RestShop) -> None:
    """The server's clock is a day ahead: its date means two seconds, not a day."""
    day = 86_400
    headers = {"Retry-After": http_date(day + 2), "Date": http_date(day)}
    shop.api.faults = [Reply("", 503, headers)]
    begun = time.monotonic()
    shop.load().raise_for_problems()
    assert 0.9 <= time.monotonic() - begun < 10


@pytest.mark.parametrize("reset", ["1", "moment"])
def test_a_spent_rate_limit_is_waited_for_before_the_next_request(
    shop: RestShop, reset: str
) -> None:
    limit = {"remaining_header": "X-Remaining", "reset_header": "X-Reset"}
    shop.declare(rate_limit=limit)

    def spent(_: object) -> Reply:
        moment = str(time.time() + 2) if reset == "moment" else reset
        reply = shop.orders(shop.api.requests[-1])
        return Reply(reply.body, headers={"X-Remaining": "0", "X-Reset": moment})

    shop.api.faults = [spent]
    begun = time.monotonic()
    shop.load().raise_for_problems()
    assert time.monotonic() - begun >= 0.9
    assert len(shop.api.requests) == 3


def test_a_wait_longer_than_declared_is_not_waited_for(shop: RestShop) -> None:
    shop.declare(longest_wait_seconds=5)
    shop.api.faults = [Reply("", 429, {"Retry-After": "3600"})]
    (error,) = shop.load().errors
    assert isinstance(error, SourceUnavailable)
    assert "asks to wait 3,600 s, longer than longest_wait_seconds (5)" in str(error)
    assert len(shop.api.requests) == 1


def test_errors_inside_200_are_errors(shop: RestShop) -> None:
    shop.declare(errors="errors", retry_codes=["THROTTLED"])
    throttled = '{"errors": [{"message": "x", "extensions": {"code": "THROTTLED"}}]}'
    shop.api.faults = [Reply(throttled), None, Reply('{"errors": [{"message": "no such field"}]}')]
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert "no such field" in str(error)
    assert shop.ids() == [1, 2, 3]
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))


def test_after_the_last_attempt_the_error_says_what_to_do_and_the_next_load_goes_on(
    shop: RestShop,
) -> None:
    shop.api.faults = [None, *[Reply("", 503)] * 4]
    (error,) = shop.load().errors
    assert str(error).startswith("s.orders: GET /orders?limit=3&after=")
    assert "it answered 503 in 4 attempts. Run again" in str(error)
    assert error.exit_code == 3
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (400, SourceContractError, "it answered 400: no such filter; fix the path"),
        (404, SourceContractError, "it answered 404"),
        (401, SourceUnavailable, "refused the credentials with 401; check the variables"),
        (403, SourceUnavailable, "refused the credentials with 403"),
        (302, SourceContractError, "points to http://elsewhere/, which is not followed"),
        (501, SourceContractError, "it answered 501"),
    ],
)
def test_what_lasts_is_asked_once(
    shop: RestShop, status: int, kind: type[Exception], message: str
) -> None:
    shop.api.faults = [Reply("no such filter", status, {"Location": "http://elsewhere/"})] * 5
    (error,) = shop.load().errors
    assert isinstance(error, kind)
    assert message in str(error)
    assert len(shop.api.requests) == 1


def test_a_server_that_drips_its_answer_is_not_waited_for_ever(shop: RestShop) -> None:
    shop.declare(answer_seconds=0.3, attempts=2)
    shop.api.faults = [Reply(" " * 200, then="drip"), Reply(" " * 200, then="drip")]
    begun = time.monotonic()
    (error,) = shop.load().errors
    assert "took longer than 0.3 s in 2 attempts" in str(error)
    assert time.monotonic() - begun < 5


def test_a_server_that_is_not_there_is_unavailable(shop: RestShop) -> None:
    shop.api.address = "http://127.0.0.1:9"
    (error,) = shop.load().errors
    assert isinstance(error, SourceUnavailable)
    assert "the connection failed" in str(error)


def test_other_sources_go_on(shop: RestShop) -> None:
    shop.api.faults = [Reply("", 400)]
    shop.project.declare("z", t={"columns": ["a"]})
    shop.project.deliver("z/t/1.csv", "a\n1\n")
    assert len(shop.load().errors) == 1
    assert shop.project.query("select a from raw_z.t") == [("1",)]
