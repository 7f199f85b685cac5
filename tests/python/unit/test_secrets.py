"""Secrets are hidden, and what is no secret stays readable."""

from __future__ import annotations

import pytest

from storehouse.sources.rest.secrets import Secrets, is_secret

MESSAGE = (
    "s.orders: GET /orders?limit=100&page=1: it answered 404 at 127.0.0.1:8080 as of 2026-01-01"
)


@pytest.mark.parametrize(
    ("secret", "hidden"),
    [
        *(
            (short, MESSAGE)
            for short in ("a", "s", "10", "0", "order", "27", "202", "rders", "swered")
        ),
        ("it", MESSAGE.replace("it answered", "••• answered")),
        ("100", MESSAGE.replace("=100&", "=•••&")),
        ("1", MESSAGE.replace("page=1:", "page=•••:")),
        ("page=", MESSAGE.replace("page=", "•••")),
    ],
)
def test_a_short_secret_does_not_tear_words_and_numbers_apart(secret: str, hidden: str) -> None:
    assert Secrets([secret]).hide(MESSAGE) == hidden


@pytest.mark.parametrize("secret", ["a", "7", "abc", "a b", "p!", "x" * 7])
@pytest.mark.parametrize(
    "text", ['{{"token": "{}"}}', "token={}&x=1", "Bearer {}", "no {}.", "({})", "user:{},", "{}"]
)
def test_a_short_secret_is_hidden_where_it_stands_by_itself(secret: str, text: str) -> None:
    assert Secrets([secret]).hide(text.format(secret)) == text.format("•••")


@pytest.mark.parametrize("secret", ["abcd", "s3cret", "x" * 7])
@pytest.mark.parametrize(
    "text",
    ["%3Fkey%3D{}%26x", "%253D{}%2526", r"\n{}\t", r"\u00e9{}\u00e9", r"\x0a{}", "v1.{}", "{}.json",
     "token_{}", "{}_token", "a.{}.b"],
)  # fmt: skip
def test_a_short_secret_is_hidden_behind_whatever_a_server_puts_before_it(
    secret: str, text: str
) -> None:
    assert Secrets([secret]).hide(text.format(secret)) == text.format("•••")


@pytest.mark.parametrize(
    ("password", "shown"), [("", ""), ("X", ""), ("abc", ""), ("s3cret", "k3y-of-me")]
)
def test_a_user_with_next_to_no_password_may_be_a_key(password: str, shown: str) -> None:
    secrets = Secrets()
    encoded = secrets.add_basic("k3y-of-me", password).removeprefix("Basic ")
    assert secrets.hide(f"k3y-of-me {encoded}") == f"{shown or '•••'} •••"


def test_what_may_be_a_key_in_the_path_of_an_address_is_hidden_and_may_be_kept() -> None:
    secrets = Secrets()
    secrets.add_address("/admin/api/2024-10/hook/T0KEN12345/graphql.json")
    text = "Cannot GET /admin/api/2024-10/hook/T0KEN12345/graphql.json/orders"
    assert secrets.hide(text) == text.replace("T0KEN12345", "•••")
    assert not secrets.holds(text)


def test_a_long_secret_is_hidden_wherever_it_stands() -> None:
    assert Secrets(["12345678"]).hide("x12345678901.12345678") == "x•••901.•••"


def test_of_two_secrets_the_longer_is_hidden_whole() -> None:
    assert Secrets(["abc", "abc-defgh"]).hide("abc-defgh abc") == "••• •••"


@pytest.mark.parametrize(
    ("secret", "holds"),
    [("2", False), ("100", False), ("1234", True), ("123456789", True), ("234", False)],
)
def test_an_address_is_taken_to_hold_a_secret_only_where_it_can_be_none_by_chance(
    secret: str, holds: bool
) -> None:
    written = '{"link": "/orders?page=2&limit=100&key=1234&more=x123456789y"}'
    assert Secrets([secret]).holds(written) == holds


@pytest.mark.parametrize(
    "key",
    ["user_variable", "UserName_variable", "client_id_variable", "shop_id_variable",
     "token_url_variable", "id_variable", "email_variable"],
)  # fmt: skip
def test_who_asks_is_no_secret(key: str) -> None:
    assert not is_secret(key)


@pytest.mark.parametrize(
    "key",
    ["password_variable", "client_secret_variable", "token_variable", "value_variable",
     "key_variable", "api_key_variable", "pin_variable", "whatever_variable"],
)  # fmt: skip
def test_whatever_else_a_variable_holds_is_one(key: str) -> None:
    assert is_secret(key)
