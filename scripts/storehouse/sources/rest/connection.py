"""How a REST source is reached: address, authentication, patience. Names variables, no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from storehouse.declarations.entry import Entry, named_variables
from storehouse.declarations.names import python_name

MEGABYTE = 1_000_000
_SIGNED = ("method", "path", "query", "timestamp", "body", "body_sha256")


@dataclass(frozen=True)
class Cost:
    """Where an answer says what may still be spent and what is restored a second.

    Below `least` the next request waits until so much is there.
    """

    available: tuple[str, ...]
    restored: tuple[str, ...]
    least: float


@dataclass(frozen=True)
class Patience:
    """When to ask again, and how long to wait.

    `errors` is where a 200 answer tells of errors, of which those with a code in
    `retry_codes` are worth asking again.
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
class AuthDeclaration:
    """`given` are the keys beside `kind`; those that end in `_variable` name variables.

    `body` and `params` are what a login sends; they may name variables at any depth.
    """

    kind: str
    given: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        both = {**self.given, "body": self.body, "params": self.params}
        return tuple(dict.fromkeys(named_variables(both)))


@dataclass(frozen=True)
class Connection:
    """`largest` is how many bytes an answer may have, packed and unpacked.

    `charset` is that of all answers, whatever they declare.
    """

    url_variable: str
    headers: Mapping[str, str]
    auth: AuthDeclaration | None
    parallel: int
    patience: Patience
    largest: int
    charset: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.url_variable, *(self.auth.variables if self.auth else ()))


_TOKEN_PLACES = ("token", "token_header", "token_cookie")

# Of each kind of authentication: the keys it needs, and those it may have.
AUTH_KEYS = {
    "header": (("name", "value_variable"), ("prefix",)),
    "basic": (("user_variable",), ("password_variable",)),
    "bearer": (("token_variable",), ()),
    "oauth2": (
        ("client_id_variable", "client_secret_variable"),
        ("token_path", "token_url_variable", "scope", "send", "header", "prefix"),
    ),
    "hmac": (
        ("key_variable", "header", "sign"),
        ("algorithm", "encoding", "prefix", "timestamp_header", "id_header", "id_variable"),
    ),
    "login": (
        ("path",),
        (
            "method",
            "send",
            "body",
            "params",
            "user_variable",
            "password_variable",
            *_TOKEN_PLACES,
            "expires",
            "header",
            "prefix",
        ),
    ),
}


def read_connection(entry: Entry) -> Connection:
    entry.only(
        "kind", "url_variable", "parallel", "errors", "retry_codes", "cost", "charset",
        *CONNECTION_KEYS,
    )  # fmt: skip
    charset = python_name(entry.text("charset")) if "charset" in entry.values else None
    if "charset" in entry.values and charset is None:
        raise entry.error("charset", f"is {entry.text('charset')!r}", "use a name that is known")
    return replace(connection(entry, "url_variable", largest_megabytes=1000), charset=charset)


# What every source that is asked over HTTP may say of its connection.
CONNECTION_KEYS = (
    "headers", "auth", "timeout_seconds", "answer_seconds", "attempts",
    "first_wait_seconds", "longest_wait_seconds", "rate_limit", "largest_megabytes",
)  # fmt: skip


def connection(entry: Entry, address_key: str, largest_megabytes: float) -> Connection:
    """The connection of an entry, `address_key` of which names the variable of its address."""
    rate = entry.below("rate_limit")
    rate.only("remaining_header", "reset_header")
    headers = entry.below("headers")
    errors = entry.text("errors", "")
    return Connection(
        url_variable=entry.text(address_key),
        headers={name: headers.text(name) for name in headers.values},
        auth=_auth(entry.below("auth")),
        parallel=entry.whole("parallel", 1, least=1),
        patience=Patience(
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


def _auth(entry: Entry) -> AuthDeclaration | None:
    if not entry.values:
        return None
    kind = entry.choice("kind", tuple(AUTH_KEYS))
    needed, possible = AUTH_KEYS[kind]
    entry.only("kind", *needed, *possible)
    entry.need(*needed)
    nested = ("kind", "body", "params")
    given = {key: entry.text(key) for key in entry.values if key not in nested}
    if kind == "login":
        return _login(entry, given)
    if kind == "oauth2":
        if ("token_path" in given) == ("token_url_variable" in given):
            raise entry.error("token_path", "or token_url_variable is needed", "give one of them")
        entry.choice("send", ("body", "basic"), "body")
    if kind == "hmac":
        entry.choice("algorithm", ("sha256", "sha512", "sha1"), "sha256")
        entry.choice("encoding", ("hex", "base64"), "hex")
        _check_template(entry, given["sign"])
        if ("id_header" in given) != ("id_variable" in given):
            raise entry.error("id_header", "and id_variable go together", "give both or none")
    return AuthDeclaration(kind, given)


def _login(entry: Entry, given: Mapping[str, str]) -> AuthDeclaration:
    entry.choice("method", ("POST", "GET", "PUT"), "POST")
    entry.choice("send", ("json", "form"), "json")
    if len([place for place in _TOKEN_PLACES if place in given]) != 1:
        raise entry.error("token", "is where the answer has it", f"give one of {_TOKEN_PLACES}")
    body, params = entry.below("body"), entry.below("params")
    for below in (body, params):
        _check_sent(below)
    return AuthDeclaration("login", given, body.values, params.values)


def _check_sent(entry: Entry) -> None:
    for key, value in entry.values.items():
        if isinstance(value, dict):
            _check_sent(entry.below(key))
        elif key.endswith("_variable"):
            entry.text(key)
        elif not isinstance(value, str | int | bool):
            raise entry.error(key, f"is {value!r}", "use a text, a whole number, or a mapping")


def _check_template(entry: Entry, template: str) -> None:
    try:
        template.format(**dict.fromkeys(_SIGNED, ""))
    except (KeyError, IndexError, ValueError) as error:
        raise entry.error(
            "sign", f"is {template!r}", f"it may name {', '.join(_SIGNED)}"
        ) from error
