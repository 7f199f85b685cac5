"""Connections, as Shopify pages them: by the place of the last record read, not by number."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

MOST = 250

_FIELDS = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "PROCESSED_AT": "processedAt"}
_TERM = re.compile(r"(\w+):(>=|<=|>|<)?'?([^' ]+)'?")
_COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "": lambda a, b: a == b,
}
_FILTERS = {"updated_at": "updatedAt", "created_at": "createdAt", "processed_at": "processedAt"}

Records = Sequence[Mapping[str, Any]]


def refuse(message: str, code: str = "BAD_REQUEST") -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def matching(records: Records, query: str | None) -> Records:
    """Those that a search finds. Strict: Shopify warns of a filter it does not know."""
    for term in filter(None, re.split(r"\s+AND\s+|\s+", query or "")):
        match = _TERM.fullmatch(term)
        if match is None or match[1] not in _FILTERS:
            raise refuse(f"no such filter: {term}")
        name, holds, bound = _FILTERS[match[1]], _COMPARED[match[2] or ""], match[3]
        records = [one for one in records if holds(one[name], bound)]
    return records


def page(records: Records, arguments: Mapping[str, Any]) -> dict[str, Any]:
    first, after = arguments.get("first"), arguments.get("after")
    if first is None:
        raise refuse("you must provide one of first or last")
    if not 0 < first <= MOST:
        raise refuse(f"first is {first}, and cannot exceed {MOST}")
    if "query" in arguments:
        records = matching(records, arguments["query"])
    sort_key = arguments.get("sortKey")
    places = {id(one): place for place, one in enumerate(records)}

    def place_of(one: Mapping[str, Any]) -> list[Any]:
        if sort_key is None:
            return [places[id(one)], one["id"]]
        return [one.get(_FIELDS.get(sort_key, "id")), _number(one["id"])]

    ordered = sorted(records, key=place_of)
    if after is not None:
        begin = _read(after)
        ordered = [one for one in ordered if place_of(one) > begin]
    shown = ordered[:first]
    cursors = [_written(place_of(one)) for one in shown]
    return {
        "nodes": shown,
        "edges": [{"cursor": c, "node": one} for c, one in zip(cursors, shown, strict=True)],
        "pageInfo": {
            "hasNextPage": len(ordered) > first,
            "hasPreviousPage": after is not None,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _number(gid: str) -> int:
    return int(re.sub(r"\?.*", "", gid).rpartition("/")[2])


def _written(place: Sequence[Any]) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()


def _read(cursor: str) -> list[Any]:
    try:
        return list(json.loads(base64.b64decode(cursor, validate=True)))
    except ValueError:
        raise refuse("invalid cursor for current pagination sort") from None
