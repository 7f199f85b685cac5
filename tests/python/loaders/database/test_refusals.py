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
        ({"password": "wrong"}, "lets nobody in: .*Put user and password right"),
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
    said = said_by(report)
    assert "Connection refused" in said
    assert f"PostgreSQL at 127.0.0.1:{port} could not be read" in said


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
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert VARIABLE in said
    assert CANARY not in said
    for path in shop.project.root.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_two_loads_at_once_are_one_load_and_a_refusal(shop: LiveShop) -> None:
    fill(shop)
    both = [shop.begin_load(), shop.begin_load()]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 7], [0, 0]), said
    assert content(shop) == [(ROWS, ROWS * (ROWS + 1) // 2, 0)]
    assert shop.count("orders") <= ROWS + 1


def test_a_table_that_is_locked_for_long_is_not_waited_for_for_ever(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop, 5)
    monkeypatch.setitem(postgresql._SETTINGS, "lock_timeout", "200ms")
    with shop.transaction("lock table orders in access exclusive mode"):
        said = said_by(shop.attempt())
    assert "lock timeout" in said
    shop.load()
    assert shop.count("orders") == 5
