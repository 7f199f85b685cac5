"""However a server packs, names and encodes a file: its rows land, or it is refused by name."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
import zlib
from collections.abc import Sequence

import pytest

from loaders.http_files.web import Hosted, Web, zipped
from loaders.rest.server import Reply
from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.portion import Window

TEXT = "a,b\n1,x\n2,Malmö\n"
WHOLE = TEXT.encode()
EURO = "a,b\n1,“5 €”\n"
ROWS = [("1", "x"), ("2", "Malmö")]


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("coding", "body", "then"),
    [
        ("", packed(WHOLE), ""),
        ("", packed(WHOLE), "unsaid"),
        ("gzip", packed(WHOLE), ""),  # as some servers send a stored .gz
        ("gzip", packed(WHOLE), "unsaid"),
        ("gzip", packed(packed(WHOLE)), ""),
        ("gzip, gzip", packed(packed(WHOLE)), "chunked"),
        ("x-gzip", packed(WHOLE[:8]) + packed(WHOLE[8:]), ""),
        ("deflate", zlib.compress(WHOLE), ""),
        ("", packed(WHOLE[:8]) + packed(WHOLE[8:]), ""),
        ("", WHOLE, ""),
        ("", WHOLE, "chunked"),
    ],
)
def test_a_gz_lands_whether_or_not_it_was_unpacked_on_its_way(
    web: Web, coding: str, body: bytes, then: str
) -> None:
    web.declare({"path": "t.csv.gz"})
    web.api.routes["/files/t.csv.gz"] = lambda _: Reply(
        body, headers={"Content-Encoding": coding, "ETag": '"1"'}, then=then
    )
    web.load().raise_for_problems()
    assert web.landed() == ROWS
    web.load().raise_for_problems()
    assert web.project.query("select count(*) from ops.loads") == [(1,)]
    assert web.conditions() == [(False, False), (True, False)]
    assert web.left() == [".t.csv.gz.json", "t.csv.gz"]


@pytest.mark.parametrize(
    ("coding", "body", "then"),
    [
        ("", WHOLE[:9], "unsaid"),
        ("", WHOLE, "unended"),
        ("", packed(WHOLE)[:-1], "unsaid"),
        ("gzip", packed(WHOLE)[:-1], ""),
        ("gzip", packed(packed(WHOLE)[:-1]), ""),
        ("gzip", packed(WHOLE[:8]) + packed(WHOLE[8:])[:-1], "unsaid"),
    ],
)
@pytest.mark.parametrize("path", ["t.csv", "t.csv.gz"])
def test_a_file_that_was_cut_never_lands(
    web: Web, path: str, coding: str, body: bytes, then: str
) -> None:
    web.declare({"path": path})
    reply = Reply(body, headers={"Content-Encoding": coding}, then=then)
    web.api.routes[f"/files/{path}"] = lambda _: reply
    (error,) = web.load().errors
    assert str(error).startswith(f"s.t: GET {path}: ")
    assert web.left() == []
    web.api.routes[f"/files/{path}"] = lambda _: Reply(WHOLE if path == "t.csv" else packed(WHOLE))
    web.load().raise_for_problems()
    assert web.landed() == ROWS


def test_an_answer_longer_than_it_states_is_no_file(web: Web) -> None:
    for cut in (1, 7, 12):
        shorter = Reply(WHOLE + b"\r\n", headers={"Content-Length": str(len(WHOLE) - 1 - cut)})
        web.api.faults = [shorter] * 3
        (error,) = web.load(Window(full=True)).errors
        assert "is longer than the length that it states in 3 attempts" in str(error)
        assert web.left() == []
    # What ends with nothing but space has lost nothing.
    web.api.faults = [Reply(WHOLE + b"\r\n", headers={"Content-Length": str(len(WHOLE))})]
    web.load().raise_for_problems()
    assert web.landed() == ROWS


@pytest.mark.parametrize(
    ("content_type", "encoding", "body"),
    [
        ("text/csv", "", WHOLE),
        ("text/csv; charset=us-ascii", "", WHOLE),
        ("text/csv; charset=ISO-8859-1", "", TEXT.encode("latin-1")),
        ('text/csv; header=present; Charset="windows-1252"', "", TEXT.encode("cp1252")),
        ("text/csv; charset=ISO-8859-1", "", EURO.encode("cp1252")),
        ("", "latin-1", EURO.encode("cp1252")),
        ("text/csv; charset=utf-16", "", TEXT.encode("utf-16")),
        ("text/csv; charset=utf-16be", "", TEXT.encode("utf-16-be")),
        ("text/csv", "", TEXT.encode("utf-16")),
        ("text/csv", "", TEXT.encode("utf-32")),
        ("text/csv; charset=ISO-8859-1", "", b"\xef\xbb\xbf" + WHOLE),
        ("text/csv; charset=utf-8", "windows-1252", TEXT.encode("cp1252")),
        ("text/csv; charset=klingon", "windows-1252", TEXT.encode("cp1252")),
        ("text/csv; charset=ISO-8859-1", "utf-8", WHOLE),
        ("application/gzip; charset=ISO-8859-1", "gz", packed(WHOLE)),
        ("application/zip; charset=ISO-8859-1", "zip", zipped(t__csv=WHOLE)),
        ("application/zip", "zip", zipped(t__csv=TEXT.encode("utf-16"))),
    ],
)
def test_text_is_read_as_the_table_says_else_by_its_mark_else_by_the_servers_charset(
    web: Web, content_type: str, encoding: str, body: bytes
) -> None:
    is_packed = encoding in ("gz", "zip")
    path = {"gz": "t.csv.gz", "zip": "t.zip"}.get(encoding, "t.csv")
    web.declare({"path": path, **({} if is_packed or not encoding else {"encoding": encoding})})
    web.api.routes[f"/files/{path}"] = lambda _: Reply(body, headers={"Content-Type": content_type})
    web.load().raise_for_problems()
    assert web.landed() == ([("1", "“5 €”")] if body == EURO.encode("cp1252") else ROWS)


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("text/csv; charset=klingon", WHOLE, "charset 'klingon', which is not known; say by"),
        (
            "text/csv; charset=ISO-8859-1",
            WHOLE,
            "cp1252 by the charset that it declares, and seems",
        ),
        ("text/csv; charset=latin1", b"a,b\n1,\x81\n", "what it sent is not cp1252"),
        ("text/csv; charset=utf-16be", WHOLE, "is not utf-16-be"),
        ("text/csv", TEXT.encode("utf-16")[:-1], "is not utf-16"),
        ("text/csv", TEXT.encode("latin-1"), "not valid utf-8"),
        ("text/csv; charset=utf-8", TEXT.encode("latin-1"), "not valid utf-8"),
    ],
)
def test_text_that_is_not_as_it_is_said_to_be_is_refused(
    web: Web, content_type: str, body: bytes, reason: str
) -> None:
    web.api.routes["/files/t.csv"] = lambda _: Reply(body, headers={"Content-Type": content_type})
    report = web.load()
    refused = [*map(str, report.errors), *(one.reason for one in report.rejections)]
    assert len(refused) == 1
    assert reason in refused[0]


def archive(*members: tuple[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as packing:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in members:
            packing.writestr(name, content)
    return made.getvalue()


SOUND = ("rates.csv", TEXT)


@pytest.mark.parametrize(
    "members",
    [
        [SOUND, ("__MACOSX/._rates.csv", b"\0\5\x16\7")],
        [SOUND, ("__MACOSX/rates.csv", "x")],
        [("._rates.csv", b"\0"), SOUND, (".hidden/rates.csv", "x"), ("Thumbs.db", "x")],
        [("folder.csv/", ""), ("folder.csv/rates.CSV", TEXT), ("read.me", "x")],
        [("../../rates.csv", TEXT)],
        [("/etc/rates.csv", TEXT)],
        [("C:\\data\\rates.csv", TEXT), ("__MACOSX\\._rates.csv", "x")],
        [("Pr\u00e9ise \u20ac.csv", TEXT)],
    ],
)
def test_the_one_data_file_of_a_zip_lands_whatever_it_is_called_and_lies_beside(
    web: Web, members: Sequence[tuple[str, bytes | str]]
) -> None:
    web.declare({"path": "t.zip"})
    web.api.routes["/files/t.zip"] = Hosted(archive(*members))
    web.load().raise_for_problems()
    assert web.landed() == ROWS
    assert web.left() == [".t.csv.json", "t.csv"]


def test_a_name_in_an_old_code_page_is_no_obstacle(web: Web) -> None:
    made = archive(("PrXise.csv", TEXT)).replace(b"PrXise", b"Pr\x82ise")
    web.declare({"path": "t.zip"})
    web.api.routes["/files/t.zip"] = Hosted(made)
    web.load().raise_for_problems()
    assert web.landed() == ROWS


def test_each_data_file_of_a_zip_lands_as_a_file_and_what_is_gone_is_kept_no_longer(
    web: Web,
) -> None:
    web.declare({"path": "t.zip"})
    hosted = Hosted(archive(("2024/x.csv", "a,b\n1,x\n"), ("2025/x.csv", "a,b\n2,Malmö\n")))
    web.api.routes["/files/t.zip"] = hosted
    for _ in range(2):
        web.load().raise_for_problems()
        landed = web.project.query("select _source_file, a, b from raw_s.t order by all")
        assert landed == [("t.2024_x.csv", "1", "x"), ("t.2025_x.csv", "2", "Malmö")]
        assert web.left() == [".t.csv.json", "t.2024_x.csv", "t.2025_x.csv"]
    assert web.conditions() == [(False, False), (True, True)]
    (web.folder / "t.2024_x.csv").unlink()
    web.load().raise_for_problems()
    assert web.conditions()[-1] == (False, False)
    hosted.put(archive(("2025/x.csv", TEXT)))
    web.load().raise_for_problems()
    assert web.landed() == ROWS
    assert web.left() == [".t.csv.json", "t.csv"]


def test_only_the_rows_of_the_files_that_a_table_has_now_are_current(web: Web) -> None:
    def load(hosted: Hosted, *members: tuple[str, bytes | str], gone: str = "") -> None:
        hosted.put(archive(*members))
        report = web.load()
        report.raise_for_problems()
        assert "".join(report.notes) == (
            f"s.t: no longer among its files: {gone}. Their rows stay in the raw table and are no "
            "longer current." if gone else ""
        )  # fmt: skip

    hosted = Hosted(b"")
    web.declare({"path": "t.zip"})
    web.api.routes["/files/t.zip"] = hosted
    one, other, new = "a,b\n1,x\n", "a,b\n2,y\n", "a,b\n1,z\n"
    load(hosted, ("one.csv", one))
    load(hosted, ("one.csv", one), ("other.csv", other), gone="t.csv")
    assert web.current() == [("1", "x"), ("2", "y")]
    load(hosted, ("one.csv", new), ("other.csv", other))
    assert web.current() == [("1", "z"), ("2", "y")]
    load(hosted, ("2025.csv", one), ("2026.csv", new), gone="t.one.csv, t.other.csv")
    assert web.current() == [("1", "x"), ("1", "z")]
    load(hosted, ("2026.csv", new), gone="t.2025.csv, t.2026.csv")
    assert web.current() == [("1", "z")]
    load(hosted, ("one.csv", one), ("other.csv", other), gone="t.csv")
    assert web.current() == [("1", "x"), ("2", "y")]
    web.declare({"path": "t.csv"})
    report = web.load()
    assert "t.one.csv, t.other.csv. " in report.notes[0]
    assert web.current() == [("1", "x"), ("2", "y")]
    # By another name, of another content.
    web.file.put(TEXT)
    web.declare({"path": "t.csv.gz"})
    web.api.routes["/files/t.csv.gz"] = web.file
    assert "files: t.csv. " in web.load().notes[0]
    assert web.current() == sorted(ROWS)


def test_what_is_gone_stays_current_while_what_came_in_its_place_is_refused(web: Web) -> None:
    web.declare({"path": "t.zip"})
    hosted = Hosted(archive(SOUND))
    web.api.routes["/files/t.zip"] = hosted
    web.load().raise_for_problems()
    hosted.put(archive(("one.csv", TEXT), ("other.csv", "a,b\n1,x,y\n")))
    report = web.load()
    assert [one.file for one in report.rejections] == ["t.other.csv"]
    assert report.notes == ()
    assert web.current() == sorted(ROWS)
    hosted.put(archive(("one.csv", TEXT), ("other.csv", "a,b\n3,z\n")))
    web.load().raise_for_problems()
    assert web.current() == [*sorted(ROWS), ("3", "z")]


def _encrypted(content: bytes) -> bytes:
    """A zip whose member says that it is encrypted."""
    made = bytearray(content)
    made[made.index(b"PK\3\4") + 6] |= 1
    made[made.index(b"PK\1\2") + 8] |= 1
    return bytes(made)


@pytest.mark.parametrize(
    ("body", "error", "reason"),
    [
        (_encrypted(archive(SOUND)), SourceContractError, "'rates.csv' in its zip is encrypted"),
        (archive(SOUND, SOUND), SourceContractError, "'rates.csv' and 'rates.csv', which can't"),
        (archive(("a/b.csv", TEXT), ("a_b.csv", TEXT)), SourceContractError, "be told apart"),
        (archive(("__MACOSX/rates.csv", TEXT)), SourceContractError, "holds 0 files"),
        (archive(("rates.zip", archive(SOUND))), SourceContractError, "holds 0 files"),
        (archive(SOUND)[:-1], SourceUnavailable, "damaged or cut"),
        (b"PK\5\6" + bytes(17), SourceUnavailable, "damaged or cut"),
        (b"", SourceUnavailable, "damaged or cut"),
        (archive(("\xe9.csv", TEXT)).replace("\xe9".encode(), b"\xe9x"), SourceUnavailable,
         "is not UTF-8"),
    ],
)  # fmt: skip
def test_a_broken_archive_is_refused_by_name_and_stops_no_other_table(
    web: Web, body: bytes, error: type[Exception], reason: str
) -> None:
    web.declare({"path": "t.zip"}, {"u": {"path": "u.csv"}})
    web.api.routes["/files/t.zip"] = lambda _: Reply(body)
    web.api.routes["/files/u.csv"] = lambda _: Reply(TEXT)
    (raised,) = web.load().errors
    assert type(raised) is error
    assert str(raised).startswith("s.t: GET t.zip: ")
    assert reason in str(raised)
    assert web.project.query("select a, b from raw_s.u order by a") == ROWS
