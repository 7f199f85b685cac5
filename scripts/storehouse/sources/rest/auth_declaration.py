"""How a source authenticates, as declared: the kind, its keys, and the variables they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storehouse.sources.declarations.entry import Entry, named_variables

_SIGNED = ("method", "path", "query", "timestamp", "body", "body_sha256")


@dataclass(frozen=True)
class AuthDeclaration:
    """`given` are the keys beside `kind`; keys that end in `_variable` name variables.

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


_TOKEN_PLACES = ("token", "token_header", "token_cookie")

# By kind of authentication: the keys it needs, and those it may have.
_KEYS = {
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


def read_auth(entry: Entry) -> AuthDeclaration | None:
    """What `auth` declares; None if it is missing."""
    if not entry.values:
        return None
    kind = entry.choice("kind", tuple(_KEYS))
    needed, possible = _KEYS[kind]
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
