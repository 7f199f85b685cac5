"""Bodies however they are packed and encoded: whole and to the letter, or refused."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Sequence

import pytest

from loaders.rest.server import Reply
from loaders.rest.shop import ORDERS, RestShop
from storehouse.core.errors import ConfigError, SourceContractError, SourceUnavailable

TEXT = json.dumps(
    {"orders": [{"id": n, "updated_at": f"Malmö {n}"} for n in range(9)]}, ensure_ascii=False
)
WHOLE = TEXT.encode()
NAMES = [f"Malmö {n}" for n in range(9)]


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def bare(content: bytes) -> bytes:
    """Deflate without zlib's head and checksum."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def members(pack: Callable[[bytes], bytes], between: bytes = b"") -> bytes:
    return between.join(pack(WHOLE[at : at + 50]) for at in range(0, len(WHOLE), 50))


PACKED = {
    "gzip": zipped(WHOLE),
    "GZip": zipped(WHOLE),
    "x-gzip": zipped(WHOLE),
    "gzip ": members(zipped),
    " gzip": members(zipped, b"\0" * 9) + b"\0" * 512,
    "gzip,": zipped(b"") + members(zipped),
    "deflate": zlib.compress(WHOLE),
    "Deflate": members(zlib.compress),
    "deflate ": bare(WHOLE),
    " deflate": members(bare),
    "gzip, gzip": zipped(members(zipped)),
    "deflate, identity,gzip": zipped(zlib.compress(WHOLE)),
    "identity": WHOLE,
    "": WHOLE,
}


LANDING = {key: value for key, value in ORDERS.items() if key != "paging"}


@pytest.fixture
def names(shop: RestShop) -> Callable[[], list[str]]:
    """What lands of orders that come in one page."""
    shop.declare({"orders": (["id", "updated_at"], LANDING)}, attempts=2)
    return lambda: shop.landed("updated_at")


def all_land(shop: RestShop, replies: Sequence[Reply]) -> None:
    """Load a table for each of the replies, which all say the same."""
    tables = {}
    for number, reply in enumerate(replies):
        tables[f"t{number}"] = (["id", "updated_at"], {**LANDING, "path": f"/{number}"})
        shop.api.routes[f"/{number}"] = lambda _, reply=reply: reply  # type: ignore[misc]
    shop.declare(tables, attempts=1)
    shop.load().raise_for_problems()
    assert [shop.landed("updated_at", table) for table in tables] == [NAMES] * len(replies)


@pytest.mark.parametrize("then", ["", "chunked", "unsaid"])
def test_what_is_packed_in_any_way_and_any_number_of_members_lands_whole(
    shop: RestShop, then: str
) -> None:
    all_land(
        shop,
        [
            Reply(body, headers={"Content-Encoding": coding}, then=then)
            for coding, body in PACKED.items()
        ],
    )


def test_only_what_can_be_unpacked_is_asked_for(shop: RestShop) -> None:
    shop.load().raise_for_problems()
    assert shop.api.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", members(zipped)[:-1]),
        ("gzip", members(zipped)[:-60]),
        ("gzip", zipped(WHOLE)[:-8]),
        ("gzip", zipped(WHOLE)[:5]),
        ("gzip", zipped(WHOLE) + b"\x1f"),
        ("gzip", zipped(WHOLE) + b"<html>"),
        ("gzip", zipped(WHOLE)[:-8] + b"\0" * 8),
        ("gzip", WHOLE),
        ("deflate", zlib.compress(WHOLE)[:-1]),
        ("deflate", zlib.compress(WHOLE)[:1]),
        ("deflate", bare(WHOLE)[:-1]),
        ("deflate", zlib.compress(WHOLE) + b"<html>"),
        ("gzip, gzip", zipped(members(zipped)[:-1])),
        ("gzip, gzip", zipped(WHOLE)),
    ],
)
def test_packed_data_that_are_cut_or_damaged_are_asked_for_again_and_then_refused(
    shop: RestShop, names: Callable[[], list[str]], coding: str, body: bytes
) -> None:
    headers = {"Content-Encoding": coding}
    shop.api.faults = [Reply(body, headers=headers), Reply(body, headers=headers, then="chunked")]
    (error,) = shop.load().errors
    assert isinstance(error, SourceUnavailable)
    assert str(error).startswith("s.orders: GET /orders: its answer can't be unpacked: ")
    assert names() == []
    shop.api.faults = [Reply(body, headers=headers, then="unsaid"), Reply(WHOLE)]
    shop.load().raise_for_problems()
    assert names() == NAMES


