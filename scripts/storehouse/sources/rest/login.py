"""A login whose answer holds the token: in its JSON, a header or a cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources import exact_json
from storehouse.sources.declarations.moments import utc_moment
from storehouse.sources.rest import charsets
from storehouse.sources.rest.auth_declaration import AuthDeclaration
from storehouse.sources.rest.records import Node, steps
from storehouse.sources.rest.retries import RetryableError
from storehouse.sources.rest.secrets import Secrets, is_secret
from storehouse.sources.rest.tokens import TokenAuth

# A token is renewed so long before it ends.
MARGIN = timedelta(seconds=30)
# A number above the one is a moment (seconds since 1970), above the other in milliseconds.
_MOMENTS, _MILLISECONDS = 1e9, 1e11
# How many names of an answer are shown, and how much of each.
_LISTED, _SHOWN = 12, 50


class Login(TokenAuth):
    """See docs/add-a-source.md for its keys."""

    place = "login"
    refusals = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

    def __init__(
        self,
        declared: AuthDeclaration,
        environ: Mapping[str, str],
        address: str,
        secrets: Secrets,
        *,
        headers: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        options = declared.given
        cookie = options.get("token_cookie")
        default = "Cookie" if cookie else "Authorization"
        prefix = f"{cookie}=" if cookie else "" if "header" in options else "Bearer "
        super().__init__(
            options.get("header", default), options.get("prefix", prefix), secrets, now
        )
        self._declared = declared
        proof = _headers(options, environ, secrets)
        self._sent = {"Accept": "application/json", **headers, **proof}
        self._body = _filled(declared.body, environ, secrets)
        self._params = _filled(declared.params, environ, secrets)
        self._address = address.rstrip("/") + "/" + options["path"].lstrip("/")

    @property
    def variables(self) -> str:
        return " and ".join(self._declared.variables)

    def token_request(self) -> httpx.Request:
        options, body = self._declared.given, self._body or None
        is_form = options.get("send") == "form"
        return httpx.Request(
            options.get("method", "POST"),
            self._address,
            params=self._params or None,
            headers=self._sent,
            data=body if is_form else None,
            json=None if is_form else body,
        )

    def taken(self, response: httpx.Response) -> tuple[str, datetime | None]:
        options = self._declared.given
        if "token_header" in options:
            given, place = response.headers.get(options["token_header"]), options["token_header"]
            names: Iterable[str] = response.headers
        elif "token_cookie" in options:
            cookies = _cookies(response)
            given, place, names = (
                cookies.get(options["token_cookie"]),
                options["token_cookie"],
                cookies,
            )
        else:
            answer = _answer(response)
            found = answer.at(_steps(options["token"]))
            is_text = found is not None and found.raw[0] not in "[{" and found.raw != "false"
            given, place = found.landed if found and is_text else None, options["token"]
            names = answer.members if answer.is_object else ()
        if not given:
            listed = ", ".join(brief(name, _SHOWN) for name in islice(names, _LISTED))
            raise SourceUnavailable(
                f"its login answered without a token at {place!r} (it has "
                f"{listed or 'no names'}); check {self.variables}, or fix where the "
                "token is"
            )
        return given.strip().removeprefix(self._prefix or " "), self._renewed_at(response)

    def _renewed_at(self, response: httpx.Response) -> datetime | None:
        path = self._declared.given.get("expires")
        if path is None:
            return None
        found = _answer(response).at(_steps(path))
        if found is None or found.landed is None:
            return None
        ends_at = _moment(found.landed, self._now())
        if ends_at is None:
            raise SourceContractError(
                f"its login says at {path!r} neither for how many seconds its token is valid nor "
                "until when; fix `expires`, or leave it out"
            )
        return max(ends_at - MARGIN, self._now())


def _headers(
    options: Mapping[str, str], environ: Mapping[str, str], secrets: Secrets
) -> dict[str, str]:
    """User and password as HTTP Basic, if they are declared beside the body."""
    if "user_variable" not in options:
        return {}
    user = environ[options["user_variable"]]
    password = environ[options["password_variable"]] if "password_variable" in options else ""
    return {"Authorization": secrets.add_basic(user, password)}


def _filled(
    given: Mapping[str, Any], environ: Mapping[str, str], secrets: Secrets
) -> dict[str, Any]:
    """The values to send, with those of variables under the names of their keys."""
    filled: dict[str, Any] = {}
    for key, value in given.items():
        if isinstance(value, dict):
            filled[key] = _filled(value, environ, secrets)
        elif key.endswith("_variable"):
            filled[key.removesuffix("_variable")] = environ[value]
            if is_secret(key):
                secrets.add(environ[value])
        else:
            filled[key] = value
    return filled


def _answer(response: httpx.Response) -> Node:
    content_type = response.headers.get("content-type", "")
    try:
        return Node(exact_json.value(charsets.json_text(response.content, content_type)))
    except (ValueError, RecursionError):
        raise RetryableError("its login's answer is not complete JSON") from None


def _steps(path: str) -> tuple[str, ...]:
    """`.` is the answer itself."""
    return () if path == "." else steps(path)


def _cookies(response: httpx.Response) -> dict[str, str]:
    pairs = (line.partition(";")[0] for line in response.headers.get_list("set-cookie"))
    named = (pair.partition("=") for pair in pairs)
    return {name.strip(): value.strip() for name, _, value in named}


def _moment(text: str, now: datetime) -> datetime | None:
    """The moment given by a number of seconds, or by a moment in any form."""
    try:
        number = float(text)
    except ValueError:
        return utc_moment(text)
    if not 0 <= number < float("inf"):
        return None
    if number < _MOMENTS:
        return now + timedelta(seconds=number)
    try:
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError):
        return None
