"""Feeds answers of servers, packed and encoded in every way, to what unpacks and decodes them.

    python tests/python/fuzz/bodies.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/bodies.py var/crash-…   (tries again what failed)

An input says what a body holds, how it is packed (members, codings), where it is cut or damaged,
and in what pieces it comes. The oracle is Python's gzip and zlib on the whole input: ours gives
the same content, or refuses, and what was packed well comes out to the letter. One in many inputs
goes through a real server and a real connection. Texts are encoded by a charset, with a mark or
without, declared in some form, and read back as they were.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse"]):
    from loaders.rest.server import Api, Reply, serving
    from storehouse.core.errors import SourceContractError
    from storehouse.sources.rest.charsets import Undecodable, json_text
    from storehouse.sources.rest.codings import CodingError, codings, unpacked
    from storehouse.sources.rest.transport import Transport

_ON_A_SOCKET = 100
_LARGEST = 100_000_000
_SPELLINGS = {"gzip": ["gzip", "x-gzip", "GZip"], "deflate": ["deflate", "Deflate", "X-DEFLATE"]}
_CHARSETS = [None, "utf-8", "UTF8", "iso-8859-1", "windows-1252", "utf-16", "utf-16le", "utf-16be",
             "utf-32", "us-ascii", "gb18030", "shift_jis", "koi8-r"]  # fmt: skip
_DEFAULTS = ("iso-8859-1", "windows-1252")
_FORMS = [
    "; charset={}",
    ';charset="{}"',
    "; Charset = {} ; q=1",
    ";v=1; CHARSET={}",
    "; charset='{}'",
]

_EXAMPLES = [bytes(range(at, at + 60)) for at in range(0, 180, 60)]
_WORDS = [
    b"\x1f\x8b\x08\x00",
    b"\x78\x9c",
    b"\x03\x00",
    b"\x00" * 8,
    b"gzip",
    b"\xff\xfe",
    b"\xc3\xa9",
]

# atheris has no types; this is its FuzzedDataProvider.
Data = Any


class Bodies:
    """Tries an input; `fetched` gives back what a real server is given to send."""

    def __init__(self, fetched: Callable[[bytes, str, str], bytes]) -> None:
        self._fetched = fetched
        self._numbers = itertools.count(1)

    def check(self, raw: bytes) -> None:
        data = atheris.FuzzedDataProvider(raw)
        if data.ConsumeBool():
            _check_text(data)
        else:
            self._check_packed(data, next(self._numbers) % _ON_A_SOCKET == 0)

    def _check_packed(self, data: Data, on_a_socket: bool) -> None:
        named = [
            data.PickValueInList(sorted(_SPELLINGS)) for _ in range(data.ConsumeIntInRange(1, 3))
        ]
        header = ", ".join(data.PickValueInList(_SPELLINGS[one]) for one in named)
        damage = data.PickValueInList(["", "", "cut", "more", "flip", "none of it"])
        chunk = data.ConsumeIntInRange(1, 40)
        then = data.PickValueInList(["", "chunked", "unsaid"])
        members = data.ConsumeIntInRange(1, 4)
        place = data.ConsumeIntInRange(0, 1000)
        content = data.ConsumeBytes(data.remaining_bytes())
        body = content
        if damage != "none of it":
            for coding in named:
                body = b"".join(_pack(part, coding) for part in _parts(body, members))
        body = _damaged(body, damage, place)
        expected = _expected(body, named)
        assert damage or expected == content, "the oracle unpacks what is sound"
        try:
            if on_a_socket:
                found: bytes | None = self._fetched(body, header, then)
            else:
                found = b"".join(unpacked(_parts(body, len(body) // chunk + 1), codings(header)))
        except CodingError:
            found = None
        if damage in ("flip", "none of it") and found is None:
            return  # zlib looks at more of a header than gzip does
        assert found == expected, (damage, named, found, expected)


def _check_text(data: Data) -> None:
    charset = data.PickValueInList(_CHARSETS)
    declared = data.PickValueInList(_FORMS).format(charset) if charset else ""
    is_marked = data.ConsumeBool()
    is_text = data.ConsumeBool()
    rest = data.ConsumeBytes(data.remaining_bytes())
    # What is called Latin-1 is Windows-1252.
    encoding = "windows-1252" if charset == "iso-8859-1" else charset or "utf-8"
    if not is_text:
        _check_bytes(b"[" + rest, encoding, f"application/json{declared}")
        return
    text = json.dumps([rest.decode("utf-8", "ignore")], ensure_ascii=False)
    try:
        body = text.encode(encoding)
    except UnicodeEncodeError:
        return
    if is_marked and charset in (None, "utf-8", "UTF8", "utf-16le", "utf-16be"):
        body = "\ufeff".encode(encoding) + body
    try:
        found = json_text(body, f"application/json{declared}")
    except SourceContractError:
        assert charset in _DEFAULTS, "only where a charset is declared by default"
        assert not body.isascii()
        assert body.decode()
        return
    assert found == text, (charset, declared, is_marked, found, text)


def _check_bytes(body: bytes, encoding: str, content_type: str) -> None:
    """Bytes that are nothing: read as Python's codec reads them, or refused."""
    detected = json.detect_encoding(body)
    encoding = detected if detected != "utf-8" else "utf-8" if encoding == "us-ascii" else encoding
    try:
        expected = body.decode(encoding)
    except UnicodeDecodeError:
        expected = None
    try:
        found = json_text(body, content_type)
    except (Undecodable, SourceContractError):
        found = None
    if found is None and encoding in _DEFAULTS and expected and not body.isascii():
        assert body.decode(), "it may as well be UTF-8"
        return
    assert found == expected, (encoding, found, expected)


