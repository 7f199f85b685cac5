"""Examining a file of the inbox: its fields, and whether and how it can land."""

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
    """A file that was examined and can land.

    `rows` is how many it must have; None if it must be rewritten for DuckDB first.
    """

    delivery: Delivery
    layout: Layout
    rows: int | None = None


@dataclass(frozen=True)
class Problem:
    """A file that can't land; without sha256 and size if it could not be read."""

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
    """Inspect a file and compare its fields with the declaration."""
    try:
        with faults_refused():
            return Arrival(delivery, _layout(delivery, declaration))
    except Refused as refused:
        return Problem.of(delivery, refused)


def _layout(delivery: Delivery, declaration: TableDeclaration) -> Layout:
    """The layout of a file. Raises Refused, or Breach if its fields are not those declared."""
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
    """A bug stops no other file: the file that triggers it is refused, with its location."""
    try:
        yield
    except (Refused, StorehouseError):
        raise
    except Exception as error:
        raise Refused(*described(error)) from error


def look_through(arrival: Arrival | Problem, declaration: TableDeclaration) -> Arrival | Problem:
    """Determine whether DuckDB reads a CSV file directly as Python's csv module would."""
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
