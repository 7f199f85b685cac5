"""Requesting one page of a list."""

from __future__ import annotations

from dataclasses import dataclass, field

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest.answers import BLANK, Answer, NoSuchPlace, Refusal
from storehouse.sources.rest.http import Arguments, Http
from storehouse.sources.rest.paging import Position
from storehouse.sources.rest.paths import Matched, instead
from storehouse.sources.rest.records import Chain, Node, Rows, Shape, records, rows
from storehouse.sources.rest.requests import Request, merged
from storehouse.sources.rest.trail import Identity, identities


@dataclass(frozen=True)
class PageAnswer:
    """An answer with its records, and `ids` that identify them.

    `refused` is why it is not a page, though it may mark the end of the list; it then holds
    no records.
    """

    request: str
    answer: Answer
    records: list[Chain]
    rows: Rows
    ids: list[Identity]
    refused: SourceContractError | None = None


@dataclass
class PageReader:
    """Requests pages by `request`, with the arguments `more`.

    `version` are the columns that identify a version of a record; without any, its whole content
    does. `matched` are the paths that have matched something so far. `fullest` is the largest
    number of records on a page in earlier loads, used where `size` is not declared.
    """

    http: Http
    label: str
    request: Request
    shape: Shape
    version: tuple[str, ...]
    more: Arguments
    matched: Matched = field(default_factory=Matched)
    fullest: int = 0

    def fetch(
        self, position: Position, known: int, *, is_first: bool, again: str = ""
    ) -> PageAnswer:
        """The page at a position.

        An empty or refused page may be the end of the list, unless it is the first one requested
        or its position came from the server: then Refusal is raised.
        A blank answer may be a transient fault and is requested twice.
        """
        path, arguments = self._address(position, known)
        query = self.request.query
        described = self.http.describe(path, arguments, query)
        is_given = self.request.paging.kind in ("cursor", "link")
        try:
            answer = self.http.fetch(self.label, path, arguments, query)
            if self._is_blank(answer):
                answer = self.http.fetch(self.label, path, arguments, query)
        except NoSuchPlace as error:
            if is_first or is_given:
                raise
            return self._without_records(described, Answer(Node("null"), {}, None), error)
        if self._is_blank(answer):
            content = answer.empty or f"with {answer.body.shown}"
            blank = Refusal(
                f"{self.label}: {described}: it answered {content}, which is not a page."
            )
            if is_first:
                raise blank
            return self._without_records(described, answer, blank)
        if answer.empty:
            return self._without_records(described, answer, None)
        read = self._read(described + again, answer)
        if read.refused and is_first:
            raise read.refused
        return read

    def _address(self, position: Position, known: int) -> tuple[str, Arguments]:
        path = self.request.path
        if "link" in position:
            link = str(position["link"])
            return (path + link if link.startswith("?") else link), {}
        paging = self.request.paging.arguments(position, known)
        if self.request.query is None:
            return path, {**self.request.arguments, **self.more, **paging}
        return path, merged(self.request.arguments, self.more, paging)

    def _is_blank(self, answer: Answer) -> bool:
        """Whether it is blank without a status that says so; an empty list is not blank."""
        if answer.empty:
            return answer.empty == BLANK
        body = answer.body
        is_list = body.is_array or body.raw == "null"  # Go writes an empty list as null
        return body.is_nothing and (bool(self.request.records) or not is_list)

    def _without_records(
        self, described: str, answer: Answer, refused: SourceContractError | None
    ) -> PageAnswer:
        return PageAnswer(described, answer, [], rows([], self.shape), [], refused)

    def _read(self, described: str, answer: Answer) -> PageAnswer:
        body, path = answer.body, self.request.records
        try:
            found = records(body, path)
            parsed = rows(found, self.shape)
        except (ValueError, RecursionError) as error:
            there = f"; {instead(body, path)}" if path and body.at(path) is None else ""
            raise SourceContractError(
                f"{self.label}: {described}: its answer is not as declared: {error}{there}. "
                "Fix `records`, `path` or the parameters that it sends to the API."
            ) from None
        stated = "" if found else self.http.judge.empty_for_an_error(body)
        refused = Refusal(f"{self.label}: {described}: it gave no records, and says {stated}.")
        ids = identities(found, parsed, self.version)
        return PageAnswer(described, answer, found, parsed, ids, refused if stated else None)