def _parts(content: bytes, count: int) -> list[bytes]:
    size = len(content) // count + 1
    return [content[at : at + size] for at in range(0, len(content), size)] or [b""]


def _pack(content: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(content, mtime=0) + bytes(len(content) % 3)
    return zlib.compress(content)


def _damaged(body: bytes, damage: str, place: int) -> bytes:
    at = place % max(len(body), 1)
    if damage == "cut":
        return body[:at]
    if damage == "more":
        return body + bytes([place % 255 + 1]) * (place % 5 + 1)
    if damage == "flip" and body:
        return body[:at] + bytes([body[at] ^ (1 << place % 8)]) + body[at + 1 :]
    return body


def _expected(body: bytes, named: list[str]) -> bytes | None:
    """What Python makes of the whole body; None where it is not whole."""
    try:
        for coding in reversed(named):
            body = gzip.decompress(body) if coding == "gzip" else _inflated(body)
    except (OSError, EOFError, zlib.error):
        return None
    return body


def _inflated(body: bytes) -> bytes:
    content = b""
    while body:
        is_zlib = body[0] & 15 == 8 and len(body) > 1 and (body[0] * 256 + body[1]) % 31 == 0
        stream = zlib.decompressobj(15 if is_zlib else -15)
        content += stream.decompress(body)
        if not stream.eof:
            raise EOFError
        body = stream.unused_data
    return content


def _prepared(stack: ExitStack) -> Callable[[bytes], None]:
    """Bodies, with a server that lives as long as the process."""
    api = stack.enter_context(serving(Api()))
    client = httpx.Client(transport=Transport(httpx.Limits(), _LARGEST), trust_env=False)
    stack.enter_context(client)

    def fetched(body: bytes, header: str, then: str) -> bytes:
        api.requests.clear()
        api.routes["/"] = lambda _: Reply(body, headers={"Content-Encoding": header}, then=then)
        with client.stream("GET", api.address + "/") as response:
            return b"".join(response.iter_bytes())

    return Bodies(fetched).check


if __name__ == "__main__":
    with ExitStack() as opened:
        main(lambda _: _prepared(opened), _EXAMPLES, _WORDS)
