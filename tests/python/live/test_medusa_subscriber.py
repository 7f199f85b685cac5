"""What Medusa's subscriber does about faults of records and of the receiver, on Node itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

import pytest

from loaders.rest.server import Api, Reply, Request, serving
from servers import medusa_events
from servers.medusa_events import RECEIVER, subscriber_variables
from servers.postgresql import ServerError

NODE = shutil.which("node")
HARNESS = Path(__file__).with_name("medusa_subscriber.js")
SUBSCRIBER = (
    Path(medusa_events.__file__).parent / "medusa" / "src" / "subscribers" / "storehouse.js"
)
SECRET = {"MEDUSA_WEBHOOK_SECRET": "a-secret-that-is-long-enough"}
WITH_PASSWORD = "http://user:canary@127.0.0.1:8504/webhooks/medusa"  # noqa: S105  for tests
TAKEN = Reply('{"status":"in the log"}')
SECONDS = 30

Line = dict[str, Any]
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node 20: apt-get install nodejs")


class Running:
    """The subscriber's process, and what it and the receiver have done since the last look."""

    def __init__(self, process: subprocess.Popen[str], api: Api, lines: Queue[Line]) -> None:
        self._process, self.api, self._lines = process, api, lines

    def say(self, **line: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def change(self, order: str, event: str = "order.updated") -> None:
        self.say(event=event, data={"id": order})

    def until(self, is_wanted: Callable[[Line], bool]) -> list[Line]:
        """Lines up to the first wanted one; queue.Empty if none comes."""
        found: list[Line] = []
        while not (found and is_wanted(found[-1])):
            found.append(self._lines.get(timeout=SECONDS))
        return found

    def until_posted(self, record: str) -> list[Line]:
        return self.until(lambda line: line.get("posted") == record)

    def read_until_posted(self, record: str) -> list[str]:
        """What is read from the shop until then."""
        lines = self.until_posted(record)
        self.say(echo="posted")  # the receiver's line may be ahead of the process's
        lines += self.until(lambda line: "echo" in line)
        return [line["read"] for line in lines if "read" in line]

    def until_warned(self, words: str) -> list[Line]:
        return self.until(lambda line: words in line.get("warn", ""))

    def pause(self) -> float:
        """The length of the next pause."""
        return float(self.until(lambda line: "pause" in line)[-1]["pause"])


def _read(output: IO[str], lines: Queue[Line]) -> None:
    for line in output:
        lines.put(json.loads(line))


@contextmanager
def running() -> Iterator[Running]:
    assert NODE
    lines: Queue[Line] = Queue()

    def take(request: Request) -> Reply:
        (record,) = request.json["data"].values()
        lines.put({"posted": record["id"]})
        return TAKEN

    with serving(Api(routes={"/webhooks/medusa": take})) as api:
        variables = subscriber_variables({RECEIVER: f"{api.address}/webhooks/medusa", **SECRET})
        with subprocess.Popen(
            [NODE, str(HARNESS), str(SUBSCRIBER)],
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            reading = Thread(target=_read, args=(process.stdout, lines))
            reading.start()
            try:
                assert lines.get(timeout=SECONDS) == {"is_off": False}
                yield Running(process, api, lines)
            finally:
                process.kill()
                reading.join()


@needs_node
def test_a_record_that_cannot_be_read_is_given_up_and_delays_no_other() -> None:
    with running() as subscriber:
        for record in ("bad_9_A", "bad_9_B"):
            subscriber.change(record)
            assert subscriber.pause() == 1
        subscriber.change("good_1")
        subscriber.until_posted("good_1")  # while the pauses of both go on
        for record in ("bad_9_A", "bad_9_B"):
            for seconds, following in ((1, 4), (4, 16), (16, 64)):
                subscriber.say(resume=seconds)
                assert subscriber.pause() == following
            subscriber.say(resume=64)
            subscriber.until_warned(f"order {record} could not be read")
        subscriber.change("good_2")
        assert subscriber.read_until_posted("good_2") == ["good_2"]


@needs_node
def test_a_record_that_can_be_read_again_is_posted_as_what_it_was() -> None:
    """A placed order: its customer is posted too."""
    with running() as subscriber:
        subscriber.change("bad_1_A", "order.placed")
        assert subscriber.pause() == 1
        subscriber.change("bad_1_A", "order.updated")  # is read at once, before its pause ends
        subscriber.read_until_posted("customer_of_bad_1_A")
        subscriber.say(resume=1)
        subscriber.change("good")
        assert subscriber.read_until_posted("good") == ["good"]


@needs_node
def test_what_the_receiver_does_not_take_is_posted_until_it_does() -> None:
    """Also where it redirects: a GET of the new address answers 200 and takes nothing."""
    faults: list[Reply] = [Reply(status=status) for status in (401, 403, 404, 405, 429, 500, 503)]
    faults += [
        Reply(status=status, headers={"Location": "/elsewhere"}) for status in (301, 302, 307, 308)
    ]
    faults.append(Reply("cut off", then="reset"))
    with running() as subscriber:
        subscriber.api.routes["/elsewhere"] = lambda _: TAKEN
        subscriber.api.faults += faults
        subscriber.change("A")
        pauses = []
        for number in range(len(faults)):
            pauses.append(subscriber.pause())
            if number == 0:
                subscriber.change("B")
            subscriber.say(resume=pauses[-1])
        posted = [subscriber.until(lambda line: "posted" in line)[-1]["posted"] for _ in range(2)]
        assert sorted(posted) == ["A", "B"]
        assert pauses == [1, 2, 4, 8, 16, *[30] * 7]
        assert {request.path for request in subscriber.api.requests} == {"/webhooks/medusa"}


@needs_node
def test_a_receiver_asks_for_pauses_of_five_minutes_at_most() -> None:
    with running() as subscriber:
        asked = ("86400", "99999999999", "Wed, 21 Oct 2099 07:28:00 GMT", "-5", "45")
        subscriber.api.faults += [
            Reply(status=503, headers={"Retry-After": value}) for value in asked
        ]
        subscriber.change("A")
        for seconds in (300, 300, 4, 8, 45):
            assert subscriber.pause() == seconds
            subscriber.say(resume=seconds)
        subscriber.until_posted("A")


@needs_node
def test_a_body_that_is_refused_is_not_posted_again() -> None:
    with running() as subscriber:
        for status in (202, 400, 413, 422):
            subscriber.api.faults.append(Reply("why", status))
            subscriber.change(f"answered_{status}")
            subscriber.until_warned(f"order answered_{status} is not in the log: {status} why")
        subscriber.change("good")
        subscriber.until_posted("good")
        assert len(subscriber.api.requests) == 5


@needs_node
def test_an_address_with_a_password_posts_nothing_and_is_not_shown() -> None:
    assert NODE
    environ = os.environ | SECRET | {RECEIVER: WITH_PASSWORD}
    environ["STOREHOUSE_EVENTS"] = medusa_events.events()
    command = [NODE, str(HARNESS), str(SUBSCRIBER)]
    ended = subprocess.run(command, env=environ, input="", capture_output=True, check=True)
    assert json.loads(ended.stdout) == {"is_off": True}
    assert b"STOREHOUSE_RECEIVER has a user or password" in ended.stderr
    assert b"canary" not in ended.stderr


def test_make_servers_refuses_an_address_with_a_password_without_showing_it() -> None:
    with pytest.raises(ServerError, match="has a user or password") as refused:
        subscriber_variables({RECEIVER: WITH_PASSWORD, **SECRET})
    assert "canary" not in str(refused.value)
