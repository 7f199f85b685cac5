"""Answers as JSON, CSV or Arrow, with the build they are of and where the next page is."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv
from fastapi import Request, Response

from storehouse.core.plain_json import as_json_text
from storehouse.serving.pages import Page

Format = Literal["json", "csv", "arrow"]
CSV = "text/csv; charset=utf-8"
ARROW = "application/vnd.apache.arrow.stream"


def answered(
    request: Request, build_id: str, ask: Callable[[], Any], form: Format = "json"
) -> Response:
    """What `ask` gives, or 304 for one who has it: of a build an address always says the same."""
    asked = hashlib.sha256(str(request.url).encode()).hexdigest()[:16]
    etag = f'"{build_id}-{asked}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Storehouse-Build": build_id}
    if etag in _listed(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    found = ask()
    if not isinstance(found, Page):
        return Response(as_json_text(found), headers=headers, media_type="application/json")
    if found.next_page:
        following = request.url.include_query_params(page=found.next_page)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    if form == "csv":
        return Response(_csv(found.table), headers=headers, media_type=CSV)
    if form == "arrow":
        return Response(_arrow(found), headers=headers, media_type=ARROW)
    return Response(as_json_text(found.document()), headers=headers, media_type="application/json")


def _listed(etags: str) -> set[str]:
    return {etag.strip().removeprefix("W/") for etag in etags.split(",")}


def _csv(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pa.csv.write_csv(table, stream)
    return stream.getvalue()


def _arrow(page: Page) -> bytes:
    said = {"build_id": page.build_id, "currency_code": page.currency_code}
    table = page.table.replace_schema_metadata(said)
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()
