"""Requests to an API: one connection pool, retries, and errors that say what to do.

Only complete JSON counts as an answer: a truncated one is requested again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import httpx
import stamina.instrumentation

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest import addresses
from storehouse.sources.rest.answers import Answer, Judge
from storehouse.sources.rest.codings import CodingError
from storehouse.sources.rest.connection import RetryPolicy
from storehouse.sources.rest.retries import RetryableError, is_transient, wait_seconds, with_retries
from storehouse.sources.rest.transport import states_length

Arguments = Mapping[str, Any]


@dataclass
class Http:
    """Shared by the threads of a source. If the server asks for a wait, all of them wait."""

    client: httpx.Client
    address: str
    policy: RetryPolicy
    judge: Judge
    now: Callable[[], datetime]
    lock: Lock
    free_at: float = 0.0

    def describe(self, path: str, arguments: Arguments, query: str | None) -> str:
        """The request, without secrets."""
        joined = urlencode({name: plain(value) for name, value in arguments.items()})
        method = "GET" if query is None else "POST"
        return self.judge.secrets.hide(f"{method} {path}" + (f"?{joined}" if joined else ""))

    def fetch(self, label: str, path: str, arguments: Arguments, query: str | None) -> Answer:
        """The answer to a request; `path` may be an address that the API itself returned.

        Raises SourceUnavailable after the last attempt, and SourceContractError for an error that
        another attempt would not change.
        """
        what = f"{label}: {self.describe(path, arguments, query)}"
        return with_retries(
            what,
            self.policy,
            self.judge.secrets,
            lambda: self._once(self.request(path, arguments, query)),
        )

    def request(self, path: str, arguments: Arguments, query: str | None) -> httpx.Request:
        """A request to the source; raises SourceContractError for an address elsewhere."""
        given = httpx.URL(self.address)
        is_whole = path.startswith(("http://", "https://"))
        address = given.join(path) if is_whole else self._below(given, path)
        addresses.check(given, address)
        if query is not None:
            body = {"query": query, "variables": dict(arguments)}
            return self.client.build_request("POST", address, json=body)
        params = {name: plain(value) for name, value in arguments.items()}
        if params:
            address = address.copy_merge_params(params)
        return self.client.build_request("GET", address)

    def _below(self, given: httpx.URL, path: str) -> httpx.URL:
        """`path` below the source's address, or below its host if the API returned it so."""
        path = "/" + path.lstrip("/")
        return given.join(path if addresses.below(given, path) else given.path.rstrip("/") + path)

    def own(self, base: str, link: str) -> str:
        """A link in the answer from `base`, as a path to request; see addresses.own."""
        return addresses.own(httpx.URL(self.address), base, link)

    def _once(self, request: httpx.Request) -> Answer:
        with self.sent(request) as (response, chunks):
            content = b"".join(chunks)
        self.check(response, content)
        if not content and not states_length(response):
            raise RetryableError("its answer ended before it started")
        answer = self.judge.judged(response, content)
        self._hold(self.judge.cost_wait(answer.body))
        return answer

    @contextmanager
    def sent(self, request: httpx.Request) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """The response and its content as it arrives, after any wait that is due.

        Raises RetryableError if the connection fails or the answer takes too long.
        """
        self._pause()
        try:
            response = self.client.send(request, stream=True)
            try:
                yield response, self._chunks(response)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise RetryableError(f"no answer within {self.policy.timeout_seconds:g} s") from None
        except CodingError as error:
            raise RetryableError(f"its answer can't be unpacked: {error}") from None
        except httpx.LocalProtocolError:
            raise SourceContractError(
                "the request is not valid; look for line ends and the like in "
                "its headers, parameters and variables"
            ) from None
        except httpx.TransportError as error:
            raise RetryableError(
                f"the connection failed ({error or type(error).__name__})"
            ) from None

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        ends_at = time.monotonic() + self.policy.answer_seconds
        for chunk in response.iter_bytes():
            yield chunk
            if time.monotonic() > ends_at:
                raise RetryableError(
                    f"its answer took longer than {self.policy.answer_seconds:g} s"
                )

    def _pause(self) -> None:
        while (left := self.free_at - time.monotonic()) > 0:
            time.sleep(min(left, 1))

    def check(self, response: httpx.Response, content: bytes) -> None:
        """Raise the error of an unsuccessful response, and note the wait it asks for."""
        status = response.status_code
        refused = is_transient(status)
        wait = wait_seconds(response.headers, self.policy, self.now(), refused)
        self._hold(wait)
        if refused:
            raise RetryableError(f"it answered {status}", wait)
        if not response.is_success:
            raise self.judge.permanent_error(response, content)

    def _hold(self, wait: float | None) -> None:
        """Let no thread send a request before the wait is over."""
        if wait and wait <= self.policy.longest_wait_seconds:
            with self.lock:
                self.free_at = max(self.free_at, time.monotonic() + wait)


def plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def without_logs() -> None:
    """Only the command line prints, and headers may hold secrets that a server echoes."""
    stamina.instrumentation.set_on_retry_hooks([])
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
