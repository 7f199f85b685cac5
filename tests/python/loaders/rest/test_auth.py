"""Credentials come from the environment, reach the server, and are seen nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import ORDERS, RestShop
from storehouse.core.errors import ConfigError, SourceError

CANARY = "c4n4ry+/=&é-secret"
TOKEN = "t0k3n-canary"  # noqa: S105

OAUTH = {
    "kind": "oauth2",
    "token_path": "/token",
    "client_id_variable": "S_ID",
    "client_secret_variable": "S_SECRET",
    "scope": "read",
}
HMAC = {
    "kind": "hmac",
    "key_variable": "S_SECRET",
    "header": "X-Signature",
    "sign": "{method}\n{path}\n{query}\n{timestamp}\n{body_sha256}",
    "timestamp_header": "X-Time",
    "id_header": "X-Key",
    "id_variable": "S_ID",
}


LOGIN = {
    "kind": "login",
    "path": "/login",
    "body": {"user_variable": "S_ID", "password_variable": "S_SECRET"},
    "token": "access.token",
}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def signed(request: Request) -> bool:
    query = "limit=3" + (f"&after={request.query['after']}" if "after" in request.query else "")
    query = query.replace("=", "%3D").replace("limit%3D", "limit=").replace("after%3D", "after=")
    text = "\n".join(
        ["GET", "/orders", query, request.headers["x-time"], hashlib.sha256(b"").hexdigest()]
    )
    digest = hmac.new(CANARY.encode(), text.encode(), "sha256").hexdigest()
    is_fresh = abs(int(request.headers["x-time"]) - time.time()) < 60
    return (
        is_fresh and request.headers["x-signature"] == digest and request.headers["x-key"] == "me"
    )


AUTHS: dict[str, tuple[dict[str, Any], Callable[[Request], bool]]] = {
    "header": (
        {"kind": "header", "name": "X-Api-Key", "value_variable": "S_TOKEN", "prefix": "Key "},
        lambda request: request.headers["x-api-key"] == f"Key {TOKEN}",
    ),
    "bearer": (
        {"kind": "bearer", "token_variable": "S_TOKEN"},
        lambda request: request.headers["authorization"] == f"Bearer {TOKEN}",
    ),
    "basic": (
        {"kind": "basic", "user_variable": "S_ID", "password_variable": "S_SECRET"},
        lambda request: request.headers["authorization"] == basic("me", CANARY),
    ),
    "basic with a key as user": (
        {"kind": "basic", "user_variable": "S_SECRET"},
        lambda request: request.headers["authorization"] == basic(CANARY, ""),
    ),
    "oauth2": (OAUTH, lambda request: request.headers["authorization"] == f"Bearer {TOKEN}"),
    "oauth2 by basic": (
        {**OAUTH, "send": "basic"},
        lambda request: request.headers["authorization"] == f"Bearer {TOKEN}",
    ),
    "hmac": (HMAC, signed),
    "login": (LOGIN, lambda request: request.headers["authorization"] == f"Bearer {TOKEN}"),
}


@pytest.fixture
def strict(shop: RestShop) -> RestShop:
    """The shop's server gives tokens, for the right client only."""
    shop.environ = {"S_TOKEN": TOKEN, "S_ID": "me", "S_SECRET": CANARY}

    def token(request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        by_body = (form.get("client_id"), form.get("client_secret")) == ("me", CANARY)
        by_header = request.headers.get("authorization") == basic("me", CANARY)
        if not (by_body or by_header) or form["grant_type"] != "client_credentials":
            return Reply(request.body, 401)
        return Reply(json.dumps({"access_token": TOKEN, "expires_in": 3600}))

    def login(request: Request) -> Reply:
        if request.json != {"user": "me", "password": CANARY}:
            return Reply(request.body, 401)
        return Reply(json.dumps({"access": {"token": TOKEN}}))

    shop.api.routes |= {"/token": token, "/login": login}
    return shop


@pytest.mark.parametrize("kind", AUTHS)
def test_each_kind_is_let_in(strict: RestShop, kind: str) -> None:
    auth, is_right = AUTHS[kind]
    listing = strict.orders
    strict.api.routes["/orders"] = lambda r: listing(r) if is_right(r) else Reply("", 401)
    strict.declare(auth=auth)
    strict.load().raise_for_problems()
    assert strict.ids() == list(range(1, 8))
    assert sum(request.path == "/token" for request in strict.api.requests) == kind.startswith("oa")


# What a server may say back: at once, in escapes, or where a message is cut short.
ECHOES: dict[str, Callable[[list[str]], str]] = {
    "plain": lambda secrets: json.dumps({"errors": secrets}, ensure_ascii=False),
    "escaped": lambda secrets: json.dumps({"errors": secrets}).replace("/", "\\/"),
    "html": lambda secrets: json.dumps(
        {"errors": html.escape(" ".join(secrets))}, ensure_ascii=False
    ),
    "cut": lambda secrets: json.dumps(
        {"errors": ["x" * 182 + "".join(secrets)]}, ensure_ascii=False
    ),
}


def secrets_of(kind: str) -> list[str]:
    if kind in ("header", "bearer"):
        return [TOKEN]
    if kind == "hmac":
        return [CANARY]
    both = base64.b64encode(f"me:{CANARY}".encode()).decode()
    if kind == "login":
        return [CANARY, TOKEN]
    return [CANARY, both, *([TOKEN] if kind.startswith("oauth") else [])]


@pytest.mark.parametrize("kind", ["bearer", "basic", "oauth2 by basic", "hmac", "login"])
@pytest.mark.parametrize("status", [200, 400, 401, 302])
def test_secrets_are_seen_nowhere(
    strict: RestShop, kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that says back all that it was told, in answers of every kind."""
    caplog.set_level(logging.DEBUG)
    strict.declare(auth=AUTHS[kind][0], errors="errors", attempts=2)
    seen = []
    secrets = secrets_of(kind)
    for echo in ECHOES.values():
        for first in secrets:
            body = echo([first, *secrets])
            location = {"Location": f"http://127.0.0.1/{quote(first, safe='')}"}
            reply = Reply(body, status, location)
            strict.api.routes["/orders"] = lambda _, reply=reply: reply  # type: ignore[misc]
            report = strict.load()
            with pytest.raises(SourceError, match=r"s\.orders") as raised:
                report.raise_for_problems()
            seen += [repr(report), str(raised.value)]
    seen_text = "\n".join([*seen, caplog.text])
    assert "•••" in seen_text or status == 401
    files = [path for path in strict.project.root.rglob("*") if path.is_file()]
    for secret in secrets:
        for part in (secret, secret[: len(secret) // 2], secret[: len(secret) // 2 + 1]):
            assert part not in seen_text
            assert not any(part.encode() in path.read_bytes() for path in files)


def test_a_token_that_is_refused_is_renewed_once(strict: RestShop) -> None:
    strict.declare(auth=OAUTH)
    strict.api.faults = [None, None, Reply("", 401)]
    strict.load().raise_for_problems()
    assert strict.ids() == list(range(1, 8))
    assert sum(request.path == "/token" for request in strict.api.requests) == 2


def test_a_token_is_renewed_before_it_ends(strict: RestShop) -> None:
    strict.declare(auth=OAUTH)
    brief = Reply(json.dumps({"access_token": TOKEN, "expires_in": 1}))
    strict.api.routes["/token"] = lambda _: brief
    strict.load().raise_for_problems()
    assert sum(request.path == "/token" for request in strict.api.requests) == 3


@pytest.mark.parametrize("fault", [Reply("", 503), Reply("<html>"), Reply('{"token": 1}')])
def test_a_token_address_that_fails_for_a_moment_is_asked_again(
    strict: RestShop, fault: Reply
) -> None:
    strict.declare(auth=OAUTH)
    strict.api.faults = [fault]
    strict.load().raise_for_problems()
    assert strict.ids() == list(range(1, 8))


def test_a_client_that_is_refused_learns_which_variables_to_check(strict: RestShop) -> None:
    strict.declare(auth=OAUTH)
    strict.environ["S_SECRET"] = "wrong"  # noqa: S105
    (error,) = strict.load().errors
    assert "refused the client with 401; check S_ID and S_SECRET" in str(error)
    assert "wrong" not in str(error)


def test_a_token_address_may_lie_elsewhere(strict: RestShop) -> None:
    auth = {key: value for key, value in OAUTH.items() if key != "token_path"}
    strict.environ["S_TOKEN_URL"] = strict.api.address + "/token"
    strict.declare(auth={**auth, "token_url_variable": "S_TOKEN_URL"})
    strict.load().raise_for_problems()
    assert strict.ids() == list(range(1, 8))


@pytest.mark.parametrize("value", ["c4n4ry\n", "c4n4ry\r\nX-Injected: 1", "c4n4rü"])
def test_a_secret_that_no_header_can_hold_is_refused_by_its_variable(
    strict: RestShop, value: str
) -> None:
    strict.environ["S_TOKEN"] = value
    strict.declare(auth=AUTHS["bearer"][0])
    with pytest.raises(ConfigError, match="S_TOKEN holds a line end") as raised:
        strict.load().raise_for_problems()
    assert "c4n4r" not in str(raised.value)
    assert not strict.api.requests


def test_a_signature_is_made_anew_for_each_attempt(strict: RestShop) -> None:
    times: list[Any] = []
    moments = iter(range(1_800_000_000, 1_900_000_000))
    strict.declare({"orders": (["id", "updated_at"], ORDERS)}, auth=HMAC)
    strict.api.faults = [Reply("", 500)]
    listing = strict.orders

    def noting(request: Request) -> Reply:
        times.append(request.headers["x-time"])
        return listing(request)

    strict.api.routes["/orders"] = noting
    strict.load(now=lambda: datetime.fromtimestamp(next(moments), UTC)).raise_for_problems()
    assert len(set(times)) == 3
