"""Kafka by TLS and with passwords: a real handshake of the client with a listener of this test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from live.kafka_broker import kafka_broker
from live.kafka_tls import Listener, tls_listener
from live.logs import events, letter
from live.ports import free_port
from live.receiving import ENVIRON, receiving
from storehouse.core.errors import ConfigError, SourceUnavailable
from storehouse.log.kafka_address import CA, PASSWORD, USER, KafkaAccess, kafka_address
from storehouse.log.opening import EVENT_LOG, log_address
from warehouse.shop import Home

LOGIN = ("shop", "canary-of-the-log")


@dataclass(frozen=True)
class Encrypted:
    """A listener, the certificate to trust, and another that is not its own."""

    listener: Listener
    ca: Path
    other_ca: Path

    @property
    def name(self) -> str:
        return f"kafkas://127.0.0.1:{self.listener.port}/events"

    def environ(self, password: str = LOGIN[1]) -> dict[str, str]:
        """With user and password, if the listener asks for them."""
        if self.listener.login is None:
            return {EVENT_LOG: self.name, CA: str(self.ca)}
        login = {USER: LOGIN[0], PASSWORD: password}
        return {EVENT_LOG: f"{self.name}?mechanism=PLAIN", CA: str(self.ca), **login}


@pytest.fixture(params=[None, LOGIN], ids=["tls", "tls and password"])
def encrypted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Encrypted]:
    with kafka_broker(tmp_path / "kafka") as broker:
        listener = Listener(free_port(), broker.port, request.param)
        other = Listener(free_port(), broker.port)
        with tls_listener(listener, tmp_path / "ca") as ca:
            with tls_listener(other, tmp_path / "other") as other_ca:
                pass
            yield Encrypted(listener, ca, other_ca)


def test_a_log_by_tls_is_a_log(encrypted: Encrypted, tmp_path: Path) -> None:
    """All connections go by the listener: without its certificate none does."""
    environ = encrypted.environ()
    settings = Home(tmp_path / "home").settings
    with log_address(settings, environ).opened() as log:
        assert log.append(events(0, 30)) == 30
        assert [one.id for _, one in log.read(0, 100)] == [one.id for one in events(0, 30)]
        log.bury([letter("{")])
        assert log.dead_count() == 1
        assert log.name == encrypted.name
    with (
        pytest.raises(SourceUnavailable, match="certificate verify failed"),
        log_address(settings, environ | {CA: str(encrypted.other_ca)}).opened(),
    ):
        pass


@pytest.mark.parametrize("encrypted", [LOGIN], indirect=True)
def test_a_wrong_password_is_said_and_not_shown(encrypted: Encrypted, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", environ=encrypted.environ("canary-that-is-wrong"))
    said = str(home.storehouse("load", code=3))
    assert "could not be opened" in said
    assert "wrong user or password" in said
    assert "canary" not in said


@pytest.mark.parametrize("encrypted", [LOGIN], indirect=True)
def test_receiver_load_and_status_work_by_tls_with_a_password_that_is_nowhere(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", environ=ENVIRON | encrypted.environ())
    with receiving(home) as client:
        assert client.send("k1").status_code == 200
    said = str(home.storehouse("load"))
    assert home.query("select count(*) from raw_shop.payments") == [(1,)]
    said += str(home.storehouse("status"))
    wrong = Home(home.path, environ=home.environ | {CA: str(encrypted.other_ca)})
    refused = str(wrong.storehouse("load", code=3))
    assert "certificate verify failed" in refused
    files = [path.read_bytes() for path in home.path.rglob("*") if path.is_file()]
    assert not [one for one in (said.encode(), refused.encode(), *files) if b"canary" in one]


@pytest.mark.parametrize(
    ("url", "access", "reason"),
    [
        ("kafkas://u:canary@h:1/t", KafkaAccess(), "user and password belong in STOREHOUSE_KAFKA_"),
        ("kafkas://h:1/t?password=canary", KafkaAccess(), "belong in STOREHOUSE_KAFKA_USER"),
        ("kafka://h/t", KafkaAccess("u", "canary"), "kafka://, which is not encrypted"),
        ("kafka://h/t?mechanism=PLAIN", KafkaAccess(), "Begin with kafkas://"),
        ("kafkas://h/t", KafkaAccess("u", "canary"), "needs three things"),
        ("kafkas://h/t?mechanism=NTLM", KafkaAccess("u", "canary"), "PLAIN, SCRAM-SHA-256, SCRAM"),
        ("kafkas://h/t?mechanism=PLAIN", KafkaAccess("u"), "and at the end of its address"),
        ("kafkas://h/t", KafkaAccess(ca="/no/such.pem"), "which can't be used: No such file"),
        ("kafkas://h/t", KafkaAccess(ca=__file__), "py', which can't be used: .*Name a file"),
    ],
)
def test_what_can_not_be_used_is_refused_without_its_password(
    url: str, access: KafkaAccess, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason) as raised:
        kafka_address(url, access)
    assert "canary" not in f"{raised.value} {access}"


def test_properties_of_the_client() -> None:
    """Of each mechanism; brokers have the port of TLS by default."""
    access = KafkaAccess("u", "p")
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        found = kafka_address(f"kafkas://a,b:1/t?mechanism={mechanism}", access)
        assert (found.name, found.topic) == ("kafkas://a:9093,b:1/t", "t")
        assert found.properties == {
            "bootstrap.servers": "a:9093,b:1",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": mechanism,
            "sasl.username": "u",
            "sasl.password": "p",
        }
        assert "'p'" not in repr(found)
