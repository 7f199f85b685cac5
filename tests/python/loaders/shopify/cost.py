"""What a query costs, in Shopify's points: an upper bound, taken before it is run.

A scalar costs nothing and an object 1; a connection costs 2, and what one of its nodes
costs as often as `first` says; an interface costs what the dearest of its types does.
Shopify charges large connections less than this: what passes here passes there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    value_from_ast_untyped,
)

CONNECTION = 2


@dataclass(frozen=True)
class Costing:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def of(self, selected: SelectionSetNode, parent: GraphQLCompositeType) -> int:
        total, dearest = 0, 0
        for one in selected.selections:
            if isinstance(one, FieldNode):
                total += self._field(one, parent)
            elif isinstance(one, FragmentSpreadNode):
                total += self.of(self.fragments[one.name.value].selection_set, parent)
            elif isinstance(one, InlineFragmentNode):
                named = one.type_condition.name.value if one.type_condition else parent.name
                inner: Any = self.schema.type_map[named]
                dearest = max(dearest, self.of(one.selection_set, inner))
        return total + dearest

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> int:
        if node.name.value.startswith("__"):
            return 0
        fields: Any = parent
        returned: Any = get_named_type(fields.fields[node.name.value].type)
        if is_leaf_type(returned) or returned.name == "PageInfo" or node.selection_set is None:
            return 0
        inner = self.of(node.selection_set, returned)
        if returned.name.endswith("Connection"):
            return CONNECTION + self._first(node, 1) * inner
        if returned.name.endswith("Edge"):
            return inner
        return self._first(node, 1) * (1 + inner)

    def _first(self, node: FieldNode, default: int) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                return default if value is None else int(value)
        return default


def actual(value: Any) -> int:
    """What an answer cost: a point an object."""
    if isinstance(value, dict):
        return 1 + sum(actual(one) for name, one in value.items() if name != "pageInfo")
    if isinstance(value, list):
        return sum(map(actual, value))
    return 0
