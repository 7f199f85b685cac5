"""A session with Superset's API."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from servers.postgresql import ServerError
from superset_assets.bundle import DATABASE, EXAMPLE_URI

_TIMEOUT = 120


@contextmanager
def signed_in(address: str, user: str, password: str) -> Iterator[httpx.Client]:
    """A client that may do what the user may. Raises ServerError."""
    with httpx.Client(base_url=address, timeout=_TIMEOUT) as client:
        who = {"username": user, "password": password, "provider": "db", "refresh": True}
        token = _answer(client.post("/api/v1/security/login", json=who))["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.headers["Referer"] = address
        csrf = _answer(client.get("/api/v1/security/csrf_token/"))["result"]
        client.headers["X-CSRFToken"] = csrf
        yield client


def import_assets(client: httpx.Client, files: Mapping[str, str], uri: str) -> None:
    """Import the assets with the database at `uri`, over what is there of them."""
    text = files[DATABASE]
    if EXAMPLE_URI not in text:
        raise ServerError(
            f"{DATABASE} has another address than {EXAMPLE_URI}, so it can't be replaced. "
            "Write the assets again: `python scripts/superset_assets`."
        )
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in {**files, DATABASE: text.replace(EXAMPLE_URI, uri)}.items():
            archive.writestr(f"assets/{name}", content)
    sent = {"bundle": ("assets.zip", bundle.getvalue(), "application/zip")}
    _answer(client.post("/api/v1/assets/import/", files=sent))


def _answer(response: httpx.Response) -> dict[str, str]:
    if response.is_error:
        raise ServerError(
            f"Superset answered {response.request.url.path} with {response.status_code}: "
            f"{response.text[:2000]}"
        )
    answer: dict[str, str] = response.json()
    return answer