@pytest.mark.parametrize(
    "reply",
    [
        Reply(WHOLE, then="unended"),
        Reply(WHOLE, headers={"Content-Length": str(len(WHOLE) + 1)}, then="truncate"),
        Reply(WHOLE, headers={"Content-Length": str(len(WHOLE) - 1)}),
        Reply("", then="unsaid"),
        Reply("", then="unsaid", headers={"Content-Encoding": "gzip"}),
        Reply(zipped(WHOLE), then="unended", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_an_answer_that_the_connection_cut_is_no_answer(
    shop: RestShop, names: Callable[[], list[str]], reply: Reply
) -> None:
    shop.api.faults = [reply] * 2
    (error,) = shop.load().errors
    assert isinstance(error, SourceUnavailable)
    assert names() == []


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "utf-8", "gzip;q=1"])
def test_a_coding_that_was_not_asked_for_is_refused_by_name(shop: RestShop, coding: str) -> None:
    shop.api.faults = [Reply(WHOLE, headers={"Content-Encoding": coding})]
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert f"packed as {coding.removeprefix('gzip, ')!r}" in str(error)
    assert len(shop.api.requests) == 1


def test_data_packed_very_often_are_refused(shop: RestShop) -> None:
    shop.api.faults = [Reply(WHOLE, headers={"Content-Encoding": "gzip," * 6})]
    (error,) = shop.load().errors
    assert "packed 6 times" in str(error)


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_an_answer_that_grows_without_end_is_refused(shop: RestShop, coding: str) -> None:
    shop.declare(largest_megabytes=2)
    body = zipped(b" " * 50_000_000)
    body = zipped(body) if "," in coding else body
    shop.api.faults = [Reply(body, headers={"Content-Encoding": coding})]
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert "larger than largest_megabytes (2)" in str(error)


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_an_error_is_what_its_status_says_whatever_its_text_is_packed_as(
    shop: RestShop, coding: str
) -> None:
    headers = {"Content-Encoding": coding}
    shop.api.faults = [Reply("no gzip", 404, headers)]
    (error,) = shop.load().errors
    assert "it answered 404" in str(error)
    shop.api.faults = [Reply("no gzip", 503, headers)]
    shop.load().raise_for_problems()


JSON = "application/json"
ENCODED = [
    (JSON, b"\xef\xbb\xbf" + WHOLE),
    (f"{JSON}; charset=utf-8", b"\xef\xbb\xbf" + WHOLE),
    (f"{JSON}; charset=ISO-8859-1", b"\xef\xbb\xbf" + WHOLE),
    (JSON, TEXT.encode("utf-16")),
    (JSON, TEXT.encode("utf-32")),
    (JSON, b"\xfe\xff" + TEXT.encode("utf-16-be")),
    (f"{JSON};charset=utf-16", TEXT.encode("utf-16-be")),
    (f"{JSON};charset=utf-16le", TEXT.encode("utf-16-le")),
    (f"{JSON}; charset=ISO-8859-1", TEXT.encode("latin-1")),
    (f"{JSON}; Charset = iso-8859-1 ; q=1", TEXT.encode("latin-1")),
    (f'{JSON}; version=1; CHARSET="Windows-1252"', TEXT.encode("cp1252")),
    (f"{JSON}; charset='latin1'", TEXT.encode("latin-1")),
    (f"{JSON}; charset=", WHOLE),
    (f"{JSON}; charset=utf8", WHOLE),
    (f"{JSON}; charset=us-ascii", WHOLE),
    ("", WHOLE),
]


def test_charsets_and_byte_order_marks_are_heeded(shop: RestShop) -> None:
    all_land(shop, [Reply(body, headers={"Content-Type": encoding}) for encoding, body in ENCODED])


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON, TEXT.encode("latin-1"), "not utf-8, and declares no charset (byte 0xf6"),
        (f"{JSON}; charset=utf-8", TEXT.encode("latin-1"), "not utf-8, as it declares"),
        (f"{JSON}; charset=us-ascii", TEXT.encode("latin-1"), "not utf-8, as it declares"),
        (JSON, TEXT.encode("utf-16")[:-1], "not utf-16"),
        (f"{JSON}; charset=klingon", WHOLE, "charset 'klingon', which is not known"),
        (f"{JSON}; charset=rot13", WHOLE, "charset 'rot13', which is not known"),
        (f"{JSON}; charset=unicode_escape", WHOLE, "which is not known"),
        (f"{JSON}; charset=utf-8, {JSON}; charset=latin1", WHOLE, "latin1 and utf-8"),
        (f"{JSON}; charset=latin1", WHOLE, "is cp1252 by the charset that it declares, and seems"),
        (
            f"{JSON}; charset=windows-1252",
            WHOLE,
            "is cp1252 by the charset that it declares, and seems",
        ),
        (f"{JSON}; charset=latin1", b'{"orders": ["\x81"]}', "is not cp1252, as it declares"),
        (f"{JSON}; charset=utf8mb4", WHOLE, "say by `charset` at the source, or by `encoding` at"),
    ],
)
def test_text_that_is_not_as_declared_is_refused_and_no_character_is_replaced(
    shop: RestShop, names: Callable[[], list[str]], content_type: str, body: bytes, reason: str
) -> None:
    shop.api.faults = [Reply(body, headers={"Content-Type": content_type})] * 2
    (error,) = shop.load().errors
    assert reason in str(error)
    assert names() == []


