"""A token from a server, shared by all threads and renewed in time or when it is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from datetime import datetime
from threading import Lock
from typing import ClassVar

import httpx

from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.retries import RetryableError, is_transient
from storehouse.sources.rest.secrets import Secrets

Flow = Generator[httpx.Request, httpx.Response, None]


class TokenAuth(httpx.Auth, ABC):
    """`header` carries the token, with `prefix` before it."""

    # The name of the address that gives tokens, for messages.
    place: ClassVar[str]
    # The status codes that mean that a token is no longer valid.
    refusals: ClassVar[tuple[int, ...]] = (httpx.codes.UNAUTHORIZED,)

    def __init__(
        self, header: str, prefix: str, secrets: Secrets, now: Callable[[], datetime]
    ) -> None:
        self._header, self._prefix, self._secrets, self._now = header, prefix, secrets, now
        self._lock = Lock()
        self._token = ""
        self._ends_at: datetime | None = None

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        token = yield from self._current(refused="")
        request.headers[self._header] = self._prefix + token
        response = yield request
        if response.status_code in self.refusals:
            token = yield from self._current(refused=token)
            request.headers[self._header] = self._prefix + token
            yield request

    def _current(self, refused: str) -> Generator[httpx.Request, httpx.Response, str]:
        """The token; a new one if there is none or it was refused."""
        with self._lock:
            is_over = self._ends_at is not None and self._now() >= self._ends_at
            if is_over or self._token == refused:
                response = yield self.token_request()
                response.read()
                self._take(response)
            return self._token

    def _take(self, response: httpx.Response) -> None:
        if is_transient(response.status_code):
            raise RetryableError(f"its {self.place} answered {response.status_code}")
        if not response.is_success:
            raise SourceUnavailable(
                f"its {self.place} refused the client with {response.status_code}; check "
                f"{self.variables}"
            )
        token, ends_at = self.taken(response)
        if not is_header_text(token):
            raise SourceContractError(
                f"its {self.place} gave a token with characters that are not allowed in a header; "
                "fix where the token is taken from"
            )
        self._secrets.add(token)
        self._token, self._ends_at = token, ends_at

    @property
    @abstractmethod
    def variables(self) -> str:
        """The variables to check if the client is refused, for messages."""

    @abstractmethod
    def token_request(self) -> httpx.Request: ...

    @abstractmethod
    def taken(self, response: httpx.Response) -> tuple[str, datetime | None]:
        """The token of a successful response, and when to renew it; None: when it is refused."""


def is_header_text(value: str) -> bool:
    return value.isascii() and value.isprintable()
