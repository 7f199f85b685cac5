"""What can't be read now says so with what to do, waits not for ever, and shows no secret."""

from __future__ import annotations

import re
import socket
from typing import Any
from urllib.parse import urlsplit

import adbc_driver_postgresql.dbapi as driver
import pytest

from loaders.database.live import VARIABLE, LiveShop
from loaders.database.orders import ROWS, content, fill, said_by
from storehouse.sources.database import postgresql, postgresql_connection

CANARY = "canary-5ee7"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wrong"}, "refused the user or password: .*Correct them in"),
        (
            {"password": "e"},
            "refused the user or password: .*Failed to connect: .* password authentication failed",
        ),
        ({"path": "/nowhere"}, 'could not be read: .*database "nowhere" does not exist'),
    ],
)
def test_what_does_not_pass_is_tried_once(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], reason: str
) -> None:
    fill(shop, 1)
    tried = []
    connect = driver.connect

    def counted(*arguments: Any, **options: Any) -> Any:
        tried.append(1)
        return connect(*arguments, **options)

    monkeypatch.setattr(driver, "connect", counted)
    parts = urlsplit(shop.url)
    user = f"{parts.username}:{change.get('password', parts.password)}"
    changed = parts._replace(
        netloc=f"{user}@{parts.hostname}:{parts.port}", path=change.get("path", parts.path)
    )
    assert re.search(reason, said_by(shop.attempt(url=changed.geturl())))
    assert len(tried) == 1


def test_nobody_at_the_port_is_said_with_what_to_do(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 1)
    monkeypatch.setattr(postgresql_connection, "_FIRST_WAIT_SECONDS", 0.01)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        report = shop.attempt(url=f"postgresql://me:word@127.0.0.1:{port}/shop")
    message = said_by(report)
    assert "Connection refused" in message
    assert f"PostgreSQL at 127.0.0.1:{port} could not be read" in message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://{user}:" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "%2Fx%40y%20z@{host}",
        "postgresql://{user}:" + CANARY + "/@" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "#" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "[@{host}",
        "postgresql://{user}:word@" + CANARY + "@{host}",
        "postgresql://{user}:12/" + CANARY + "@{host}",
        "postgresql://{user}:12#" + CANARY + "@{host}",
        "postgresql://{user}:12?" + CANARY + "@{host}",
        "postgresql://{user}:" + CANARY + "%zz@{host}",
        "postgresql://{host}?user={user}&password=" + CANARY,
        "postgresql://{user}@{host}?password=" + CANARY + "&sslmode=" + CANARY,
        "host=127.0.0.1 password=" + CANARY,
        "mysql://{user}:" + CANARY + "@{host}",
    ],
)
def test_a_password_is_nowhere_whatever_is_wrong_with_it(shop: LiveShop, url: str) -> None:
    fill(shop, 1)
    shop.url = url.format(user="storehouse", host=shop.host)
    process = shop.begin_load()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert VARIABLE in output
    assert CANARY not in output
    for path in shop.project.root.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_two_loads_at_once_are_one_load_and_a_refusal(shop: LiveShop) -> None:
    fill(shop)
    both = [shop.begin_load(), shop.begin_load()]
    output = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 7], [0, 0]), output
    assert content(shop) == [(ROWS, ROWS * (ROWS + 1) // 2, 0)]
    assert shop.count("orders") <= ROWS + 1


def url_of(shop: LiveShop, options: str) -> str:
    """The shop's URL with all that it says behind the question mark, as libpq reads it."""
    parts = urlsplit(shop.url)
    return f"postgresql:///{parts.path[1:]}?{parts.query}&port={parts.port}&{options}"


def test_a_url_is_read_as_libpq_reads_it(shop: LiveShop) -> None:
    fill(shop, 5)
    name = shop.url.rpartition("%3D")[2].removesuffix(",public")
    shop.sql(
        f"create role {name} login password 'a+b c%'",
        f"grant usage on schema {name} to {name}",
        f"grant select on orders to {name}",
    )
    url = url_of(shop, f"host=127.0.0.1&user={name}&password=a+b%20c%25")
    try:
        shop.attempt(url=url).raise_for_problems()
        assert shop.count("orders") == 5
        shop.sql(f"revoke select on orders from {name}")
        (error,) = shop.attempt(url=url).errors
    finally:
        shop.sql(f"drop owned by {name}", f"drop role {name}")
    assert str(error).startswith("shop.orders: PostgreSQL at 127.0.0.1:")
    assert f"Grant user '{name}' the right to select" in str(error)


def test_a_socket_that_is_not_there_is_named(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 1)
    monkeypatch.setattr(postgresql_connection, "_FIRST_WAIT_SECONDS", 0.01)
    message = said_by(shop.attempt(url=url_of(shop, "host=/nowhere")))
    assert message.startswith("PostgreSQL at /nowhere:")
    assert "/nowhere/.s.PGSQL." in message


def test_tables_that_are_locked_for_long_stop_only_themselves(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sql("create table a (id int primary key)", "create table b (id int primary key)")
    for name in "ab":
        shop.declare(name, ["id"], key="id")
    fill(shop, 5)
    monkeypatch.setitem(postgresql._SETTINGS, "lock_timeout", "200ms")
    with shop.transaction("lock table a, b in access exclusive mode"):
        errors = shop.attempt().errors
    for name, error in zip("ab", errors, strict=True):
        assert str(error).startswith(f"shop.{name}: PostgreSQL at")
        assert "lock timeout" in str(error)
        assert "Another session has locked it" in str(error)
    assert shop.count("orders") == 5
    shop.load()


def test_a_query_that_fails_in_the_middle_stops_only_its_table(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_BATCH_BYTES", 16 * 1024)
    shop.sql(
        "create view a as select i as id, 1 / (i - 40000) as v from generate_series(1, 50000) i"
    )
    shop.declare("a", ["id", "v"], key="id")
    fill(shop, 5)
    (error,) = shop.attempt().errors
    assert re.match("shop.a: PostgreSQL at .* could not answer: .*division by zero", str(error))
    assert "Correct the value there, or the view" in str(error)
    assert shop.count("orders") == 5
