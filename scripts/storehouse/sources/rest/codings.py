"""Content codings of HTTP answers (RFC 9110, 8.4): unpacked completely, or not at all.

httpx stops after the first of several gzip members, and does not detect a truncated stream.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence

from storehouse.core.errors import SourceContractError
from storehouse.sources.files.delivery import CHUNK

# What is requested; the standard library unpacks no other.
ACCEPTED = "gzip, deflate"

_MOST = 5
# The first bytes of a member, which show how it is packed.
_HEADER_BYTES = 2
_ZLIB, _RAW, _GZIP = zlib.MAX_WBITS, -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS


class CodingError(Exception):
    """The packed data are truncated or damaged."""


def codings(header: str) -> tuple[str, ...]:
    """The codings in `Content-Encoding`, in the order in which they were applied."""
    named = (one.strip().lower().removeprefix("x-") for one in header.split(","))
    return tuple(one for one in named if one not in ("", "identity"))


def unpacked(chunks: Iterable[bytes], packed_as: Sequence[str]) -> Iterator[bytes]:
    """The content in pieces of at most CHUNK bytes; raises CodingError if it is incomplete.

    Raises SourceContractError for a coding that was not requested.
    """
    if unknown := [one for one in packed_as if one not in ("gzip", "deflate")]:
        raise SourceContractError(
            f"its answer is packed as {unknown[0]!r}, and only {ACCEPTED} can be unpacked; have "
            "it send one of these, or nothing packed"
        )
    if len(packed_as) > _MOST:
        raise SourceContractError(f"its answer is packed {len(packed_as)} times; have it fixed")
    for coding in reversed(packed_as):
        chunks = _members(chunks, coding)
    yield from chunks


def _members(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The content of all members of a stream, one after the other."""
    member = None
    begun = 0
    held = b""
    for chunk in chunks:
        left = held + chunk
        held = b""
        while left:
            if member is None:
                if begun and coding == "gzip":
                    left = left.lstrip(b"\0")  # padding, as of tapes
                if len(left) < _HEADER_BYTES:
                    held = left
                    break
                member = zlib.decompressobj(_form(left, coding))
                begun += 1
            yield from _pieces(member, left, f"member {begun} of its {coding} data")
            left = member.unused_data
            member = None if member.eof else member
    if member or held:
        raise CodingError(f"its {coding} data end too early")


def _form(start: bytes, coding: str) -> int:
    """`deflate` means zlib's format; some send raw deflate, which never begins like it."""
    if coding == "gzip":
        return _GZIP
    is_zlib = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:_HEADER_BYTES]) % 31 == 0
    return _ZLIB if is_zlib else _RAW


def _pieces(member: zlib._Decompress, packed: bytes, what: str) -> Iterator[bytes]:
    """The content that `packed` adds to a member, never more than CHUNK at once."""
    while True:
        try:
            piece = member.decompress(packed, CHUNK)
        except zlib.error as error:
            raise CodingError(f"{what} is damaged: {error}") from None
        if piece:
            yield piece
        packed = member.unconsumed_tail
        if member.eof or not (packed or len(piece) == CHUNK):
            return