@pytest.mark.parametrize("declared", ["ISO-8859-1", "latin1", "l1", "windows-1252", ""])
def test_what_is_called_latin_1_is_windows_1252(shop: RestShop, declared: str) -> None:
    shop.declare(
        {"orders": (["id", "updated_at"], LANDING)}, **({} if declared else {"charset": "latin-1"})
    )
    body = json.dumps({"orders": [{"id": 1, "updated_at": "“5 €” ö"}]}, ensure_ascii=False)
    headers = {"Content-Type": f"{JSON}; charset={declared}"}
    shop.api.faults = [Reply(body.encode("cp1252"), headers=headers)]
    shop.load().raise_for_problems()
    assert shop.landed("updated_at") == ["“5 €” ö"]


@pytest.mark.parametrize(("charset", "body"), [("utf8", WHOLE), ("latin1", TEXT.encode("latin1"))])
def test_a_charset_that_is_declared_at_the_source_counts_whatever_answers_declare(
    shop: RestShop, charset: str, body: bytes
) -> None:
    shop.declare({"orders": (["id", "updated_at"], LANDING)}, charset=charset)
    shop.api.faults = [Reply(body, headers={"Content-Type": f"{JSON}; charset=iso-8859-2"})]
    shop.load().raise_for_problems()
    assert shop.landed("updated_at") == NAMES


def test_a_charset_that_is_not_known_is_refused_where_it_is_declared(shop: RestShop) -> None:
    shop.declare(charset="klingon")
    with pytest.raises(ConfigError, match="charset is 'klingon'"):
        shop.load()


def test_the_text_of_an_error_is_shown_in_its_charset(shop: RestShop) -> None:
    headers = {"Content-Type": "text/plain; charset=iso-8859-1", "Content-Encoding": "gzip"}
    shop.api.faults = [Reply(zipped("nach Malmö".encode("latin-1")), 400, headers)]
    (error,) = shop.load().errors
    assert "it answered 400: nach Malmö" in str(error)
