"""A login gives the token that all else is asked with."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from loaders.project import utc_now
from loaders.rest.server import Reply, Request
from loaders.rest.shop import ORDERS, RestShop
from storehouse.core.errors import ConfigError, SourceContractError, SourceUnavailable

BODY = {"user_variable": "S_USER", "password_variable": "S_PASSWORD", "remember": True}
LOGIN: dict[str, Any] = {"kind": "login", "path": "/login", "body": BODY, "token": "token"}


class Door:
    """Gives a token a login, and lets in with the newest of them only."""

    def __init__(self, shop: RestShop, answer: str = '{"token": "%s"}', **headers: str) -> None:
        self.logins: list[Request] = []
        self.answer, self.headers = answer, headers
        self.takes: Callable[[Request], str | None] = lambda r: r.headers.get("authorization")
        self.expected = "Bearer %s"
        self.refuses_with = 401
        listing = shop.orders
        shop.environ = {"S_USER": "a", "S_PASSWORD": "open sesame"}
        shop.api.routes = {
            "/login": self.log_in,
            "/orders": lambda request: (
                listing(request)
                if self.takes(request) == self.expected % self.token
                else Reply("", self.refuses_with)
            ),
        }

    @property
    def token(self) -> str:
        return f"t0k3n-{len(self.logins)}"

    def log_in(self, request: Request) -> Reply:
        self.logins.append(request)
        headers = {
            name.replace("_", "-"): value % self.token for name, value in self.headers.items()
        }
        body = self.answer % self.token if "%s" in self.answer else self.answer
        return Reply(body, headers=headers)


def declare(shop: RestShop, **auth: Any) -> None:
    shop.declare(
        auth={name: value for name, value in {**LOGIN, **auth}.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("answer", "auth"),
    [
        ('{"token": "%s"}', {}),
        ('{"data": {"access": {"jwt": "%s"}}}', {"token": "data.access.jwt"}),
        ('"%s"', {"token": "."}),
        ('{"token": "Bearer %s"}', {}),
    ],
)
def test_the_token_may_stand_anywhere_in_the_answer(
    shop: RestShop, answer: str, auth: Mapping[str, Any]
) -> None:
    door = Door(shop, answer)
    declare(shop, **auth)
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    (login,) = door.logins
    assert login.method == "POST"
    assert login.json == {"user": "a", "password": "open sesame", "remember": True}


def test_the_token_may_come_and_go_in_headers_of_their_own(shop: RestShop) -> None:
    door = Door(shop, "", X_Session="%s")
    door.takes, door.expected = lambda request: request.headers["x-auth"], "Key %s"
    declare(shop, token=None, token_header="X-Session", header="X-Auth", prefix="Key ")  # noqa: S106
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_the_token_may_be_a_cookie(shop: RestShop) -> None:
    door = Door(shop, "", Set_Cookie="session=%s; Path=/; HttpOnly; Secure")
    door.takes, door.expected = lambda request: request.headers["cookie"], "session=%s"
    declare(shop, token=None, token_cookie="session")  # noqa: S106
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


@pytest.mark.parametrize("send", ["form", "params", "basic", "nested"])
def test_what_proves_who_asks_may_be_sent_in_any_way(shop: RestShop, send: str) -> None:
    door = Door(shop)
    who = {"user_variable": "S_USER", "password_variable": "S_PASSWORD"}
    ways: dict[str, dict[str, Any]] = {
        "form": {"send": "form", "body": {**who, "grant": "password"}},
        "params": {"method": "GET", "params": who, "body": None},
        "basic": {**who, "body": None},
        "nested": {"body": {"jsonrpc": "2.0", "params": who}},
    }
    declare(shop, **ways[send])
    shop.load().raise_for_problems()
    (login,) = door.logins
    proof = base64.b64encode(b"a:open sesame").decode()
    sent: dict[str, Callable[[], Any]] = {
        "form": lambda: parse_qs(login.body.decode()),
        "params": lambda: (login.method, login.query),
        "basic": lambda: login.headers["authorization"],
        "nested": lambda: login.json,
    }
    right = {
        "form": {"user": ["a"], "password": ["open sesame"], "grant": ["password"]},
        "params": ("GET", {"user": "a", "password": "open sesame"}),
        "basic": f"Basic {proof}",
        "nested": {"jsonrpc": "2.0", "params": {"user": "a", "password": "open sesame"}},
    }
    assert sent[send]() == right[send]


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_renewed_once_for_all_threads(
    shop: RestShop, status: int
) -> None:
    door = Door(shop)
    door.refuses_with = status
    names = ["orders", "a", "b"]
    shop.api.routes |= {f"/{name}": shop.api.routes["/orders"] for name in names}
    tables = {name: (["id", "updated_at"], {**ORDERS, "path": f"/{name}"}) for name in names}
    shop.declare(tables, auth=LOGIN, parallel=3)
    shop.api.faults = [None, None, None, lambda _: door.logins.append(door.logins[0])]
    shop.load().raise_for_problems()
    assert all(len(shop.landed(table=name)) == 7 for name in names)
    assert sum(request.path == "/login" for request in shop.api.requests) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_again_is_an_error(shop: RestShop, status: int) -> None:
    door = Door(shop)
    door.expected, door.refuses_with = "never %s", status
    declare(shop)
    (error,) = shop.load().errors
    assert isinstance(error, SourceUnavailable)
    assert f"it refused the credentials with {status}" in str(error)
    assert len(door.logins) == 2


@pytest.mark.parametrize(
    "expires",
    ["20", '"20"', "moment", "unix", "unix_ms"],
)
def test_a_token_is_renewed_before_it_ends(shop: RestShop, expires: str) -> None:
    """It ends in 20 seconds, which is too soon for the next page."""
    ends_at = datetime.now(UTC) + timedelta(seconds=20)
    expires = {
        "moment": json.dumps(ends_at.isoformat()),
        "unix": str(int(ends_at.timestamp())),
        "unix_ms": str(int(ends_at.timestamp() * 1000)),
    }.get(expires, expires)
    door = Door(shop, '{"token": "%s", "meta": {"ends": ' + expires + "}}")
    declare(shop, expires="meta.ends")
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert len(door.logins) == 3


def test_a_token_that_holds_long_enough_is_kept(shop: RestShop) -> None:
    door = Door(shop, '{"token": "%s", "ends": 3600}')
    declare(shop, expires="ends")
    shop.load().raise_for_problems()
    assert len(door.logins) == 1


@pytest.mark.parametrize("expires", ["", ', "ends": null'])
def test_a_token_whose_end_is_not_said_is_kept_until_it_is_refused(
    shop: RestShop, expires: str
) -> None:
    door = Door(shop, '{"token": "%s"' + expires + "}")
    declare(shop, expires="ends")
    shop.api.faults = [None, None, Reply("", 401)]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert len(door.logins) == 2


@pytest.mark.parametrize("fault", [Reply("", 503), Reply('{"tok'), Reply("no", then="reset")])
def test_a_login_that_fails_for_a_moment_is_tried_again(shop: RestShop, fault: Reply) -> None:
    Door(shop)
    declare(shop)
    shop.api.faults = [fault]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_the_answer_to_a_login_is_unpacked_whole(shop: RestShop) -> None:
    Door(shop)
    declare(shop)

    def packed(_: Request) -> Reply:
        body = gzip.compress(b'{"token": ') + gzip.compress(b'"t0k3n-0"}')
        return Reply(body, headers={"Content-Encoding": "gzip"})

    shop.api.faults = [packed]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


@pytest.mark.parametrize(
    ("answer", "auth", "kind", "reason"),
    [
        (Reply("", 401), {}, SourceUnavailable, "login refused the client with 401; check S_USER"),
        (Reply("", 302), {}, SourceUnavailable, "login refused the client with 302"),
        (Reply('{"error": "c4n4ry"}'), {}, SourceUnavailable,
         "without a token at 'token' (it has error); check S_USER and S_PASSWORD"),
        (Reply('{"token": null}'), {}, SourceUnavailable, "without a token at 'token'"),
        (Reply('{"token": {"c4n4ry": 1}}'), {}, SourceUnavailable, "(it has token)"),
        (Reply('{"token": ""}'), {}, SourceUnavailable, "without a token"),
        (Reply('["c4n4ry"]'), {}, SourceUnavailable, "(it has no names)"),
        (Reply('{"token": "c4n4ry\\r\\nX: 1"}'), {}, SourceContractError, (
            "not allowed in a header"
        )),
        (Reply("{}"), {"token": None, "token_header": "X-Session"}, SourceUnavailable,
         "without a token at 'X-Session'"),
        (Reply("{}"), {"token": None, "token_cookie": "sid"}, SourceUnavailable,
         "without a token at 'sid' (it has no names)"),
        (Reply('{"token": "c4n4ry", "ends": "soon"}'), {"expires": "ends"}, SourceContractError,
         "says at 'ends' neither for how many seconds"),
        (Reply('{"token": "c4n4ry", "ends": 1e300}'), {"expires": "ends"}, SourceContractError,
         "neither"),
    ],
)  # fmt: skip
def test_a_login_without_a_token_says_what_to_check_and_shows_no_value(
    shop: RestShop, answer: Reply, auth: Mapping[str, Any], kind: type[Exception], reason: str
) -> None:
    Door(shop)
    declare(shop, **auth)
    shop.api.faults = [answer] * 9
    (error,) = shop.load().errors
    assert type(error) is kind
    assert str(error).startswith("s.orders: GET /orders?limit=3: its login ")
    assert reason in str(error)
    assert "c4n4ry" not in str(error)
    assert len(shop.api.requests) == 1


def test_a_short_name_of_a_user_stays_readable_in_messages(shop: RestShop) -> None:
    Door(shop)
    declare(shop)
    shop.api.faults = [None, Reply("no data at all of user a", 404)]
    (error,) = shop.load().errors
    assert "it answered 404: no data at all of user a; fix the path" in str(error)


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        ({"token": None}, "token is where the answer has it"),
        ({"token_header": "X"}, "token is where the answer has it"),
        ({"path": None}, "path is missing"),
        ({"method": "PATCH"}, "method is 'PATCH'"),
        ({"send": "xml"}, "send is 'xml'"),
        ({"body": {"user_variable": 1}}, "body.user_variable is 1"),
        ({"body": {"users": ["a"]}}, "body.users is ['a']"),
        (
            {"body": {"deep": {"pin_variable": "NOT_SET"}}},
            "needs the environment variables NOT_SET",
        ),
        ({"secret_variable": "S"}, "secret_variable is unknown"),
    ],
)
def test_a_wrong_declaration_is_named(shop: RestShop, auth: Mapping[str, Any], reason: str) -> None:
    Door(shop)
    declare(shop, **auth)
    with pytest.raises(ConfigError) as raised:
        shop.load(now=utc_now)
    assert reason in str(raised.value)
    assert not shop.api.requests
