"""Access to the API: from this machine only, or by API key."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from serving.served import client_of
from storehouse.serving.api_keys import add_key, is_valid, read_keys
from warehouse.shop import Home

REPORTS = "/v1/reports"


@pytest.fixture
def home(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The published shop with keys of its own."""
    path = tmp_path_factory.mktemp("keys")
    (path / "published").symlink_to(shop_home.path / "published")
    return Home(path)


@pytest.fixture
def api(home: Home) -> Iterator[httpx.Client]:
    with client_of(home) as client:
        yield client


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_without_keys_only_this_machine_is_answered(api: httpx.Client) -> None:
    assert api.get(REPORTS).status_code == 200
    port = api.base_url.port
    for host in (f"localhost:{port}", "localhost", f"[::1]:{port}"):
        assert api.get(REPORTS, headers={"Host": host}).status_code == 200
    for host in ("shop.example", "127.0.0.1.shop.example", "[", ""):
        answer = api.get(REPORTS, headers={"Host": host})
        assert answer.status_code == 421, host
        assert "storehouse api-keys add NAME" in answer.json()["detail"]
    for proxied in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"):
        assert api.get(REPORTS, headers={proxied: "127.0.0.1"}).status_code == 421
    for origin in ("https://shop.example", "null"):
        assert api.get(REPORTS, headers={"Origin": origin}).status_code == 421
    assert api.get(REPORTS, headers={"Origin": f"http://127.0.0.1:{port}"}).status_code == 200


def test_a_key_is_needed_from_the_first_on_until_it_is_revoked(
    home: Home, api: httpx.Client
) -> None:
    assert api.get(REPORTS).status_code == 200
    first = home.storehouse("api-keys", "add", "finance")["key"]
    second = home.storehouse("api-keys", "add", "sheet")["key"]
    refused = api.get(REPORTS)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer KEY" in refused.json()["detail"]
    for wrong in (
        {},
        _with("sh_wrong"),
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {first}"},
    ):
        for address in (REPORTS, "/metrics", "/nothing"):
            assert api.get(address, headers=wrong).status_code == 401
    for key in (first, second):
        headers = {**_with(key), "Host": "shop.example"}
        assert api.get(REPORTS, headers=headers).status_code == 200
    assert api.get("/healthz").status_code == 200
    assert home.storehouse("api-keys", "revoke", "finance") == {"revoked": "finance"}
    assert api.get(REPORTS, headers=_with(first)).status_code == 401
    assert api.get(REPORTS, headers=_with(second)).status_code == 200
    home.storehouse("api-keys", "revoke", "sheet")
    assert api.get(REPORTS).status_code == 401


def test_no_key_can_be_read_from_what_is_kept(home: Home) -> None:
    key = home.storehouse("api-keys", "add", "finance")["key"]
    file = home.settings.api_keys
    assert key.removeprefix("sh_") not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    (listed,) = home.storehouse("api-keys", "list")["keys"]
    assert sorted(listed) == ["created_at", "name"]


def test_names_of_keys_are_told_apart(home: Home) -> None:
    home.storehouse("api-keys", "add", "finance")
    said = home.storehouse("api-keys", "add", "finance", code=2)
    assert "Key 'finance' already exists" in said["error"]
    assert (
        "is not a valid name for a key"
        in home.storehouse("api-keys", "add", "a b", code=2)["error"]
    )
    said = home.storehouse("api-keys", "revoke", "nobody", code=2)
    assert said["error"] == "There is no key 'nobody'. Keys: finance."


def test_keys_that_are_created_at_once_are_all_kept(home: Home) -> None:
    names = [f"key{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        add = partial(add_key, home.settings.api_keys, now=lambda: datetime.now(UTC))
        created = list(pool.map(add, names))
    assert {key.name for key in read_keys(home.settings.api_keys)} == {*names}
    assert all(is_valid(home.settings.api_keys, key) for key in created)
    left = {file.name for file in home.path.iterdir()}
    assert left == {"api_keys.json", "api_keys.lock", "published"}


def test_the_list_tells_no_keys_from_revoked_ones(home: Home) -> None:
    assert "only this machine has access" in _listed(home)
    home.storehouse("api-keys", "add", "finance")
    home.storehouse("api-keys", "revoke", "finance")
    said = _listed(home)
    assert "every request is rejected" in said
    assert "delete" in said


def _listed(home: Home) -> str:
    with home.start("storehouse", "api-keys", "list") as command:
        said, _ = command.communicate()
    return " ".join(said.split())


def test_a_file_of_keys_that_cannot_be_read_lets_nobody_in(home: Home, api: httpx.Client) -> None:
    key = home.storehouse("api-keys", "add", "finance")["key"]
    for content in ("[", "{}", "[1]", '[{"name": "finance"}]'):
        home.settings.api_keys.write_text(content, encoding="utf-8")
        answer = api.get(REPORTS, headers=_with(key))
        assert answer.status_code in (401, 503), content
    assert "create all keys again" in answer.json()["detail"]


@pytest.mark.parametrize("command", [("serve",), ("mcp", "--http")])
def test_nothing_listens_to_other_machines_without_keys(
    home: Home, command: tuple[str, ...]
) -> None:
    said = home.storehouse(*command, "--host", "0.0.0.0", code=2)  # noqa: S104  it is refused
    assert "requires API keys, and there are none" in said["error"]


def test_a_server_for_other_machines_needs_a_key_whatever_becomes_of_the_file(home: Home) -> None:
    home.storehouse("api-keys", "add", "finance")
    with client_of(home, "--host", "127.0.0.2") as client:
        home.settings.api_keys.unlink()
        assert client.get(REPORTS).status_code == 401


def test_a_port_in_use_is_refused_and_ctrl_c_ends_a_server(home: Home, api: httpx.Client) -> None:
    said = home.storehouse("serve", "--port", str(api.base_url.port), code=2)
    assert "can't be used" in said["error"]
    with home.start("storehouse", "serve") as server:
        assert server.stdout is not None
        address = server.stdout.readline().split(" at ")[1].split("/v1")[0]
        httpx.get(f"{address}/healthz").raise_for_status()
        server.send_signal(signal.SIGINT)
        assert (server.wait(60), server.stdout.read()) == (0, "")
