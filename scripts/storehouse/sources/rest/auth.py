"""Authentication: each kind is an httpx.Auth that takes its secrets from the environment."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import httpx

from storehouse.core.errors import ConfigError
from storehouse.sources.rest.auth_declaration import AuthDeclaration
from storehouse.sources.rest.connection import Connection
from storehouse.sources.rest.login import MARGIN, Login
from storehouse.sources.rest.retries import RetryableError
from storehouse.sources.rest.secrets import Secrets, is_secret
from storehouse.sources.rest.tokens import Flow, TokenAuth, is_header_text

# How long a token is valid if its address does not say.
_TOKEN_SECONDS = 300

# Keys of variables whose values stand in headers as they are.
_HEADER_KEYS = ("value_variable", "token_variable", "id_variable")


def make_auth(
    connection: Connection,
    environ: Mapping[str, str],
    address: str,
    secrets: Secrets,
    now: Callable[[], datetime],
) -> httpx.Auth | None:
    """The declared authentication; its secrets are added to `secrets`.

    Raises ConfigError for what can't be sent.
    """
    declared = connection.auth
    if declared is None:
        return None
    if declared.kind == "login":
        return Login(declared, environ, address, secrets, headers=connection.headers, now=now)
    values = _values(declared, environ, secrets)
    if declared.kind == "oauth2":
        place = values.get("token_url") or address.rstrip("/") + values["token_path"]
        return ClientCredentials(values, place, secrets, now)
    if declared.kind == "hmac":
        return Signature(values, now)
    if declared.kind == "basic":
        basic = secrets.add_basic(values["user"], values.get("password", ""))
        return _Header("Authorization", basic)
    if declared.kind == "bearer":
        values |= {"name": "Authorization", "prefix": "Bearer ", "value": values["token"]}
    return _Header(values["name"], values.get("prefix", "") + values["value"])


def _values(
    declared: AuthDeclaration, environ: Mapping[str, str], secrets: Secrets
) -> dict[str, str]:
    """The declared keys, with the values of variables beside their names."""
    values = dict(declared.given)
    for key, variable in declared.given.items():
        if key.endswith("_variable"):
            values[key.removesuffix("_variable")] = environ[variable]
            if is_secret(key):
                secrets.add(environ[variable])
            if key in _HEADER_KEYS and not is_header_text(environ[variable]):
                raise ConfigError(
                    f"{variable} holds a line end or another character that is not allowed in a "
                    "header. Set it without."
                )
    return values


class _Header(httpx.Auth):
    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers[self._name] = self._value
        yield request


class ClientCredentials(TokenAuth):
    """OAuth2 client credentials."""

    place = "token address"

    def __init__(
        self,
        values: Mapping[str, str],
        address: str,
        secrets: Secrets,
        now: Callable[[], datetime],
    ) -> None:
        prefix = values.get("prefix", "" if "header" in values else "Bearer ")
        super().__init__(values.get("header", "Authorization"), prefix, secrets, now)
        self._values, self._address = values, address

    @property
    def variables(self) -> str:
        return f"{self._values['client_id_variable']} and {self._values['client_secret_variable']}"

    def token_request(self) -> httpx.Request:
        data = {"grant_type": "client_credentials"}
        if "scope" in self._values:
            data["scope"] = self._values["scope"]
        client = (self._values["client_id"], self._values["client_secret"])
        headers = {"Accept": "application/json"}
        if self._values.get("send") == "basic":
            headers["Authorization"] = self._secrets.add_basic(*client)
        else:
            data |= dict(zip(("client_id", "client_secret"), client, strict=True))
        return httpx.Request("POST", self._address, data=data, headers=headers)

    def taken(self, response: httpx.Response) -> tuple[str, datetime | None]:
        try:
            answer = response.json()
            token = str(answer["access_token"])
            seconds = float(answer.get("expires_in") or _TOKEN_SECONDS)
            holds = timedelta(seconds=seconds)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise RetryableError("its token address gave no token") from error
        return token, self._now() + max(holds - MARGIN, timedelta(0))


class Signature(httpx.Auth):
    """A header with the HMAC of the parts of the request that `sign` names."""

    requires_request_body = True

    def __init__(self, values: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._values, self._now = values, now

    def auth_flow(self, request: httpx.Request) -> Flow:
        values = self._values
        timestamp = str(int(self._now().timestamp()))
        text = values["sign"].format(
            method=request.method,
            path=request.url.raw_path.decode().partition("?")[0],
            query=request.url.query.decode(),
            timestamp=timestamp,
            body=request.content.decode(),
            body_sha256=hashlib.sha256(request.content).hexdigest(),
        )
        digest = hmac.new(values["key"].encode(), text.encode(), values.get("algorithm", "sha256"))
        is_hex = values.get("encoding", "hex") == "hex"
        signed = digest.hexdigest() if is_hex else base64.b64encode(digest.digest()).decode()
        request.headers[values["header"]] = values.get("prefix", "") + signed
        if "timestamp_header" in values:
            request.headers[values["timestamp_header"]] = timestamp
        if "id_header" in values:
            request.headers[values["id_header"]] = values["id"]
        yield request
