"""Whether a response is an answer, a transient error or a permanent one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError, SourceError, SourceUnavailable
from storehouse.sources.rest import charsets
from storehouse.sources.rest.connection import RetryPolicy
from storehouse.sources.rest.records import Node
from storehouse.sources.rest.retries import RetryableError, http_date
from storehouse.sources.rest.secrets import Secrets

# Values of error fields that mean that there is no error.
_FINE = frozenset({"0", "200", "ok", "none", "null", "success"})
# What servers answer to a position past the end of a list, or to one that no longer exists; some
# also use _BAD to refuse to go deeper into a list that has not ended.
_NOT_THERE = frozenset({404, 410, 416})
_BAD = frozenset({400, 422})
_EMPTY = frozenset({204, 205})
BLANK = "200 without content"
PERMANENT_REMEDY = "; fix the path or its parameters"


class Refusal(SourceContractError):
    """The server refuses the request; at another position it might not."""


class NoSuchPlace(Refusal):
    """The status says that there is nothing at the requested position."""


class BadPlace(NoSuchPlace):
    """The status says that the request is invalid, which may refer to the position."""


@dataclass(frozen=True)
class Answer:
    """`date` is the server's clock, if it sends it; `url` is the requested address.

    `empty` is how it says that there is nothing: a status, or missing content.
    """

    body: Node
    headers: Mapping[str, str]
    date: datetime | None
    empty: str = ""
    url: str = ""


@dataclass(frozen=True)
class Judge:
    """Reads answers; `charset`, if set, overrides the declared one.

    Secrets are hidden before a text is shortened, since that could cut one in two.
    """

    policy: RetryPolicy
    secrets: Secrets
    charset: str | None = None

    def judged(self, response: httpx.Response, content: bytes) -> Answer:
        """The answer in a successful response.

        Raises RetryableError for a body that is not complete JSON, and SourceContractError for
        errors in it and for an unknown charset.
        """
        date = http_date(response.headers.get("date"))
        if response.status_code in _EMPTY:
            return Answer(Node("null"), response.headers, date, f"{response.status_code}")
        if not content.strip() and response.status_code == httpx.codes.OK:
            return Answer(Node("null"), response.headers, date, BLANK)
        try:
            declared = response.headers.get("content-type", "")
            body = Node.of(charsets.json_text(content, declared, self.charset))
        except charsets.Undecodable as error:
            raise RetryableError(str(error)) from None
        except (ValueError, RecursionError) as error:
            raise RetryableError(f"its answer is not complete JSON: {error}") from None
        # Every GraphQL answer reports errors there (https://spec.graphql.org, Response).
        is_graphql = response.request.method == "POST"
        self._look_for_errors(body, self.policy.errors or (("errors",) if is_graphql else ()))
        return Answer(body, response.headers, date, url=str(response.url))

    def cost_wait(self, body: Node) -> float | None:
        """How many seconds to wait until enough budget is restored."""
        cost = self.policy.cost
        if cost is None:
            return None
        available, restored = (_number(body.at(path)) for path in (cost.available, cost.restored))
        if available is None or not restored or available >= cost.least:
            return None
        return (cost.least - available) / restored

    def _look_for_errors(self, body: Node, path: Sequence[str]) -> None:
        """Raise for errors in an answer whose status is a success."""
        found = body.at(path) if path else None
        if found is None or found.is_nothing:
            return
        listed = list(found.elements) if found.is_array else [found]
        codes = {
            code.landed
            for one in listed
            for path in (("code",), ("extensions", "code"))
            if (code := one.at(path)) is not None
        }
        reason = f"it answered with errors: {self._shown(found.raw)}"
        if codes & set(self.policy.retry_codes):
            raise RetryableError(reason, self.cost_wait(body))
        raise Refusal(f"{reason}; change the request, or fix it there")

    def empty_for_an_error(self, body: Node) -> str:
        """The error in an answer without records, if no `errors` path is declared; else empty."""
        for name in () if self.policy.errors else ("error", "errors"):
            found = body.member(name)
            if found and not _is_fine(found):
                return f"{name}: {self._shown(found.raw)}"
        for name in ("success", "ok"):
            found = body.member(name)
            if found and (found.landed or "").lower() == "false":
                return f"{name}: {found.raw}"
        return ""

    def permanent_error(self, response: httpx.Response, content: bytes) -> SourceError:
        """The error for a response that is not a success and would not become one later."""
        status = response.status_code
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return SourceUnavailable(
                f"it refused the credentials with {status}; check the variables named under `auth`"
            )
        if response.is_redirect:
            where = self._shown(response.headers.get("location", "nowhere"))
            return SourceContractError(
                f"it answered {status} and points to {where}, which is not followed"
            )
        text = self._shown(charsets.shown(content, response.headers.get("content-type", "")))
        kinds = {**dict.fromkeys(_NOT_THERE, NoSuchPlace), **dict.fromkeys(_BAD, BadPlace)}
        kind = kinds.get(status, SourceContractError)
        return kind(f"it answered {status}: {text}{PERMANENT_REMEDY}")

    def _shown(self, text: str) -> str:
        return brief(self.secrets.hide(" ".join(text.split())))


def _is_fine(error: Node) -> bool:
    """Whether the value of an error field says that there is no error, such as a code of 0."""
    if error.is_object:
        names = ["code"] if "code" in error.members else error.members
        return all(inner is None or _is_fine(inner) for inner in map(error.member, names))
    return error.is_nothing or (error.landed or "").lower() in _FINE


def _number(node: Node | None) -> float | None:
    try:
        return float(node.landed) if node and node.landed else None
    except ValueError:
        return None
