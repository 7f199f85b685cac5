"""The application: middleware, errors and startup around the routes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from storehouse.core.config import Settings
from storehouse.core.errors import StorehouseError
from storehouse.serving.answers import Answers
from storehouse.serving.api.guard import LOOPBACK, Guard
from storehouse.serving.api.monitoring import Counting, Monitor
from storehouse.serving.api.problems import answer_with_problems
from storehouse.serving.api.routes import router
from storehouse.serving.metrics import metrics
from storehouse.serving.published import published

# DuckDB uses all cores for one query; more requests at once would only be slower.
_AT_ONCE = 4 * (os.cpu_count() or 1)
_DESCRIPTION = """
Published data of the warehouse. Every response comes from one build, which it names. Decimals are
strings, so that they stay exact; times are UTC. Conditions are those of `storehouse metric`.
"""


def create_app(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    seconds: float = 30,
    allowed_origins: Sequence[str] = (),
) -> FastAPI:
    """The API of a home, as served on `host`; a request takes at most `seconds`."""
    answers, monitor = Answers(settings, seconds), Monitor()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with suppress(StorehouseError), published(settings) as build:
            metrics(build)  # reading the definitions takes seconds the first time
        current_default_thread_limiter().total_tokens = _AT_ONCE
        yield
        answers.close()

    app = FastAPI(
        title="storehouse",
        version=version("storehouse"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.state.answers, app.state.monitor = answers, monitor
    app.include_router(router)
    answer_with_problems(app)
    # The last that is added is the first that is asked.
    app.add_middleware(Guard, keys=settings.api_keys, required=host not in LOOPBACK)
    if allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["GET"],
            allow_headers=["Authorization"],
            expose_headers=["ETag", "Link", "Storehouse-Build"],
        )
    app.add_middleware(Counting, monitor=monitor)
    return app
