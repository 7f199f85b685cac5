"""Asking an API: one connection pool, retries, and errors that say what to do.

Only what parses whole as JSON is an answer: a truncated one is asked for again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import urlencode

import httpx
import stamina
import stamina.instrumentation

from storehouse.errors import SourceContractError, SourceUnavailable
from storehouse.sources.rest.answers import Answer, Judge
from storehouse.sources.rest.connection import Patience
from storehouse.sources.rest.retries import WorthARetry, is_passing, wait_seconds

Arguments = Mapping[str, str | int | bool]


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
        request = self._request(path, arguments, query)
        what = f"{label}: {self.describe(path, arguments, query)}"
        patience = self.patience
        try:
            for attempt in stamina.retry_context(
                on=self._wait,
                attempts=patience.attempts,
                timeout=None,
                wait_initial=patience.first_wait_seconds,
                wait_max=patience.longest_wait_seconds,
                wait_jitter=patience.first_wait_seconds,
            ):
                with attempt:
                    return self._once(request)
        except WorthARetry as error:
            tried = f" in {patience.attempts} attempts" if patience.attempts > 1 else ""
            if error.wait is not None and error.wait > patience.longest_wait_seconds:
                tried = (
                    f" and asks to wait {error.wait:,.0f} s, longer than longest_wait_seconds "
                    f"({patience.longest_wait_seconds:,.0f})"
                )
            raise SourceUnavailable(
                f"{what}: {self.judge.secrets.hide(error.reason)}{tried}. Run again when it is "
                "well: the load goes on where it was."
            ) from None
        except (SourceUnavailable, SourceContractError) as error:
            raise type(error)(f"{what}: {self.judge.secrets.hide(str(error))}.") from None
        raise AssertionError("unreachable")

    def _request(self, path: str, arguments: Arguments, query: str | None) -> httpx.Request:
        given = httpx.URL(self.address)
        address = given.join(path) if "://" in path else self._below(given, path)
        origin = (address.scheme, address.host, address.port)
        if origin != (given.scheme, given.host, given.port):
            raise SourceContractError(
                f"It names {address.host} for its next page, which is not where it lives: "
                "nothing was sent there. Declare another paging, or ask its maker."
            )
        if query is not None:
            body = {"query": query, "variables": dict(arguments)}
            return self.client.build_request("POST", address, json=body)
        params = {name: plain(value) for name, value in arguments.items()}
        if params:
            address = address.copy_merge_params(params)
        return self.client.build_request("GET", address)

    def _below(self, given: httpx.URL, path: str) -> httpx.URL:
        """`path` below the address of the source; of the host, where the API gave it so."""
        root = given.path.rstrip("/")
        path = "/" + path.lstrip("/")
        if root and not path.startswith(root + "/"):
            path = root + path
        return given.join(path)

    def _wait(self, error: Exception) -> bool | float:
        """stamina's hook: whether to try again, or after how many seconds."""
        if not isinstance(error, WorthARetry):
            return False
        if error.wait is None:
            return True
        if error.wait > self.patience.longest_wait_seconds:
            return False
        return error.wait + random.uniform(0, min(error.wait / 10, 1))  # noqa: S311

    def _once(self, request: httpx.Request) -> Answer:
        self._pause()
        ends_at = time.monotonic() + self.patience.answer_seconds
        try:
            response = self.client.send(request, stream=True)
            try:
                chunks = []
                for chunk in response.iter_bytes():
                    chunks.append(chunk)
                    if time.monotonic() > ends_at:
                        raise WorthARetry(
                            f"its answer took longer than {self.patience.answer_seconds:g} s"
                        )
            finally:
                response.close()
        except httpx.TimeoutException:
            raise WorthARetry(f"no answer within {self.patience.timeout_seconds:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise WorthARetry(f"the connection failed ({error or type(error).__name__})") from None
        return self._judged(response, b"".join(chunks))

    def _pause(self) -> None:
        while (left := self.free_at - time.monotonic()) > 0:
            time.sleep(min(left, 1))

    def _judged(self, response: httpx.Response, content: bytes) -> Answer:
        status = response.status_code
        refused = is_passing(status)
        wait = wait_seconds(response.headers, self.patience, self.now(), refused)
        self._hold(wait)
        if refused:
            raise WorthARetry(f"it answered {status}", wait)
        answer = self.judge.judged(response, content)
        self._hold(self.judge.cost_wait(answer.body))
        return answer

    def _hold(self, wait: float | None) -> None:
        """Let no thread ask before the server wants it."""
        if wait and wait <= self.patience.longest_wait_seconds:
            with self.lock:
                self.free_at = max(self.free_at, time.monotonic() + wait)


def plain(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def without_logs() -> None:
    """Nothing but the command line prints, and headers may hold what a server says back."""
    stamina.instrumentation.set_on_retry_hooks([])
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
