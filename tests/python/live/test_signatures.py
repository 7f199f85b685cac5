"""Signatures of webhooks, against vectors made by the senders' own rules."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest

from storehouse.core.errors import ConfigError
from storehouse.live.receiver.signatures import Unsigned, secrets_in, sign, verify
from storehouse.sources.events.declaration import STYLES, Signature

BODY = b'{"id": 1, "name": "\xc3\xa9"}'
NOW = 1_614_265_330.0
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  of the vector


def declared(style: str, header: str = "") -> Signature:
    return Signature(style, "SECRET", header, timedelta(minutes=5))


def mac(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, message, hashlib.sha256).digest()


def test_standard_webhooks_takes_the_vector_of_its_specification() -> None:
    signature = declared("standard_webhooks")
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    secrets = secrets_in(signature, STANDARD_SECRET)
    assert verify(signature, secrets, headers, body, NOW) == headers["webhook-id"]
    for name, value in (("webhook-id", "other"), ("webhook-timestamp", "1614265331")):
        with pytest.raises(Unsigned, match="not that of its body"):
            verify(signature, secrets, headers | {name: value}, body, NOW)


def test_shopify_and_woocommerce_sign_the_raw_body_in_base64() -> None:
    given = base64.b64encode(mac(b"secret", BODY)).decode()
    for style, header in (
        ("shopify", "x-shopify-hmac-sha256"),
        ("woocommerce", "x-wc-webhook-signature"),
    ):
        assert verify(declared(style), [b"secret"], {header: given}, BODY, NOW) == ""
        with pytest.raises(Unsigned):
            verify(declared(style), [b"secret"], {header: given}, BODY + b" ", NOW)


def test_stripe_signs_time_and_body_in_hexadecimal_and_may_give_several_signatures() -> None:
    digest = mac(b"secret", b"1614265330." + BODY).hex()
    signature = declared("stripe", header="Medusa-Signature")
    given = f"t=1614265330, v1=00ff,v0={digest},v1={digest}"
    assert verify(signature, [b"old", b"secret"], {"medusa-signature": given}, BODY, NOW) == ""
    with pytest.raises(Unsigned, match="not that of its body"):
        verify(signature, [b"secret"], {"medusa-signature": f"t=1614265330,v0={digest}"}, BODY, NOW)
    with pytest.raises(Unsigned, match="has no time"):
        verify(signature, [b"secret"], {"medusa-signature": f"v1={digest}"}, BODY, NOW)


@pytest.mark.parametrize("style", STYLES)
def test_what_is_signed_here_is_accepted_within_its_window_and_with_its_secret_only(
    style: str,
) -> None:
    signature = declared(style)
    (secret,) = secrets_in(signature, STANDARD_SECRET)
    headers = sign(signature, secret, BODY, "e1", NOW)
    verify(signature, [b"another", secret], headers, BODY, NOW + 299)
    for secrets, body in (([b"another"], BODY), ([secret], BODY[:-1]), ([], BODY)):
        with pytest.raises(Unsigned, match="not that of its body"):
            verify(signature, secrets, headers, body, NOW)
    for name in headers:
        with pytest.raises(Unsigned):
            verify(signature, [secret], headers | {name: "é ,=="}, BODY, NOW)
    with pytest.raises(Unsigned, match="no header"):
        verify(signature, [secret], {}, BODY, NOW)
    if style in ("stripe", "standard_webhooks"):
        for moment in (NOW + 301, NOW - 302):
            with pytest.raises(Unsigned, match="at most 300"):
                verify(signature, [secret], headers, BODY, moment)


def test_a_secret_that_is_not_base64_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="SECRET is not a secret of Standard Webhooks"):
        secrets_in(declared("standard_webhooks"), "whsec_not base64")
    assert secrets_in(declared("standard_webhooks"), "") == ()


@pytest.mark.parametrize("style", STYLES)
def test_a_secret_that_could_be_guessed_is_a_wrong_setting(style: str) -> None:
    signature = declared(style)
    is_standard = style == "standard_webhooks"
    least = 24 if is_standard else 16

    def text(size: int) -> str:
        return base64.b64encode(b"k" * size).decode() if is_standard else "k" * size

    whole = text(least)
    for short in ("whsec_", text(least - 1), f"whsec_{text(least - 1)}", f"{whole} {text(1)}"):
        with pytest.raises(ConfigError, match=rf"SECRET holds .* fewer than {least} bytes") as said:
            secrets_in(signature, short)
        assert text(least - 1) not in str(said.value)
    assert len(secrets_in(signature, f" {whole}  whsec_{whole} ")) == 2
    assert secrets_in(signature, " ") == ()


def test_the_secrets_of_other_senders_are_their_own_bytes() -> None:
    new, old = "whsec_" + "n" * 32, "o" * 16
    assert secrets_in(declared("stripe"), f" {new}  {old} ") == (new.encode(), old.encode())
