"""Parameters of requests, as OpenAPI describes them; any other parameter is an error."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from storehouse.core.errors import ConfigError
from storehouse.serving.answers import Filters
from storehouse.serving.api.formats import Format
from storehouse.serving.pages import PageRequest
from storehouse.serving.where import Condition, parse_condition

DEFAULT_ROWS = 1_000
MAX_ROWS = 10_000


def _iso(value: Any) -> Any:
    """Pydantic would also read a date from other forms, such as a number of seconds."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("not a date; write it as 2025-12-31")
    return value


def _condition(text: Any) -> Condition:
    try:
        return parse_condition(str(text))
    except ConfigError as error:
        raise ValueError(str(error)) from error


Day = Annotated[date, BeforeValidator(_iso)]
Conditions = Annotated[
    tuple[
        Annotated[Condition, BeforeValidator(_condition), WithJsonSchema({"type": "string"})], ...
    ],
    Field(
        description="Conditions that all hold: field=value, field=one,two, field!=…, field>=value, "
        "field<=value. A value with a comma must be in double quotes.",
        examples=[["channel=web,app"]],
    ),
]


class BuildQuery(BaseModel):
    """Unknown parameters are errors: ignoring a misspelt one would silently change the answer."""

    model_config = ConfigDict(extra="forbid")

    build: str | None = Field(
        None, description="A kept build (/v1/data-status lists them); default: the current one."
    )


class FilteredQuery(BuildQuery):
    where: Conditions = ()
    since: Day | None = Field(
        None, description="The first day to include.", examples=["2025-12-01"]
    )
    until: Day | None = Field(None, description="The last day to include.", examples=["2025-12-31"])

    @property
    def filters(self) -> Filters:
        return Filters(self.where, self.since, self.until)


class PageQuery(BaseModel):
    limit: int = Field(DEFAULT_ROWS, ge=1, le=MAX_ROWS, description="Maximum number of rows.")
    page: str | None = Field(
        None, description="`next_page` of the previous page; keep all other parameters."
    )
    format: Format = Field("json", description="json, csv or arrow (an IPC stream).")

    @property
    def paging(self) -> PageRequest:
        return PageRequest(self.limit, self.page)


class RowsQuery(FilteredQuery, PageQuery):
    pass


class MetricQuery(RowsQuery):
    by: str = Field(
        "",
        description="Periods and dimensions to group by, separated by commas.",
        examples=["month,channel"],
    )


class ExplainQuery(FilteredQuery):
    top: int = Field(20, ge=1, le=1_000, description="How many documents to list, largest first.")


class DocumentQuery(BuildQuery):
    document_id: str = Field(
        description="The source's ID of an order or a refund.", examples=["O000001"]
    )
    source: str | None = Field(None, description="The source, if several use the ID.")


class DiffQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    older: str | None = Field(None, description="A kept build; default: the last but one.")
    newer: str | None = Field(None, description="A later one; default: the last.")


class DiffRowsQuery(DiffQuery, PageQuery):
    pass
