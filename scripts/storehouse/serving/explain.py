"""Explaining a number by the entries of the ledger that make it up.

A metric grouped by `ledger_entry` gives the contribution of each entry by the metric's own
definition, so that nothing is defined twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from storehouse.core.errors import ConfigError, UnexpectedError
from storehouse.serving.metrics import Metric, answer, compiled, known_or_refused, metrics
from storehouse.serving.published import Published
from storehouse.serving.where import Condition

_CONTRIBUTIONS = """
with contributions as (
    select ledger_entry as ledger_entry_key, "{metric}" as value from ({query})
    where "{metric}" is distinct from 0
)
"""
# A part is unknown if that of one of its entries is.
_SUM = "if(count(value) = count(*), sum(value), null)"
ENTRY_COLUMNS = (
    "entry_date",
    "source_name",
    "document_type",
    "document_id",
    "document_line_id",
    "entry_type",
    "quantity",
    "amount",
    "currency_code",
    "reporting_amount",
    "cost_amount",
    "value",
    "_loaded_at",
)


@dataclass(frozen=True)
class Part:
    """Entries of one type, and their contribution to the number; None if one is unknown."""

    entry_type: str
    entries: int
    value: Decimal | None


@dataclass(frozen=True)
class DocumentPart:
    """The contribution of one document's entries to the number."""

    source_name: str
    document_type: str
    document_id: str
    entry_date: date
    entries: int
    value: Decimal | None


@dataclass(frozen=True)
class Explanation:
    """`value` is the sum of `by_type`; `documents` are the largest of `document_count`.

    `value` is None if a part of it is unknown.
    """

    build_id: str
    currency_code: str
    metric: Metric
    value: Decimal | None
    entry_count: int
    document_count: int
    by_type: tuple[Part, ...]
    documents: tuple[DocumentPart, ...]


@dataclass(frozen=True)
class Question:
    """A metric with conditions and a range of days."""

    metric: str
    where: Sequence[Condition] = ()
    since: date | None = None
    until: date | None = None


def explain(
    published: Published,
    metric: str,
    *,
    where: Sequence[Condition] = (),
    since: date | None = None,
    until: date | None = None,
    top: int = 20,
) -> Explanation:
    """What makes up a metric. Raises ConfigError if it is not a sum over the ledger."""
    question = Question(metric, where, since, until)
    explained = _explainable(published, metric)
    given = answer(published, [metric], where=where, since=since, until=until)
    ((value,),) = given.rows or ((0,),)
    contributions = _contributions(published, question)
    by_type = published.rows(
        f"{contributions} select entry_type, count(*), {_SUM} from contributions "
        "inner join marts.fct_ledger_entries using (ledger_entry_key) group by all order by 1"
    )
    documents = published.rows(
        f"{contributions} select source_name, document_type, document_id, min(entry_date), "
        f"count(*), {_SUM} as part, count(*) over () from contributions "
        "inner join marts.fct_ledger_entries using (ledger_entry_key) "
        "group by source_name, document_type, document_id "
        f"order by abs(part) desc nulls first, 1, 2, 3 limit {top}"
    )
    parts = tuple(Part(*row) for row in by_type)
    _same_or_fail(published, question, value, parts)
    return Explanation(
        published.build_id,
        given.currency_code,
        explained,
        value,
        sum(part.entries for part in parts),
        documents[0][-1] if documents else 0,
        parts,
        tuple(DocumentPart(*row[:-1]) for row in documents),
    )


def explained_entries(published: Published, question: Question) -> list[tuple[Any, ...]]:
    """All entries that make up a metric, as ENTRY_COLUMNS."""
    _explainable(published, question.metric)
    return published.rows(
        f"{_contributions(published, question)} select {', '.join(ENTRY_COLUMNS)} "
        "from contributions inner join marts.fct_ledger_entries using (ledger_entry_key) "
        "order by all"
    )


def _explainable(published: Published, name: str) -> Metric:
    known = {metric.name: metric for metric in metrics(published)}
    known_or_refused(name, known, "metric")
    if not known[name].sums_book:
        sums = ", ".join(metric.name for metric in known.values() if metric.sums_book)
        raise ConfigError(
            f"{name} is not a sum over entries of the book, so there are no entries to show. Its "
            f"definition: {known[name].description} Explain one of {sums}."
        )
    return known[name]


def _contributions(published: Published, question: Question) -> str:
    query = compiled(
        published,
        [question.metric],
        by=["ledger_entry"],
        where=question.where,
        since=question.since,
        until=question.until,
    )
    return _CONTRIBUTIONS.format(metric=question.metric, query=query)


def _same_or_fail(
    published: Published, question: Question, value: Decimal | None, parts: Sequence[Part]
) -> None:
    """Raise UnexpectedError unless the parts add up to the number: no other sum is shown."""
    known = [part.value for part in parts if part.value is not None]
    total = sum(known, Decimal()) if len(known) == len(parts) else None
    if total != value:
        raise UnexpectedError(
            f"The entries of {question.metric} in build {published.build_id} sum to {total}, and "
            f"the metric is {value}. Report this as a bug in storehouse; the metric is right."
        )
