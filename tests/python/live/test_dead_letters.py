"""Dead letters are listed, sent again as their source is declared now, and removed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from live.conftest import Place
from live.receiving import SECRET, Client, receiving
from loaders.project import Project
from storehouse.core.errors import ConfigError
from storehouse.live.receiver.dead_letters import Retry, all_letters
from storehouse.log.events import OF_LIVE, DeadLetter, Event
from storehouse.log.opening import log_address
from warehouse.shop import Home

SOURCE = "s"
SIGNATURE = {"style": "standard_webhooks", "secret_variable": "S_WEBHOOK_SECRET"}


# What the log has no part in is tested on one.
on_a_file = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


def declare(project: Project, *optional: str, **events: Any) -> None:
    """The source s, whose table t has the columns a, b and c; some of them optional."""
    columns: list[Any] = ["a", "b", "c"]
    columns = [
        {"name": name, "config": {"meta": {"optional": name in optional}}} for name in columns
    ]
    project.declare(SOURCE, t={"columns": columns, "events": {"key": ["a"]}})
    path = project.root / "models" / "staging" / SOURCE / f"_{SOURCE}__sources.yml"
    content = yaml.safe_load(path.read_text())
    declared = {"payload": "rows", "signature": SIGNATURE, **events}
    content["sources"][0]["config"] = {"meta": {"landing": {"events": declared}}}
    path.write_text(yaml.safe_dump(content))


def body(event_id: str, **row: str) -> str:
    return json.dumps({"id": event_id, "data": {"t": [row]}})


@pytest.fixture
def home(project: Project, place: Place, tmp_path: Path) -> Home:
    declare(project)
    environ = {"S_WEBHOOK_SECRET": SECRET, "STOREHOUSE_EVENT_LOG": place.text}
    return Home(tmp_path / "home", SOURCE, environ=environ, project=project.root)


def send(client: Client, text: str) -> int:
    return client.post(text, event_id=f"signed {len(text)}", source=SOURCE).status_code


def logged(place: Place) -> list[tuple[str, Any]]:
    with place.opened() as log:
        return [(one.id, json.loads(one.data)) for _, one in log.read(0, 100)]


def test_what_can_be_taken_now_is_appended_once_and_the_rest_stays(
    home: Home, project: Project, place: Place
) -> None:
    late = body("late", a="1", b="2")
    with receiving(home) as client:
        assert send(client, body("ok", a="0", b="0", c="0")) == 200
        assert (send(client, late), send(client, "no JSON")) == (202, 202)
    listed = home.storehouse("dead-letters", "list")
    assert listed["count"] == 2
    newest, oldest = listed["dead_letters"]
    assert "can't be read" in newest["reason"]
    assert (oldest["source"], oldest["reason"]) == (SOURCE, "a row of t lacks c")
    shown = home.storehouse("dead-letters", "show", str(oldest["number"]))
    assert (shown["body"], shown["received_at"]) == (late, oldest["received_at"])

    refused = home.storehouse("dead-letters", "retry", "--all", code=4)
    assert refused["counts"] == {"refused": 2}
    assert home.storehouse("dead-letters", "list") == listed

    declare(project, "c")
    retried = home.storehouse("dead-letters", "retry", "--all", code=4)
    assert retried["counts"] == {"appended": 1, "refused": 1}
    assert logged(place)[1:] == [("late", {"t": [{"a": "1", "b": "2"}]})]
    assert [one["number"] for one in home.storehouse("dead-letters", "list")["dead_letters"]] == [
        newest["number"]
    ]
    home.storehouse("dead-letters", "retry", str(oldest["number"]), code=2)
    with receiving(home) as client:
        assert send(client, late) == 200  # the sender tries again as well
    assert [one for one, _ in logged(place)] == ["ok", "late"]

    assert home.storehouse("dead-letters", "drop", str(newest["number"])) == {"dropped": 1}
    assert home.storehouse("dead-letters", "list") == {"count": 0, "dead_letters": []}
    with receiving(home) as client:
        assert send(client, "no JSON") == 202
    assert home.storehouse("dead-letters", "list")["count"] == 1
    assert home.storehouse("dead-letters", "drop", "--all") == {"dropped": 1}


@on_a_file
def test_a_source_that_receives_no_webhooks_any_more_keeps_its_letters(
    home: Home, project: Project, place: Place
) -> None:
    with receiving(home) as client:
        assert send(client, body("x", a="1", b="2")) == 202
    with place.opened() as log:
        kept = log.read_dead(0, 10)
    project.declare(SOURCE, t={"columns": ["a", "b"], "events": {"key": ["a"]}})
    retried = home.storehouse("dead-letters", "retry", str(kept[0][0]), code=4)
    assert retried["counts"] == {"kept": 1}
    assert "receives no webhooks" in retried["dead_letters"][0]["reason"]
    with place.opened() as log:
        assert log.read_dead(0, 10) == kept


def test_a_new_reason_replaces_the_old_one(project: Project, place: Place) -> None:
    declare(project)
    old = DeadLetter(SOURCE, "x", "of another day", "2026-01-01T00:00:00Z", body("x", a="1"))
    with place.opened() as log:
        log.bury([old])
        retry = Retry(project.settings(), log)
        for _ in range(2):
            ((number, letter),) = log.read_dead(0, 10)
            (result,) = retry.send([(number, letter)])
            assert result.outcome == "refused"
            assert log.read_dead(0, 10) == [
                (result.number, replace(old, reason="a row of t lacks b, c"))
            ]


def test_a_retry_that_was_killed_before_it_removed_the_letter_appends_nothing_again(
    project: Project, place: Place
) -> None:
    declare(project)
    text = body("x", a="1", b="2", c="3")
    with place.opened() as log:
        log.bury([DeadLetter(SOURCE, "x", "earlier", "2026-01-01T00:00:00Z", text)])
        retry = Retry(project.settings(), log)
        letters = log.read_dead(0, 10)
        log.append([event for event, _ in map(retry._judged, *zip(*letters, strict=True)) if event])
        end = log.end()
        assert [one.outcome for page in all_letters(log) for one in retry.send(page)] == [
            "appended"
        ]
        assert (log.end(), log.dead_count()) == (end, 0)


def test_what_live_left_out_is_in_the_log_and_is_not_appended_again(
    project: Project, place: Place
) -> None:
    declare(project)
    event = Event("x", SOURCE, "made", "2026-01-01T00:00:00Z", '{"t": [{"a": "1"}]}')
    letter = DeadLetter(SOURCE, "x", f"{OF_LIVE} Conversion Error", event.time, event.data)
    with place.opened() as log:
        end = log.append([event])
        log.bury([letter])
        (result,) = Retry(project.settings(), log).send(log.read_dead(0, 10))
        assert (result.outcome, result.reason) == ("in the log", letter.reason)
        assert (log.end(), log.dead_count()) == (end, 1)


def test_a_letter_is_kept_where_it_can_not_be_what_was_sent(project: Project, place: Place) -> None:
    """Of a source that is off, without a header that is named now, or of bytes that are no text."""
    declare(project, envelope={"id": "header:X-Id"})
    good = body("x", a="1", b="2", c="3")
    moment = "2026-01-01T00:00:00Z"
    letters = [
        DeadLetter("other", "1", "r", moment, good, '{"x-id": "1"}'),
        DeadLetter(SOURCE, "2", "r", moment, good),
        DeadLetter(
            SOURCE,
            "3",
            "it can't be read: 'utf-8' codec can't decode",
            moment,
            good,
            '{"x-id": "3"}',
        ),
        DeadLetter(SOURCE, "4", "r", moment, good, '{"x-id": "named"}'),
        DeadLetter(SOURCE, "signed", "r", moment, good, '{"x-id": null}'),
    ]
    with place.opened() as log:
        log.bury(letters)
        results = list(Retry(project.settings(), log).send(log.read_dead(0, 10)))
        assert [one.outcome for one in results] == ["kept"] * 3 + ["appended"] * 2
        assert "other is not on" in results[0].reason
        assert "header x-id was not kept" in results[1].reason
        assert [one.id for _, one in log.read(0, 10)] == ["named", "signed"]
        assert [one for _, one in log.read_dead(0, 10)] == letters[:3]


@on_a_file
def test_the_header_that_names_an_event_is_kept_with_its_letter(
    home: Home, project: Project, place: Place
) -> None:
    declare(project, envelope={"id": "header:X-Id"})
    with receiving(home) as client:
        answer = client.post(body("unused", a="1", b="2"), headers={"X-Id": "named"}, source=SOURCE)
        assert answer.status_code == 202
    declare(project, "c", envelope={"id": "header:X-Id"})
    assert home.storehouse("dead-letters", "retry", "--all")["counts"] == {"appended": 1}
    assert [one for one, _ in logged(place)] == ["named"]


@on_a_file
def test_letters_are_named_or_all_of_them(home: Home, place: Place) -> None:
    with place.opened():
        pass
    for arguments in (("retry",), ("drop", "1", "--all"), ("drop", "7"), ("show", "7")):
        home.storehouse("dead-letters", *arguments, code=2)
    assert home.storehouse("dead-letters", "retry", "--all") == {"counts": {}, "dead_letters": []}


def said(home: Home, *arguments: str) -> str:
    with home.start("storehouse", "dead-letters", *arguments) as process:
        return process.communicate()[0]


def test_a_terminal_is_told_the_same_and_can_not_be_controlled(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with log_address(home.settings, {}).opened() as log:
        assert said(home, "list") == "There are no dead letters.\n"
        log.bury([DeadLetter("shop", "\x1b[31m", "r", "2026-01-01T00:00:00Z", "{}\n\x1b[31m")])
        log.bury([DeadLetter("shop", "y", "live: Conversion Error", "2026-01-01T00:00:00Z", "{}")])
    listed = said(home, "list", "--limit", "1")
    assert "live: Conversion Error" in listed
    assert "2 dead letters, of which the newest 1 are shown." in listed
    shown = said(home, "show", "1")
    assert shown.startswith("number: 1\nsource: shop\n")
    assert shown.endswith("\n\n{}\n\\x1b[31m\n")
    assert "\x1b" not in shown
    retried = said(home, "retry", "--all")
    assert "1 of shop: refused: it can't be read: Extra data" in retried
    assert "2 of shop: in the log: live: Conversion Error" in retried
    assert "Dead letters: 1 refused, 1 in the log." in retried
    assert "Error: 1 dead letters can't be taken and are still there." in retried
    assert said(home, "drop", "1", "2") == "2 dead letters are removed.\n"


def test_without_a_log_there_are_no_letters(project: Project, tmp_path: Path) -> None:
    declare(project)
    said = Home(tmp_path / "home", SOURCE, project=project.root).storehouse(
        "dead-letters", "list", code=2
    )
    assert "There is no event log" in said["error"]


@on_a_file
def test_a_declaration_that_can_not_be_used_appends_nothing(project: Project, place: Place) -> None:
    declare(project, payload="nothing")
    with place.opened() as log:
        log.bury([DeadLetter(SOURCE, "x", "r", "2026-01-01T00:00:00Z", "{}")])
        with pytest.raises(ConfigError, match="payload"):
            list(Retry(project.settings(), log).send(log.read_dead(0, 10)))
        assert log.dead_count() == 1


@on_a_file
def test_bytes_that_are_no_text_are_not_taken_for_what_was_sent(
    home: Home, project: Project, place: Place
) -> None:
    """Their byte 0xff is kept as four characters, which after a backslash would be JSON."""
    declare(project, "c")
    sent = b'{"id": "x", "data": {"t": [{"a": "1", "b": "\\\xff"}]}}'
    with receiving(home) as client:
        assert client.post(sent, source=SOURCE).status_code == 202
    with place.opened() as log:
        ((_, letter),) = kept = log.read_dead(0, 10)
        json.loads(letter.body)
    assert home.storehouse("dead-letters", "retry", "--all", code=4)["counts"] == {"kept": 1}
    with place.opened() as log:
        assert log.read_dead(0, 10) == kept
        assert log.end() == 0
