"""The application: middleware, errors and startup around the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from storehouse.core.config import Settings
from storehouse.serving.answers import Answers
from storehouse.serving.api.guard import LOOPBACK, Guard
from storehouse.serving.api.monitoring import Counting, Monitor
from storehouse.serving.api.problems import answer_with_problems
from storehouse.serving.api.routes import router

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
        async with answers.serving():
            yield

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
    # A request passes the last one first.
    app.add_middleware(Guard, keys=settings.api_keys, required=host not in LOOPBACK)
    if allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["GET"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=["ETag", "Link", "Storehouse-Build", "Storehouse-Now"],
        )
    app.add_middleware(Counting, monitor=monitor)
    return app
