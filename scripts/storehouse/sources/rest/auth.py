"""Authentication: each kind is an httpx.Auth that takes its secrets from the environment."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from threading import Lock

import httpx

from storehouse.errors import SourceUnavailable
from storehouse.sources.rest.connection import AuthDeclaration
from storehouse.sources.rest.retries import WorthARetry, is_passing
from storehouse.sources.rest.secrets import Secrets

Flow = Generator[httpx.Request, httpx.Response, None]

# A token is renewed so long before it ends, and holds so long where it says nothing.
_TOKEN_MARGIN = timedelta(seconds=30)
_TOKEN_SECONDS = 300


def make_auth(
    declared: AuthDeclaration | None,
    environ: Mapping[str, str],
    address: str,
    secrets: Secrets,
    now: Callable[[], datetime],
) -> httpx.Auth | None:
    """The authentication declared, its secrets known to `secrets`."""
    if declared is None:
        return None
    said = dict(declared.given)
    for key, variable in declared.given.items():
        if key.endswith("_variable"):
            said[key.removesuffix("_variable")] = environ[variable]
            if key not in ("token_url_variable", "user_variable", "id_variable"):
                secrets.add(environ[variable])
    match declared.kind:
        case "header":
            return _Header(said["name"], said.get("prefix", "") + said["value"])
        case "bearer":
            return _Header("Authorization", f"Bearer {said['token']}")
        case "basic":
            both = f"{said['user']}:{said.get('password', '')}"
            encoded = base64.b64encode(both.encode()).decode()
            secrets.add(encoded)
            if "password" not in said:  # platforms that take a secret key as user
                secrets.add(said["user"])
            return _Header("Authorization", f"Basic {encoded}")
        case "oauth2":
            token_address = said.get("token_address") or address.rstrip("/") + said["token_path"]
            return ClientCredentials(said, token_address, secrets, now)
        case _:
            return Signature(said, now)


class _Header(httpx.Auth):
    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers[self._name] = self._value
        yield request


class ClientCredentials(httpx.Auth):
    """OAuth2 client credentials: a token for all threads, renewed in time or when refused."""

    def __init__(
        self,
        said: Mapping[str, str],
        address: str,
        secrets: Secrets,
        now: Callable[[], datetime],
    ) -> None:
        self._said, self._address, self._secrets, self._now = said, address, secrets, now
        self._header = said.get("header", "Authorization")
        self._prefix = said.get("prefix", "" if "header" in said else "Bearer ")
        self._lock = Lock()
        self._token = ""
        self._ends_at: datetime | None = None

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        token = yield from self._current(refused="")
        request.headers[self._header] = self._prefix + token
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = yield from self._current(refused=token)
            request.headers[self._header] = self._prefix + token
            yield request

    def _current(self, refused: str) -> Generator[httpx.Request, httpx.Response, str]:
        """The token; a new one where there is none, or it is the refused one."""
        with self._lock:
            is_old = self._ends_at is None or self._now() >= self._ends_at
            if is_old or self._token == refused:
                response = yield self._token_request()
                response.read()
                self._take(response)
            return self._token

    def _token_request(self) -> httpx.Request:
        data = {"grant_type": "client_credentials"}
        if "scope" in self._said:
            data["scope"] = self._said["scope"]
        client = (self._said["client_id"], self._said["client_secret"])
        headers = {"Accept": "application/json"}
        if self._said.get("send") == "basic":
            encoded = base64.b64encode(":".join(client).encode()).decode()
            self._secrets.add(encoded)
            headers["Authorization"] = f"Basic {encoded}"
        else:
            data |= dict(zip(("client_id", "client_secret"), client, strict=True))
        return httpx.Request("POST", self._address, data=data, headers=headers)

    def _take(self, response: httpx.Response) -> None:
        if is_passing(response.status_code):
            raise WorthARetry(f"its token address answered {response.status_code}")
        if not response.is_success:
            raise SourceUnavailable(
                f"its token address refused the client with {response.status_code}; check "
                f"{self._said['client_id_variable']} and {self._said['client_secret_variable']}"
            )
        try:
            answer = response.json()
            token = str(answer["access_token"])
            seconds = float(answer.get("expires_in") or _TOKEN_SECONDS)
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            raise WorthARetry("its token address gave no token") from error
        self._secrets.add(token)
        self._token = token
        self._ends_at = self._now() + max(timedelta(seconds=seconds) - _TOKEN_MARGIN, timedelta(0))


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
