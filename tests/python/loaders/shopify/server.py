"""Shopify's Admin GraphQL API on loopback, strict: what Shopify refuses is refused.

Queries are parsed, checked against schema.graphql and run over the objects of a shop.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
)

from loaders.rest.server import Reply, Request
from loaders.shopify.connections import page, refuse
from loaders.shopify.cost import Costing, actual

# The version of the API that the adapter asks for; docs/shopify.md names it too.
VERSION = "2026-10"
PATH = f"/admin/api/{VERSION}/graphql.json"

MOST_COST = 1000
SCHEMA = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))

Objects = list[dict[str, Any]]


@dataclass
class Bucket:
    """Points that are left; they come back at a rate."""

    maximum: float = 2000.0
    restore_rate: float = 100.0
    clock: Callable[[], float] = time.monotonic
    left: float = -1.0
    seen_at: float = 0.0

    def level(self) -> float:
        now = self.clock()
        if self.left < 0:
            self.left = self.maximum
        else:
            gained = (now - self.seen_at) * self.restore_rate
            self.left = min(self.maximum, self.left + gained)
        self.seen_at = now
        return self.left

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.level()),
            "restoreRate": self.restore_rate,
        }


@dataclass
class Shopify:
    """A handler for loaders.rest.server. `shop` maps root fields to their objects."""

    shop: Mapping[str, Objects]
    token: str = "shpat_0123456789abcdef"  # noqa: S105
    bucket: Bucket = field(default_factory=Bucket)
    throttled: int = 0
    costs: list[int] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("x-shopify-access-token") != self.token:
            return _reply({"errors": "[API] Invalid API key or access token"}, 401)
        if request.method != "POST":
            return _reply({"errors": "Not Found"}, 404)
        body = request.json
        if not isinstance(body, dict) or set(body) - {"query", "variables", "operationName"}:
            return _reply({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        with self.lock:
            return self._answer(body["query"], body.get("variables") or {})

    def _answer(self, query: str, variables: dict[str, Any]) -> Reply:
        try:
            document = parse(query)
        except GraphQLError as error:
            return _refusal([error])
        if errors := validate(SCHEMA, document):
            return _refusal(errors)
        fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        declared = {one.variable.name.value for one in operation.variable_definitions or ()}
        if unknown := set(variables) - declared:
            return _refusal([refuse(f"the query declares no {', '.join(sorted(unknown))}")])
        root: Any = SCHEMA.query_type
        cost = Costing(SCHEMA, fragments, variables).of(operation.selection_set, root)
        if cost > MOST_COST:
            message = f"Query cost is {cost}, which exceeds the single query max cost limit"
            return _refusal([refuse(message, "MAX_COST_EXCEEDED")])
        if cost > self.bucket.level():
            self.throttled += 1
            return _refusal([refuse("Throttled", "THROTTLED")], self._cost(cost, None))
        self.costs.append(cost)
        self.queries.append({"query": query, "variables": variables})
        result = execute_sync(
            SCHEMA, document, self.shop, variable_values=variables, field_resolver=_resolved
        )
        return self._result(result, cost)

    def _result(self, result: ExecutionResult, cost: int) -> Reply:
        real = min(cost, actual(result.data) - 1) if result.data else 1
        self.bucket.left -= real
        body: dict[str, Any] = {"data": result.data, "extensions": self._cost(cost, real)}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        return _reply(body)

    def _cost(self, requested: int, real: int | None) -> dict[str, Any]:
        status = self.bucket.status()
        cost = {"requestedQueryCost": requested, "actualQueryCost": real, "throttleStatus": status}
        return {"cost": cost}


def _resolved(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    name = info.field_name
    if info.parent_type.name == "Query" and set(arguments) == {"id"}:
        found = [one for one in _all(source, name) if one["id"] == arguments["id"]]
        return found[0] if found else None
    value = source.get(name)
    returned = get_named_type(info.return_type)
    if returned.name.endswith("Connection"):
        return page(value or [], arguments)
    if isinstance(value, list) and arguments.get("first") is not None:
        return value[: arguments["first"]]
    if name == "quantities":
        return [one for one in value if one["name"] in arguments["names"]]
    return value


def _all(shop: Mapping[str, Objects], name: str) -> Objects:
    if name == "refund":
        return [refund for order in shop["orders"] for refund in order["refunds"]]
    return shop[f"{name}s"]


def _refusal(errors: list[GraphQLError], extensions: dict[str, Any] | None = None) -> Reply:
    """Shopify says in an answer of status 200 what it refuses."""
    body: dict[str, Any] = {"errors": [error.formatted for error in errors]}
    return _reply(body | ({"extensions": extensions} if extensions else {}))


def _reply(body: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(json.dumps(body), status)
