"""Content codings of HTTP answers (RFC 9110, 8.4): unpacked whole, or not at all.

httpx stops after the first of several gzip members, and does not see where a stream was cut.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence

from storehouse.core.errors import SourceContractError
from storehouse.sources.files.delivery import CHUNK

# What is asked for; the standard library unpacks no other.
ACCEPTED = "gzip, deflate"

_MOST = 5
# So many bytes tell how a member is packed.
_TOLD_BY = 2
_ZLIB, _RAW, _GZIP = zlib.MAX_WBITS, -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS


class CodingError(Exception):
    """The packed data are cut or damaged."""


def codings(header: str) -> tuple[str, ...]:
    """What `Content-Encoding` names, in the order in which it was done."""
    named = (one.strip().lower().removeprefix("x-") for one in header.split(","))
    return tuple(one for one in named if one not in ("", "identity"))


def unpacked(chunks: Iterable[bytes], packed_as: Sequence[str]) -> Iterator[bytes]:
    """The content in pieces of at most CHUNK bytes; raises CodingError where it is not whole.

    Raises SourceContractError for a coding that was not asked for.
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
    """What all members of a stream hold, one after the other."""
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
                if len(left) < _TOLD_BY:
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
    """`deflate` means zlib's format; some send it bare, which never begins as that does."""
    if coding == "gzip":
        return _GZIP
    is_zlib = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:_TOLD_BY]) % 31 == 0
    return _ZLIB if is_zlib else _RAW


def _pieces(member: zlib._Decompress, packed: bytes, what: str) -> Iterator[bytes]:
    """What `packed` adds to a member, never more than CHUNK at once."""
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
