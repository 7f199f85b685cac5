"""What a load did, for whoever started it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from storehouse.core.display import brief
from storehouse.core.errors import (
    ConfigError,
    LoadError,
    SourceContractError,
    SourceError,
    StorehouseError,
    UnexpectedError,
)

# The most urgent kinds of error first.
_WORST = (
    ConfigError,
    UnexpectedError,
    SourceContractError,
    SourceError,
    LoadError,
    StorehouseError,
)


@dataclass(frozen=True)
class TableCounts:
    """Files and rows of one table in one load; of an API, a database or the log, portions and rows.

    `unchanged` counts files that have landed with this content, and copies of other files;
    `rejected_rows` counts rows quarantined from files that landed.
    """

    source: str
    table: str
    seen: int = 0
    loaded: int = 0
    unchanged: int = 0
    rejected: int = 0
    rows: int = 0
    rejected_rows: int = 0

    def plus(self, more: TableCounts) -> TableCounts:
        """The sums of both, which are of one table."""
        names = [one.name for one in fields(self) if one.type == "int"]
        return replace(self, **{name: getattr(self, name) + getattr(more, name) for name in names})


@dataclass(frozen=True)
class Rejection:
    """A file that did not land, why, and what to do about it."""

    source: str
    table: str
    file: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.source}.{self.table}: {brief(self.file)}: {self.reason}; {self.advice}."


@dataclass(frozen=True)
class LoadReport:
    """`loaded_at` is UTC without zone; `errors` are those of sources and tables that stopped.

    `unmatched` are paths below the inbox that match no table; a folder ends in /.
    """

    batch_id: str
    loaded_at: datetime
    tables: tuple[TableCounts, ...]
    rejections: tuple[Rejection, ...]
    notes: tuple[str, ...]
    errors: tuple[StorehouseError, ...]
    unmatched: tuple[str, ...] = ()

    def raise_for_problems(self) -> None:
        """Raise all problems of the load, if there are any, in one error.

        Its class is the first of _WORST among them, or LoadError if only files were refused.
        """
        problems = [str(error) for error in self.errors]
        if self.rejections:
            problems.append(self._refused())
        if problems:
            worst = min((type(error) for error in self.errors), key=_rank, default=LoadError)
            raise worst("\n".join(problems))

    def _refused(self) -> str:
        files = "\n".join(str(rejection) for rejection in self.rejections[:10])
        more = len(self.rejections) - 10
        return (
            f"Files refused: {len(self.rejections)}. They stay in the inbox and are tried "
            f"again in every load; rejected/ holds their bad lines.\n{files}"
            + (f"\n… and {more} more" if more > 0 else "")
        )


def _rank(kind: type[StorehouseError]) -> int:
    return next(rank for rank, one in enumerate(_WORST) if issubclass(kind, one))
