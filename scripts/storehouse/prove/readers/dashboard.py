"""A page of the dashboard as a browser has it, without the browser: Streamlit's own messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa

PATIENCE = 300  # seconds that an answer may take while dozens of readers share a machine
_BUILD = re.compile(r"\bbuild (\d{8}T\d{6}\.\d{6}Z)")
_COLUMN = "net_sales"


@contextmanager
def open_page(address: str) -> Iterator[Any]:
    """The connection of an open page, a WebSocket. Raises ConnectionError where it ends early."""
    from websockets.exceptions import ConnectionClosed, InvalidMessage  # noqa: PLC0415
    from websockets.sync.client import connect  # noqa: PLC0415

    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    try:
        with connect(stream, max_size=None, open_timeout=PATIENCE, proxy=None) as page:
            yield page
    except ConnectionClosed as error:
        raise ConnectionError(f"the connection of a page was closed: {error}") from error
    except InvalidMessage as error:
        if not isinstance(error.__cause__, EOFError):
            raise
        raise ConnectionError("the connection of a page was closed as it was opened") from error


def read_page(page: Any) -> tuple[str, list[Decimal]]:
    """Have the overview of all days drawn; its build, and the total of each table of net sales.

    Raises ValueError where the page shows an error, or not one build.
    """
    # Importing Streamlit takes a second, which no other kind of reader should wait for.
    from streamlit.proto.BackMsg_pb2 import BackMsg  # noqa: PLC0415
    from streamlit.proto.ClientState_pb2 import ClientState  # noqa: PLC0415

    state = ClientState(query_string="period=All+days", page_name="overview")
    page.send(BackMsg(rerun_script=state).SerializeToString())
    builds, totals = set[str](), list[Decimal]()
    for element in _elements(page):
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == element.alert.ERROR):
            raise ValueError(f"the page shows {element}")
        if kind == "markdown":
            builds |= {*_BUILD.findall(element.markdown.body)}
        if kind == "dataframe":
            totals += _total(element.dataframe.arrow_data.data)
    if len(builds) != 1 or not totals:
        raise ValueError(f"the page shows builds {builds} and {len(totals)} tables")
    return builds.pop(), totals


def _elements(page: Any) -> Iterator[Any]:
    """What the page is drawn of, until it is drawn."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # noqa: PLC0415

    while True:
        message = ForwardMsg.FromString(page.recv(timeout=PATIENCE))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            yield message.delta.new_element
        if kind == "script_finished" and message.script_finished == (
            ForwardMsg.FINISHED_SUCCESSFULLY
        ):
            return


def _total(data: bytes) -> list[Decimal]:
    table = pa.ipc.open_stream(data).read_all()
    if _COLUMN not in table.column_names:
        return []
    return [sum((value for value in table[_COLUMN].to_pylist() if value), Decimal())]
