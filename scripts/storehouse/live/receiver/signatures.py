"""Signatures of webhooks: checking them, and making them for a sender of our own.

Each style is an HMAC-SHA256 over the raw body, with or without a time. A style without a signed
time has no replay window: a repeated body is an event with the same rows.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence

from storehouse.core.errors import ConfigError
from storehouse.sources.events.declaration import Signature

_HEADERS = {
    "shopify": "x-shopify-hmac-sha256",
    "woocommerce": "x-wc-webhook-signature",
    "stripe": "stripe-signature",
    "standard_webhooks": "webhook-signature",
}
_ID, _TIMESTAMP = "webhook-id", "webhook-timestamp"
_PREFIX = "whsec_"
# What Standard Webhooks asks for; of other senders' secrets the shortest known has 32 characters.
_LEAST_STANDARD, _LEAST = 24, 16


class Unsigned(ValueError):
    """A request that is not shown to be of its source, and why."""


def secrets_in(signature: Signature, given: str) -> tuple[bytes, ...]:
    """The secrets in a variable, separated by spaces: several while one replaces another.

    Empty if the variable is. Raises ConfigError for a secret that could be guessed: one of
    Standard Webhooks with fewer than 24 bytes, another with fewer than 16.
    """
    secrets = tuple(_secret(signature, one) for one in given.split())
    is_standard = signature.style == "standard_webhooks"
    least = _LEAST_STANDARD if is_standard else _LEAST
    if any(len(one.removeprefix(_PREFIX.encode())) < least for one in secrets):
        form = (
            f"`{_PREFIX}` and at least {least} bytes in base64" if is_standard else "a longer one"
        )
        raise ConfigError(
            f"{signature.secret_variable} holds a secret of fewer than {least} bytes, with which "
            f"events could be forged: write {form}. Spaces separate secrets."
        )
    return secrets


def _secret(signature: Signature, given: str) -> bytes:
    if signature.style != "standard_webhooks":
        return given.encode()
    try:
        return base64.b64decode(given.removeprefix(_PREFIX), validate=True)
    except ValueError as error:
        raise ConfigError(
            f"{signature.secret_variable} is not a secret of Standard Webhooks: write "
            f"`{_PREFIX}` and at least {_LEAST_STANDARD} bytes in base64."
        ) from error


def verify(
    signature: Signature,
    secrets: Sequence[bytes],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
) -> str:
    """The id that is signed with the body, or an empty text; `now` is seconds since 1970.

    Header names are in lower case. Raises Unsigned.
    """
    name = header_of(signature)
    given = headers.get(name)
    if not given:
        raise Unsigned(f"it has no header {name}")
    signed_id, message = "", body
    if signature.style == "stripe":
        parts = [part.strip().partition("=")[::2] for part in given.split(",")]
        times = [value for key, value in parts if key == "t"]
        message = _timed(signature, times[0] if times else "", now) + b"." + body
        candidates = [_decoded_hex(value) for key, value in parts if key == "v1"]
    elif signature.style == "standard_webhooks":
        signed_id = headers.get(_ID, "")
        if not signed_id:
            raise Unsigned(f"it has no header {_ID}")
        time = _timed(signature, headers.get(_TIMESTAMP, ""), now)
        message = b".".join((signed_id.encode(), time, body))
        candidates = list(_versioned(given))
    else:
        candidates = [_decoded(given)]
    expected = [hmac.digest(secret, message, "sha256") for secret in secrets]
    # Each is compared in constant time; how many there are is no secret.
    matches = [hmac.compare_digest(one, other) for one in candidates for other in expected]
    if not any(matches):
        raise Unsigned(f"its signature in {name} is not that of its body")
    return signed_id


def sign(
    signature: Signature, secret: bytes, body: bytes, event_id: str, now: float
) -> dict[str, str]:
    """The headers that sign a body, as a sender sets them."""
    name, time = header_of(signature), str(int(now))
    if signature.style == "stripe":
        digest = hmac.digest(secret, time.encode() + b"." + body, "sha256")
        return {name: f"t={time},v1={digest.hex()}"}
    if signature.style == "standard_webhooks":
        message = b".".join((event_id.encode(), time.encode(), body))
        return {_ID: event_id, _TIMESTAMP: time, name: f"v1,{_base64(secret, message)}"}
    return {name: _base64(secret, body)}


def header_of(signature: Signature) -> str:
    return (signature.header or _HEADERS[signature.style]).lower()


def _timed(signature: Signature, time: str, now: float) -> bytes:
    """The signed time, if it is within the replay window."""
    if not re.fullmatch(r"[0-9]{1,12}", time):
        raise Unsigned("its signature has no time")
    tolerance = signature.tolerance.total_seconds()
    if abs(now - int(time)) > tolerance:
        raise Unsigned(
            f"its signature's time is {abs(now - int(time)):,.0f} seconds away, and at most "
            f"{tolerance:,.0f} are allowed"
        )
    return time.encode()


def _versioned(given: str) -> Iterator[bytes]:
    for one in given.split():
        version, _, digest = one.partition(",")
        if version == "v1":
            yield _decoded(digest)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _decoded_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _base64(secret: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, message, "sha256")).decode()
