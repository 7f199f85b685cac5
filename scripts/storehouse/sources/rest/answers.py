"""Whether what came back is an answer, is worth another try, or is an error that lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError, SourceError, SourceUnavailable
from storehouse.sources.rest import charsets
from storehouse.sources.rest.connection import Patience
from storehouse.sources.rest.records import Node
from storehouse.sources.rest.retries import WorthARetry, http_date
from storehouse.sources.rest.secrets import Secrets

# How fields of errors say that there is none.
_FINE = frozenset({"0", "200", "ok", "none", "null", "success"})
# What servers answer to a place behind the end of a list, or to one that is not there any more;
# with the latter some refuse as well to go deeper into a list that has not ended.
_NOT_THERE = frozenset({404, 410, 416})
_BAD = frozenset({400, 422})
_EMPTY = frozenset({204, 205})
BLANK = "200 without content"
LASTING_REMEDY = "; fix the path or its parameters"


class Refusal(SourceContractError):
    """The server refuses what was asked; at another place it may not."""


class NoSuchPlace(Refusal):
    """By its status there is nothing where it was asked."""


class BadPlace(NoSuchPlace):
    """By its status what was asked is not right, which may mean the place."""


@dataclass(frozen=True)
class Answer:
    """`date` is the server's clock, where it tells it; `asked` the address that was asked.

    `empty` is how it says that nothing is there: a status, or no content where there should be.
    """

    body: Node
    headers: Mapping[str, str]
    date: datetime | None
    empty: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Judge:
    """Reads answers, in `charset` whatever they declare, if it is known.

    Secrets are hidden before a text is shortened, which could cut one in two.
    """

    patience: Patience
    secrets: Secrets
    charset: str | None = None

    def judged(self, response: httpx.Response, content: bytes) -> Answer:
        """The answer that a success holds.

        Raises WorthARetry for a body that is not whole JSON, and SourceContractError for
        errors in it and for a charset that is not known.
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
            raise WorthARetry(str(error)) from None
        except (ValueError, RecursionError) as error:
            raise WorthARetry(f"its answer is not complete JSON: {error}") from None
        # GraphQL says so in all its answers (https://spec.graphql.org, Response).
        is_graphql = response.request.method == "POST"
        self._look_for_errors(body, self.patience.errors or (("errors",) if is_graphql else ()))
        return Answer(body, response.headers, date, asked=str(response.url))

    def cost_wait(self, body: Node) -> float | None:
        """How many seconds to wait until enough may be spent again."""
        cost = self.patience.cost
        if cost is None:
            return None
        available, restored = (_number(body.at(path)) for path in (cost.available, cost.restored))
        if available is None or not restored or available >= cost.least:
            return None
        return (cost.least - available) / restored

    def _look_for_errors(self, body: Node, path: Sequence[str]) -> None:
        """Errors that come in an answer whose status says that all is well."""
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
        if codes & set(self.patience.retry_codes):
            raise WorthARetry(reason, self.cost_wait(body))
        raise Refusal(f"{reason}; change the request, or fix it there")

    def empty_for_an_error(self, body: Node) -> str:
        """What an answer without records says of an error, where no `errors` is declared."""
        for name in () if self.patience.errors else ("error", "errors"):
            found = body.member(name)
            if found and not _is_fine(found):
                return f"{name}: {self._shown(found.raw)}"
        for name in ("success", "ok"):
            found = body.member(name)
            if found and (found.landed or "").lower() == "false":
                return f"{name}: {found.raw}"
        return ""

    def lasting(self, response: httpx.Response, content: bytes) -> SourceError:
        """What a response means that is no success, and would be none later."""
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
        said = self._shown(charsets.shown(content, response.headers.get("content-type", "")))
        kinds = {**dict.fromkeys(_NOT_THERE, NoSuchPlace), **dict.fromkeys(_BAD, BadPlace)}
        kind = kinds.get(status, SourceContractError)
        return kind(f"it answered {status}: {said}{LASTING_REMEDY}")

    def _shown(self, text: str) -> str:
        return brief(self.secrets.hide(" ".join(text.split())))


def _is_fine(error: Node) -> bool:
    """Whether what stands where errors stand says that there is none, as by a code of 0."""
    if error.is_object:
        names = ["code"] if "code" in error.members else error.members
        return all(inner is None or _is_fine(inner) for inner in map(error.member, names))
    return error.is_nothing or (error.landed or "").lower() in _FINE


def _number(node: Node | None) -> float | None:
    try:
        return float(node.landed) if node and node.landed else None
    except ValueError:
        return None
