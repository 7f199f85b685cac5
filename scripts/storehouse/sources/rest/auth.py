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
from storehouse.sources.rest.retries import WorthARetry
from storehouse.sources.rest.secrets import Secrets, is_secret
from storehouse.sources.rest.tokens import Flow, TokenAuth, is_header_text

# A token holds so long where its address says nothing.
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
    """The authentication declared, its secrets known to `secrets`.

    Raises ConfigError for what can't be sent.
    """
    declared = connection.auth
    if declared is None:
        return None
    if declared.kind == "login":
        return Login(declared, environ, address, secrets, headers=connection.headers, now=now)
    said = _said(declared, environ, secrets)
    if declared.kind == "oauth2":
        place = said.get("token_url") or address.rstrip("/") + said["token_path"]
        return ClientCredentials(said, place, secrets, now)
    if declared.kind == "hmac":
        return Signature(said, now)
    if declared.kind == "basic":
        basic = secrets.add_basic(said["user"], said.get("password", ""))
        return _Header("Authorization", basic)
    if declared.kind == "bearer":
        said |= {"name": "Authorization", "prefix": "Bearer ", "value": said["token"]}
    return _Header(said["name"], said.get("prefix", "") + said["value"])


def _said(
    declared: AuthDeclaration, environ: Mapping[str, str], secrets: Secrets
) -> dict[str, str]:
    """What is declared, with the values of variables beside their names."""
    said = dict(declared.given)
    for key, variable in declared.given.items():
        if key.endswith("_variable"):
            said[key.removesuffix("_variable")] = environ[variable]
            if is_secret(key):
                secrets.add(environ[variable])
            if key in _HEADER_KEYS and not is_header_text(environ[variable]):
                raise ConfigError(
                    f"{variable} holds a line end or another character that is not allowed in a "
                    "header. Set it without."
                )
    return said


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
        said: Mapping[str, str],
        address: str,
        secrets: Secrets,
        now: Callable[[], datetime],
    ) -> None:
        prefix = said.get("prefix", "" if "header" in said else "Bearer ")
        super().__init__(said.get("header", "Authorization"), prefix, secrets, now)
        self._said, self._address = said, address

    @property
    def variables(self) -> str:
        return f"{self._said['client_id_variable']} and {self._said['client_secret_variable']}"

    def token_request(self) -> httpx.Request:
        data = {"grant_type": "client_credentials"}
        if "scope" in self._said:
            data["scope"] = self._said["scope"]
        client = (self._said["client_id"], self._said["client_secret"])
        headers = {"Accept": "application/json"}
        if self._said.get("send") == "basic":
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
            raise WorthARetry("its token address gave no token") from error
        return token, self._now() + max(holds - MARGIN, timedelta(0))


class Signature(httpx.Auth):
    """A header with the HMAC of what `sign` says of the request."""

    requires_request_body = True

    def __init__(self, said: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._said, self._now = said, now

    def auth_flow(self, request: httpx.Request) -> Flow:
        said = self._said
        timestamp = str(int(self._now().timestamp()))
        text = said["sign"].format(
            method=request.method,
            path=request.url.raw_path.decode().partition("?")[0],
            query=request.url.query.decode(),
            timestamp=timestamp,
            body=request.content.decode(),
            body_sha256=hashlib.sha256(request.content).hexdigest(),
        )
        digest = hmac.new(said["key"].encode(), text.encode(), said.get("algorithm", "sha256"))
        is_hex = said.get("encoding", "hex") == "hex"
        signed = digest.hexdigest() if is_hex else base64.b64encode(digest.digest()).decode()
        request.headers[said["header"]] = said.get("prefix", "") + signed
        if "timestamp_header" in said:
            request.headers[said["timestamp_header"]] = timestamp
        if "id_header" in said:
            request.headers[said["id_header"]] = said["id"]
        yield request
