"""The receiver, as its command starts it: what it answers is in the log."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from live.nats_server import nats_server
from live.receiving import ENVIRON, PAYMENT, Client, body_of, receiving, signed_headers
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from warehouse.shop import Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("receiver"), environ=ENVIRON)


@pytest.fixture(scope="module")
def client(home: Home) -> Iterator[Client]:
    with receiving(home, "--max-bytes", "20000") as found:
        yield found


def log_of(home: Home) -> SqliteLog:
    return SqliteLog(home.path / "live" / "log.sqlite")


def event_of(home: Home, event_id: str) -> Event:
    log = log_of(home)
    (found,) = [one for _, one in log.read(0, 100_000) if one.id == event_id]
    log.close()
    return found


def reason_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return str(problem["detail"])


def test_an_event_is_in_the_log_when_it_is_answered(home: Home, client: Client) -> None:
    answer = client.send("r1", amount=1.10, is_odd=[1.0, None])
    assert (answer.status_code, answer.json()) == (200, {"status": "in the log"})
    found = event_of(home, "r1")
    assert (found.source, found.type, found.time) == (
        "shop", "shop.payment", "2025-12-01T10:00:01Z",
    )  # fmt: skip
    (row,) = json.loads(found.data)["payments"]
    assert row == PAYMENT | {"amount": "1.1", "_extra": '{"is_odd":[1.0, null]}'}


def test_numbers_keep_their_digits(home: Home, client: Client) -> None:
    body = body_of("r2").replace('"12.50"', "12.500")
    assert client.post(body, event_id="r2").status_code == 200
    assert json.loads(event_of(home, "r2").data)["payments"][0]["amount"] == "12.500"


def test_a_repeated_event_is_answered_alike_and_is_in_the_log_once(
    home: Home, client: Client
) -> None:
    for _ in range(3):
        assert client.send("r3").status_code == 200
    event_of(home, "r3")


def test_without_an_id_of_its_own_an_event_has_the_one_that_is_signed(
    home: Home, client: Client
) -> None:
    body = json.loads(body_of("unused"))
    del body["id"], body["time"]
    assert client.post(json.dumps(body), event_id="r4").status_code == 200
    assert event_of(home, "r4").time.endswith("+00:00")


def test_only_what_is_signed_now_and_by_its_source_is_taken(client: Client) -> None:
    body = body_of("r5").encode()
    wrong = {"webhook-signature": "v1,AAAA"}
    assert "not that of its body" in reason_of(client.post(body, headers=wrong))
    assert "at most 300" in reason_of(client.post(body, at=time.time() - 400))
    unsigned = client.http.post(f"{client.address}/webhooks/shop", content=body)
    assert unsigned.status_code == 401
    assert "no header webhook-signature" in reason_of(unsigned)
    unknown = client.post(body, source="nobody")
    assert unknown.status_code == 404
    assert "Known: shop" in reason_of(unknown)
    assert client.http.get(f"{client.address}/webhooks/shop").status_code == 405
    assert client.http.post(f"{client.address}/elsewhere").status_code == 404


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not JSON", "can't be read"),
        (b"\xff\xfe", "can't be read"),
        ("[" * 100_00, "can't be read"),
        ("[]", "not a JSON object"),
        ('{"id": "d"}', "not an object of rows by table"),
        ('{"id": "d", "data": {"nothing": [{}]}}', "no table 'nothing' takes events"),
        ('{"id": "d", "data": {"payments": [{"payment_id": "1"}]}}', "lacks amount"),
        (body_of("d", payment_id=None), "has no payment_id"),
        (body_of("d").replace("10:00:01Z", "later"), "not a moment"),
        (body_of("d" * 501), "id is not a text of at most 500"),
        (body_of("d", amount="\ud83d"), "half of a surrogate pair"),
    ],
)
def test_what_is_authentic_and_no_event_is_kept_with_its_reason(
    home: Home, client: Client, body: bytes | str, reason: str
) -> None:
    content = body.encode() if isinstance(body, str) else body
    for _ in range(2):
        answer = client.post(content, event_id=f"dead {reason}")
        assert answer.status_code == 202
        assert reason in reason_of(answer)
    log = log_of(home)
    kept = [one for _, one in log.dead_letters(1000) if one.id == f"dead {reason}"]
    log.close()
    assert [one.body for one in kept if one.body.encode() == content or content[:1] == b"\xff"]
    assert all(reason in one.reason and one.source == "shop" for one in kept)
    assert len({one.body for one in kept}) == len(kept)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client: Client) -> None:
    large = body_of("r6", payment_method="x" * 20_000).encode()
    for content in (large, iter([large[:10_000], large[10_000:]])):  # the second in chunks
        answer = client.http.post(
            f"{client.address}/webhooks/shop", content=content, headers=signed_headers(large, "r6")
        )
        assert answer.status_code == 413
        assert "at most 20,000 bytes" in reason_of(answer)


def test_health_and_metrics_tell_what_was_received(home: Home, client: Client) -> None:
    client.send("r7")
    client.post("no", event_id="dead")
    health = client.http.get(f"{client.address}/healthz").json()
    log = log_of(home)
    assert health == {"status": "ok", "end": log.end(), "sources": ["shop"]}
    text = client.http.get(f"{client.address}/metrics").text
    assert f"storehouse_log_end {float(log.end())}" in text
    assert f"storehouse_dead_letters {float(log.dead_count())}" in text
    log.close()
    assert 'storehouse_webhooks_total{source="shop",status="200"}' in text
    assert 'storehouse_webhooks_total{source="shop",status="202"}' in text


def test_senders_are_asked_to_wait_while_too_many_are_open(tmp_path: Path) -> None:
    home = Home(tmp_path, environ=ENVIRON)
    with receiving(home, "--max-waiting", "1") as client:
        host, _, port = client.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(b"POST /webhooks/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            answer = _until(client, 429)
            assert answer.headers["retry-after"] == "1"
            assert "Send it again" in reason_of(answer)
            slow.sendall(b"12345678")
            assert slow.recv(1000).startswith(b"HTTP/1.1 401")
        _until(client, 200)


def _until(client: Client, status: int) -> httpx.Response:
    """The slow connection may be taken up, or be gone, a moment later."""
    for number in range(1000):
        answer = client.send(f"wait {status} {number}")
        if answer.status_code == status:
            return answer
    raise AssertionError(answer.status_code)


def test_a_log_that_can_not_be_written_is_503_until_it_can(
    tmp_path: Path, small_disk: Path
) -> None:
    path = small_disk / "log.sqlite"
    home = Home(tmp_path / "home", environ={**ENVIRON, "STOREHOUSE_EVENT_LOG": str(path)})
    with receiving(home) as client:
        assert client.send("s1").status_code == 200
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as stream:
            try:
                while stream.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        refused = None
        for number in range(200):  # what is left in the write-ahead log may take some more
            refused = client.send(f"full {number}", payment_method="x" * 10_000)
            if refused.status_code != 200:
                break
        assert refused is not None
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "could not be written" in reason_of(refused)
        assert client.http.get(f"{client.address}/healthz").status_code == 503
        ballast.unlink()
        assert client.send(f"full {number}", payment_method="x" * 10_000).status_code == 200
        assert client.http.get(f"{client.address}/healthz").status_code == 200


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    """Eight senders at once, killed three times in the midst."""
    home = Home(tmp_path, environ=ENVIRON)
    answered: set[str] = set()
    for kill in range(3):
        with home.start("storehouse", "receive") as server:
            assert server.stdout is not None
            said = server.stdout.readline()
            url = said.split(" at ")[1].split(" ")[0].replace("SOURCE", "shop")
            stop = threading.Event()
            threads = [
                threading.Thread(target=_send_until, args=(url, f"k{kill}-{one}", answered, stop))
                for one in range(8)
            ]
            before = len(answered)
            for thread in threads:
                thread.start()
            while len(answered) < before + 150 + 50 * kill:
                assert server.poll() is None
            server.kill()
            stop.set()
            for thread in threads:
                thread.join()
    log = log_of(home)
    found = [one.id for _, one in log.read(0, 100_000)]
    log.close()
    assert len(found) == len(set(found))
    assert answered <= set(found)
    assert len(answered) >= 500


def _send_until(url: str, name: str, answered: set[str], stop: threading.Event) -> None:
    number = 0
    with httpx.Client() as http:
        while not stop.is_set():
            event_id = f"{name}-{number}"
            body = body_of(event_id).encode()
            try:
                answer = http.post(url, content=body, headers=signed_headers(body, event_id))
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                answered.add(event_id)
            number += 1


def test_what_is_received_lands(tmp_path: Path) -> None:
    home = Home(tmp_path, environ=ENVIRON)
    with receiving(home) as client:
        assert client.send("l1", amount="3.50").status_code == 200
        home.storehouse("load")  # while the receiver has the log open
        assert client.send("l2", amount="4.50").status_code == 200
    home.storehouse("load")
    assert home.query("select amount from raw_shop.payments order by _loaded_at") == [
        ("3.50",), ("4.50",),
    ]  # fmt: skip
    status = home.storehouse("status")["log"]
    assert (status["end"], status["dead_letters"]) == (2, 0)
    assert status["readers"] == [{"source": "shop", "offset": 2, "behind": 0}]


def test_receiver_load_and_status_work_on_nats(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as server:
        log = {"STOREHOUSE_EVENT_LOG": server.url}
        home = Home(tmp_path / "home", environ={**ENVIRON, **log})
        with receiving(home) as client:
            assert client.send("n1").status_code == 200
            assert client.send("n1").status_code == 200
            assert client.post("\x00" * 100_000, event_id="n2").status_code == 202
            assert client.post("x" * 200_000, event_id="n3").status_code == 413
            server.kill()
            away = client.send("n4")
            assert (away.status_code, away.headers["retry-after"]) == (503, "1")
            assert "could not be written" in reason_of(away)
            server.start()
            _until(client, 200)
        home.storehouse("load")
        ((count,),) = home.query("select count(*) from raw_shop.payments")
        status = home.storehouse("status")["log"]
        assert status["readers"] == [{"source": "shop", "offset": count, "behind": 0}]
        assert (status["address"], status["dead_letters"]) == (server.url, 1)
        assert "can't be read" in status["newest_dead"][0][1]
        server.kill()
        assert "could not be opened" in home.storehouse("status")["log"]["problem"]
        assert "could not be opened" in home.storehouse("load", code=3)["errors"][0]


def test_without_a_secret_there_is_nothing_to_receive(tmp_path: Path) -> None:
    said = Home(tmp_path).storehouse("receive", code=2)["error"]
    assert "shop (SHOP_WEBHOOK_SECRET is not set)" in said
