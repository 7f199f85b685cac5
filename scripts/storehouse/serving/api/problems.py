"""Errors as RFC 9457 problem details: what happened, and what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from storehouse.core.errors import (
    AnswerTimeout,
    BuildGone,
    ConfigError,
    PublishError,
    StorehouseError,
    UnknownName,
)

_DETAILS = {"extra_forbidden": "there is no such parameter"}
MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[StorehouseError], HTTPStatus] = {
    UnknownName: HTTPStatus.NOT_FOUND,
    BuildGone: HTTPStatus.GONE,
    AnswerTimeout: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigError: HTTPStatus.BAD_REQUEST,
    PublishError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorehouseError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        examples=["There is no report 'daily_sale'. Did you mean daily_sales? Known: …"]
    )
    instance: str = Field(examples=["/v1/reports/daily_sale"])


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI describes these statuses."""
    return {
        int(status): {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
        }
        for status in statuses
    }


def problem(
    status: HTTPStatus, detail: str, path: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    found = Problem(
        type="about:blank", title=status.phrase, status=status, detail=detail, instance=path
    )
    return JSONResponse(
        found.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


def answer_with_problems(app: FastAPI) -> None:
    """Respond to each exception with a problem."""
    app.exception_handler(StorehouseError)(_house)
    app.exception_handler(RequestValidationError)(_request)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(_unexpected)


def _house(request: Request, error: StorehouseError) -> JSONResponse:
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return problem(status, str(error), request.url.path)


def _request(request: Request, error: RequestValidationError) -> JSONResponse:
    details = " ".join(
        f"{one['loc'][1]}: {_detail(one['type'], one['msg'])}." for one in error.errors()
    )
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{details} /openapi.json describes the parameters.",
        request.url.path,
    )


def _detail(kind: str, message: str) -> str:
    return _DETAILS.get(kind, message.removeprefix("Value error, ")).rstrip(".")


def _http(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    detail = f"{status.description or status.phrase}. /openapi.json lists all requests."
    return problem(status, detail, request.url.path, dict(error.headers or {}))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("%s failed", request.url.path, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Unexpected error; the cause is in the server log. Please report it.",
        request.url.path,
    )
