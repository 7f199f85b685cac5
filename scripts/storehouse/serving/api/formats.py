"""Responses as JSON, CSV or Arrow, with their build and the address of the next page."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import quote

import pyarrow as pa
import pyarrow.csv
from fastapi import Request, Response

from storehouse.core.plain_json import as_json_text
from storehouse.serving.now_files import NowState
from storehouse.serving.pages import Page, plain_decimals

Format = Literal["json", "csv", "arrow"]
CSV = "text/csv; charset=utf-8"
ARROW = "application/vnd.apache.arrow.stream"


def respond(
    request: Request,
    build_id: str,
    answer: Callable[[], Any],
    form: Format = "json",
    *,
    depends_on: object = None,
) -> Response:
    """The response with `answer()`, or 304 if the client has it.

    It is determined by the build, the address and this version, and by `depends_on` if it
    depends on anything else.
    """
    determined_by = (str(request.url), version("storehouse"), depends_on)
    digest = hashlib.sha256(repr(determined_by).encode()).hexdigest()[:16]
    etag = f'"{build_id}-{digest}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Storehouse-Build": build_id}
    if etag in _listed(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    found = answer()
    if not isinstance(found, Page):
        return Response(as_json_text(found), headers=headers, media_type="application/json")
    if found.now:
        headers["Storehouse-Now"] = _said(found.now)
    if found.next_page:
        following = request.url.include_query_params(page=found.next_page)
        headers["Link"] = f'<{quote(following.path)}?{following.query}>; rel="next"'
    if form == "csv":
        return Response(_csv(found.table), headers=headers, media_type=CSV)
    if form == "arrow":
        return Response(_arrow(found), headers=headers, media_type=ARROW)
    return Response(as_json_text(found.document()), headers=headers, media_type="application/json")


def _said(now: NowState) -> str:
    return f"lane={now.lane}, offset={now.log_offset}, as-of={now.as_of.isoformat()}Z"


def _listed(etags: str) -> set[str]:
    return {etag.strip().removeprefix("W/") for etag in etags.split(",")}


def _csv(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pa.csv.write_csv(plain_decimals(table), stream)
    return stream.getvalue()


def _arrow(page: Page) -> bytes:
    metadata = {"build_id": page.build_id, "currency_code": page.currency_code}
    if page.now:
        metadata["now"] = _said(page.now)
    table = page.table.replace_schema_metadata(metadata)
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()
