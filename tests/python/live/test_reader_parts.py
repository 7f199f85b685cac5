"""What the proofs of readers count of what readers saw, and which failures come of a connection."""

from __future__ import annotations

import socket
from contextlib import nullcontext
from pathlib import Path
from threading import Thread

import pytest
from websockets.sync.server import ServerConnection, serve

from storehouse.core.errors import ProofError
from storehouse.prove.readers.kinds import LIVE_KINDS, Served
from storehouse.prove.readers.tally import Consistent, Failed, ReadersProof, Tally, consistent


def test_readings_of_one_build_that_differ_are_torn() -> None:
    tally = Consistent("some reader")
    for seen in (
        {"build_id": "b1", "sales": 3},
        {"build_id": "b2", "sales": 4},
        {"build_id": "b1", "sales": 3},
        {"build_id": "b1", "sales": 4},
        Failed("an error", 0.0, 1.0),
    ):
        tally.count(seen, {})
    assert (tally.readings, tally.compared, tally.mixed, tally.failed) == (5, 2, 1, 1)
    assert tally.examples == ["build b1: sales 4 instead of 3", "an error"]


def test_readings_of_several_figures_of_one_build_are_held_against_each_of_them() -> None:
    tally = Consistent("some reader")
    for seen in ({"sales": 3}, {"entries": 7}, {"sales": 3}, {"entries": 8}):
        tally.count({"build_id": "b1", **seen}, {})
    assert (tally.readings, tally.compared, tally.mixed) == (4, 2, 1)
    assert tally.examples == ["build b1: entries 8 instead of 7"]


def test_programs_are_held_against_each_other_and_other_readers_against_themselves() -> None:
    kinds = ("DuckDB, a file of now", "DuckDB, a file of now attached", "API, reports of now")
    tallies = consistent(kinds)
    for kind, rows in zip(kinds, (3, 4, 5), strict=True):
        tallies[kind].count({"build_id": "b1@trade:7", "sales": rows}, {})
    assert [(one.compared, one.mixed) for one in tallies.values()] == [(0, 0), (1, 1), (0, 0)]
    assert tallies[kinds[1]].examples == ["build b1@trade:7: sales 4 instead of 3"]


@pytest.mark.parametrize(
    ("seen", "nothing"),
    [
        (("b1@trade:7", "b1@stock:7", "b1@trade:7"), "saw no two builds"),
        (("b1@trade:7", "b2@trade:8"), "saw nothing twice"),
        (("b1@trade:7", "b2@trade:8", "b2@trade:8"), None),
    ],
)
def test_readers_that_saw_one_build_or_nothing_twice_prove_nothing(
    seen: tuple[str, ...], nothing: str | None
) -> None:
    tally = Consistent("some reader")
    for snapshot in seen:
        tally.count({"build_id": snapshot, "sales": 3}, {})
    found = ReadersProof(2, (tally,), 1.0)
    with pytest.raises(ProofError, match=nothing) if nothing else nullcontext():
        found.raise_for_problems()


def test_a_reading_of_a_build_that_is_not_recorded_is_compared_with_nothing() -> None:
    tally = Tally("some reader")
    for build_id in ("b1", "b2"):
        tally.count({"build_id": build_id, "sales": 3}, {"b1": {"sales": 3}})
    assert (tally.readings, tally.compared, tally.mixed) == (2, 1, 1)


def _reading(kind: str, answer: bytes | None) -> Failed:
    """Why a reading failed of a server that gives every client this answer, or refuses all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            with server.accept()[0] as client:
                client.recv(65_536)
                client.sendall(answer or b"")

        serving = Thread(target=serve)
        if answer is None:
            server.close()
        else:
            serving.start()
        address = f"http://127.0.0.1:{port}"
        with pytest.raises(Exception) as raised:  # of any kind: it is what is judged
            next(LIVE_KINDS[kind](Served(Path("unused"), address, address)))
        if answer is not None:
            serving.join()
    assert isinstance(raised.value, Exception)
    return Failed.by(raised.value, 0.0, 1.0)


@pytest.mark.parametrize("kind", ["API", "API, reports of now", "dashboard"])
@pytest.mark.parametrize(
    ("answer", "is_of_connection"),
    [
        (None, True),
        (b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n", False),
    ],
)
def test_what_a_server_has_answered_is_no_error_of_the_connection(
    kind: str, answer: bytes | None, is_of_connection: bool
) -> None:
    found = _reading(kind, answer)
    assert found.is_of_connection == is_of_connection, found.error


def test_a_page_whose_connection_is_closed_is_one_of_the_connection() -> None:
    def close(page: ServerConnection) -> None:
        page.recv()
        page.close()

    with serve(close, "127.0.0.1", 0) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        address = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        with pytest.raises(ConnectionError, match="was closed") as raised:
            next(LIVE_KINDS["dashboard"](Served(Path("unused"), "", address)))
        server.shutdown()
        serving.join()
    assert Failed.by(raised.value, 0.0, 1.0).is_of_connection
