"""How a REST source is reached: address, authentication, retries. Names variables, no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from storehouse.sources.declarations.encodings import python_name
from storehouse.sources.declarations.entry import Entry
from storehouse.sources.rest.auth_declaration import AuthDeclaration, read_auth

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """The paths of the remaining request budget and of what is restored per second.

    Below `least` the next request waits until that much is available.
    """

    available: tuple[str, ...]
    restored: tuple[str, ...]
    least: float


@dataclass(frozen=True)
class RetryPolicy:
    """When to retry, and how long to wait.

    `errors` is the path of errors in a 200 answer; those with a code in `retry_codes` are
    retried.
    """

    timeout_seconds: float
    answer_seconds: float
    attempts: int
    first_wait_seconds: float
    longest_wait_seconds: float
    remaining_header: str | None
    reset_header: str | None
    errors: tuple[str, ...]
    retry_codes: tuple[str, ...]
    cost: Cost | None = None


@dataclass(frozen=True)
class Connection:
    """`largest` is the most bytes an answer may have, packed and unpacked.

    `charset` is that of all answers, whatever they declare.
    """

    url_variable: str
    headers: Mapping[str, str]
    auth: AuthDeclaration | None
    parallel: int
    policy: RetryPolicy
    largest: int
    charset: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.url_variable, *(self.auth.variables if self.auth else ()))


def read_connection(entry: Entry) -> Connection:
    entry.only(
        "kind", "url_variable", "parallel", "errors", "retry_codes", "cost", "charset",
        *CONNECTION_KEYS,
    )  # fmt: skip
    charset = python_name(entry.text("charset")) if "charset" in entry.values else None
    if "charset" in entry.values and charset is None:
        raise entry.error("charset", f"is {entry.text('charset')!r}", "use a name that is known")
    return replace(connection(entry, "url_variable", largest_megabytes=1000), charset=charset)


# What every source that is read over HTTP may declare for its connection.
CONNECTION_KEYS = (
    "headers", "auth", "timeout_seconds", "answer_seconds", "attempts",
    "first_wait_seconds", "longest_wait_seconds", "rate_limit", "largest_megabytes",
)  # fmt: skip


def connection(entry: Entry, address_key: str, largest_megabytes: float) -> Connection:
    """The connection of an entry; its key `address_key` names the variable of the address."""
    rate = entry.below("rate_limit")
    rate.only("remaining_header", "reset_header")
    headers = entry.below("headers")
    errors = entry.text("errors", "")
    return Connection(
        url_variable=entry.text(address_key),
        headers={name: headers.text(name) for name in headers.values},
        auth=read_auth(entry.below("auth")),
        parallel=entry.whole("parallel", 1, least=1),
        policy=RetryPolicy(
            timeout_seconds=entry.number("timeout_seconds", 30),
            answer_seconds=entry.number("answer_seconds", 300),
            attempts=entry.whole("attempts", 6, least=1),
            first_wait_seconds=entry.number("first_wait_seconds", 0.5),
            longest_wait_seconds=entry.number("longest_wait_seconds", 60),
            remaining_header=rate.text("remaining_header") if rate.values else None,
            reset_header=rate.text("reset_header") if rate.values else None,
            errors=tuple(errors.split(".")) if errors else (),
            retry_codes=entry.texts("retry_codes"),
            cost=_cost(entry.below("cost")),
        ),
        largest=int(entry.number("largest_megabytes", largest_megabytes) * MEGABYTE),
    )


def _cost(entry: Entry) -> Cost | None:
    if not entry.values:
        return None
    entry.only("available", "restored", "least")
    available, restored = entry.text("available"), entry.text("restored")
    return Cost(tuple(available.split(".")), tuple(restored.split(".")), entry.number("least", 100))
