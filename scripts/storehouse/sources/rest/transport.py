"""HTTP transport that unpacks all content, also for authentication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, cast

import httpx

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest.codings import CodingError, codings, unpacked
from storehouse.sources.rest.connection import MEGABYTE

_NO_SUCCESS = 300
# How much of an error's text is read.
_ERROR_TEXT = 10_000


class Transport(httpx.HTTPTransport):
    """Answers may have at most `largest` bytes, packed and unpacked."""

    def __init__(self, limits: httpx.Limits, largest: int) -> None:
        super().__init__(limits=limits, trust_env=False)
        self._largest = largest

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        packed_as = codings(response.headers.pop("content-encoding", ""))
        response.extensions["is_packed"] = bool(packed_as)
        stream = cast(httpx.SyncByteStream, response.stream)
        response.extensions["surplus"] = partial(_surplus, stream)
        is_error = response.status_code >= _NO_SUCCESS
        response.stream = (_ErrorText if is_error else _Content)(stream, packed_as, self._largest)
        return response


class _Content(httpx.SyncByteStream):
    """The content of an answer; raises CodingError or SourceContractError."""

    def __init__(
        self, stream: httpx.SyncByteStream, packed_as: Sequence[str], largest: int
    ) -> None:
        self._stream, self._packed_as, self._largest = stream, packed_as, largest

    def __iter__(self) -> Iterator[bytes]:
        yield from self._bounded(unpacked(self._bounded(self._stream), self._packed_as))

    def _bounded(self, chunks: Iterator[bytes] | httpx.SyncByteStream) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._largest:
                raise SourceContractError(
                    "its answer is larger than largest_megabytes "
                    f"({self._largest / MEGABYTE:g}); raise that, or ask for less at a time"
                )
            yield chunk

    def close(self) -> None:
        self._stream.close()


class _ErrorText(_Content):
    """The beginning of an error's text, as far as it can be read; the status is what counts."""

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        try:
            for chunk in super().__iter__():
                yield chunk
                size += len(chunk)
                if size > _ERROR_TEXT:
                    return
        except (CodingError, SourceContractError):
            return


def _surplus(stream: Any) -> bytes:
    """What was sent after the stated length of an answer, once all of that was read.

    Neither httpx nor httpcore exposes it; the protocol's own state has it.
    """
    connection = stream._httpcore_stream._stream._connection  # noqa: SLF001
    surplus, _ = connection._h11_state.trailing_data  # noqa: SLF001
    return bytes(surplus)


def states_length(response: httpx.Response) -> bool:
    """Whether it is known where an answer ends, so that truncation is detected."""
    stated = {"content-length", "transfer-encoding"} & set(response.headers)
    is_bodiless = response.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_MODIFIED)
    return bool(stated) or is_bodiless
