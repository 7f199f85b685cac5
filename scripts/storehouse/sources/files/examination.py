"""Looking into a file of the inbox: what it holds, and whether and how it can be landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

from storehouse.core.display import visible
from storehouse.core.errors import StorehouseError
from storehouse.core.guard import described
from storehouse.sources.declarations import Landing, TableDeclaration
from storehouse.sources.declarations.full import NoOrder
from storehouse.sources.files import content
from storehouse.sources.files.content import Delivery
from storehouse.sources.files.contract import compare
from storehouse.sources.files.delivery import Layout, Refused, is_decoded
from storehouse.sources.files.discovery import Found


@dataclass(frozen=True)
class Arrival:
    """A file that was looked into and can be landed.

    `rows` is how many it must have; None where it is yet to be rewritten for DuckDB.
    """

    delivery: Delivery
    layout: Layout
    rows: int | None = None


@dataclass(frozen=True)
class Problem:
    """A file that can't be landed; without sha256 and size where it could not be read."""

    name: str
    refused: Refused
    sha256: str | None = None
    size: int | None = None

    @classmethod
    def of(cls, delivery: Delivery, refused: Refused) -> Self:
        return cls(delivery.name, refused, delivery.sha256, delivery.size)


class Breach(Refused):
    """The fields of a file are not those declared."""


def examine(delivery: Delivery, declaration: TableDeclaration) -> Arrival | Problem:
    """Look into a file and compare its fields with the declaration."""
    try:
        with faults_refused():
            return Arrival(delivery, _layout(delivery, declaration))
    except Refused as refused:
        return Problem.of(delivery, refused)


def _layout(delivery: Delivery, declaration: TableDeclaration) -> Layout:
    """Raises Refused, or Breach for fields that are not those declared."""
    full = declaration.landing.delivery
    try:
        if full:
            full.place_of_name(delivery.name)
    except NoOrder as error:
        advice = "rename it, or declare its deliveries' order otherwise"
        raise Refused(str(error), advice) from error
    layout = content.inspect(delivery, declaration)
    breach = compare(layout, declaration).breach
    if breach is not None:
        raise Breach(
            breach,
            "ask the sender to restore it, or declare it optional or otherwise in "
            f"_{declaration.source}__sources.yml",
        )
    return layout


@contextmanager
def faults_refused() -> Iterator[None]:
    """A fault of ours stops no other file: the one that it met is refused, and says where."""
    try:
        yield
    except (Refused, StorehouseError):
        raise
    except Exception as error:
        raise Refused(*described(error)) from error


def look_through(arrival: Arrival | Problem, declaration: TableDeclaration) -> Arrival | Problem:
    """Find out whether DuckDB reads a CSV where it lies as Python's csv module does."""
    if isinstance(arrival, Problem) or declaration.landing.format != "csv":
        return arrival
    delivery, layout = arrival.delivery, arrival.layout
    if not layout.is_plain:
        return arrival
    try:
        with faults_refused():
            rows = content.rows_to_read(delivery, layout, declaration)
    except Refused as refused:
        return Problem.of(delivery, refused)
    return Arrival(delivery, replace(layout, is_plain=rows is not None), rows)


def fingerprint(found: Found, landing: Landing, landed: Mapping[str, str]) -> Delivery | Problem:
    try:
        with faults_refused():
            return content.fingerprint(found, landing, landed)
    except Refused as refused:
        name = found.name if is_decoded(found.name) else visible(found.name)
        return Problem(name, refused)
