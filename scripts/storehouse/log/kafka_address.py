"""Where an event log on Kafka is, and how its brokers are reached: in the clear, or by TLS.

    kafka://host:9092,host/topic
    kafkas://host:9093/topic?mechanism=SCRAM-SHA-512

`kafkas` is TLS. User and password are environment variables, and are sent by TLS only.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from storehouse.core.errors import ConfigError

KAFKA = ("kafka://", "kafkas://")
USER = "STOREHOUSE_KAFKA_USER"
PASSWORD = "STOREHOUSE_KAFKA_PASSWORD"  # noqa: S105  its name
CA = "STOREHOUSE_KAFKA_CA"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_TOPIC = "storehouse_events"
_PORTS = {"kafka": 9092, "kafkas": 9093}
_MECHANISM = "mechanism"


@dataclass(frozen=True)
class KafkaAccess:
    """What the environment has for a broker, each empty unless it is set; `ca` is a path."""

    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""

    @staticmethod
    def of(environ: Mapping[str, str]) -> KafkaAccess:
        return KafkaAccess(*(environ.get(name, "") for name in (USER, PASSWORD, CA)))


@dataclass(frozen=True)
class KafkaAddress:
    """Brokers as `host:port,…`, a topic, and the properties of a client of them."""

    scheme: str
    brokers: str
    topic: str
    properties: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.scheme}://{self.brokers}/{self.topic}"


def kafka_address(url: str, access: KafkaAccess) -> KafkaAddress:
    """Read a URL. Raises ConfigError, which names no password."""
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    brokers, _, topic = place.partition("/")
    named = [one if ":" in one else f"{one}:{_PORTS[scheme]}" for one in brokers.split(",") if one]
    asked = dict(parse_qsl(query, keep_blank_values=True))
    mechanism = asked.pop(_MECHANISM, "")
    if not named or "@" in rest or asked or not re.fullmatch(r"[\w.-]{0,200}", topic, re.ASCII):
        raise ConfigError(
            "STOREHOUSE_EVENT_LOG is not kafka://HOST:PORT/TOPIC, or kafkas://HOST:PORT/TOPIC"
            "?mechanism=SCRAM-SHA-512. Name one broker or several, separated by commas, and a "
            f"topic; user and password belong in {USER} and {PASSWORD}."
        )
    listed = ",".join(named)
    return KafkaAddress(
        scheme,
        listed,
        topic or _TOPIC,
        {"bootstrap.servers": listed, **_security(scheme, mechanism, access)},
    )


def _security(scheme: str, mechanism: str, access: KafkaAccess) -> dict[str, str]:
    """The properties, by their names in librdkafka."""
    if scheme == "kafka":
        if mechanism or access.user or access.password or access.ca:
            raise ConfigError(
                f"STOREHOUSE_EVENT_LOG begins with kafka://, which is not encrypted, and {USER}, "
                f"{PASSWORD}, {CA} or a mechanism is set. Begin with kafkas:// for TLS, or unset "
                "them."
            )
        return {}
    found = {"security.protocol": "SSL"}
    if access.ca:
        found["ssl.ca.location"] = _readable(access.ca)
    if not (mechanism or access.user or access.password):
        return found
    if mechanism not in MECHANISMS or not access.user or not access.password:
        raise ConfigError(
            "STOREHOUSE_EVENT_LOG on Kafka with a password needs three things: "
            f"{USER}, {PASSWORD}, and at the end of its address ?{_MECHANISM}= and one of "
            f"{', '.join(MECHANISMS)}. Its provider says which."
        )
    return found | {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": mechanism,
        "sasl.username": access.user,
        "sasl.password": access.password,
    }


def _readable(ca: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca)
    except OSError as error:  # of reading, and of what is no certificate
        raise ConfigError(
            f"{CA} is {ca!r}, which can't be used: {error.strerror}. Name a file of certificates "
            "in PEM, or unset it to trust those of the system."
        ) from error
    return ca
