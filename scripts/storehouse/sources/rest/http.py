"""Asking an API: one connection pool, retries, and errors that say what to do.

Only what parses whole as JSON is an answer: a truncated one is asked for again.
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
from storehouse.sources.rest.connection import Patience
from storehouse.sources.rest.retries import WorthARetry, is_passing, persist, wait_seconds
from storehouse.sources.rest.transport import states_length

Arguments = Mapping[str, Any]


@dataclass
class Http:
    """Shared by the threads of a source. What the server asks to wait, all of them wait."""

    client: httpx.Client
    address: str
    patience: Patience
    judge: Judge
    now: Callable[[], datetime]
    lock: Lock
    free_at: float = 0.0

    def describe(self, path: str, arguments: Arguments, query: str | None) -> str:
        """What is asked, without secrets."""
        joined = urlencode({name: plain(value) for name, value in arguments.items()})
        method = "GET" if query is None else "POST"
        return self.judge.secrets.hide(f"{method} {path}" + (f"?{joined}" if joined else ""))

    def ask(self, label: str, path: str, arguments: Arguments, query: str | None) -> Answer:
        """The answer to a request; `path` may be an address that the API itself gave.

        Raises SourceUnavailable after the last attempt, SourceContractError for what
        another attempt would not change.
        """
        what = f"{label}: {self.describe(path, arguments, query)}"
        return persist(
            what,
            self.patience,
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
        """`path` below the address of the source; of the host, where the API gave it so."""
        path = "/" + path.lstrip("/")
        return given.join(path if addresses.below(given, path) else given.path.rstrip("/") + path)

    def own(self, asked: str, link: str) -> str:
        """A link that the answer to `asked` holds, as a path to ask for; see addresses.own."""
        return addresses.own(httpx.URL(self.address), asked, link)

    def _once(self, request: httpx.Request) -> Answer:
        with self.sent(request) as (response, chunks):
            content = b"".join(chunks)
        self.check(response, content)
        if not content and not states_length(response):
            raise WorthARetry("its answer ended before it started")
        answer = self.judge.judged(response, content)
        self._hold(self.judge.cost_wait(answer.body))
        return answer

    @contextmanager
    def sent(self, request: httpx.Request) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """The answer and its content as it comes, once nobody has to wait any more.

        Raises WorthARetry where the connection fails or the answer takes too long.
        """
        self._pause()
        try:
            response = self.client.send(request, stream=True)
            try:
                yield response, self._chunks(response)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise WorthARetry(f"no answer within {self.patience.timeout_seconds:g} s") from None
        except CodingError as error:
            raise WorthARetry(f"its answer can't be unpacked: {error}") from None
        except httpx.LocalProtocolError:
            raise SourceContractError(
                "the request is not valid; look for line ends and the like in "
                "its headers, parameters and variables"
            ) from None
        except httpx.TransportError as error:
            raise WorthARetry(f"the connection failed ({error or type(error).__name__})") from None

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        ends_at = time.monotonic() + self.patience.answer_seconds
        for chunk in response.iter_bytes():
            yield chunk
            if time.monotonic() > ends_at:
                raise WorthARetry(f"its answer took longer than {self.patience.answer_seconds:g} s")

    def _pause(self) -> None:
        while (left := self.free_at - time.monotonic()) > 0:
            time.sleep(min(left, 1))

    def check(self, response: httpx.Response, content: bytes) -> None:
        """Raise what an answer that is no success means, and heed what it asks to wait."""
        status = response.status_code
        refused = is_passing(status)
        wait = wait_seconds(response.headers, self.patience, self.now(), refused)
        self._hold(wait)
        if refused:
            raise WorthARetry(f"it answered {status}", wait)
        if not response.is_success:
            raise self.judge.lasting(response, content)

    def _hold(self, wait: float | None) -> None:
        """Let no thread ask before the server wants it."""
        if wait and wait <= self.patience.longest_wait_seconds:
            with self.lock:
                self.free_at = max(self.free_at, time.monotonic() + wait)


def plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def without_logs() -> None:
    """Nothing but the command line prints, and headers may hold what a server says back."""
    stamina.instrumentation.set_on_retry_hooks([])
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
