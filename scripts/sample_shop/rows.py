"""Records kept as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Generic, Self, TypeVar

import numpy as np

from sample_shop.arrays import Ints


@dataclass(frozen=True)
class Rows:
    """Base of dataclasses whose fields are arrays of one length: an element is a row."""

    def columns(self) -> list[Any]:
        return [getattr(self, field.name) for field in fields(self)]

    def __len__(self) -> int:
        return len(self.columns()[0])

    def take(self, which: Ints) -> Self:
        """The rows of these numbers, in their order."""
        return type(self)(*(column[which] for column in self.columns()))

    @classmethod
    def together(cls, *parts: Self) -> Self:
        """The rows of all parts, one part after another."""
        columns = zip(*(part.columns() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


R = TypeVar("R", bound=Rows)
_SIGNED = (np.int8, np.int16, np.int32, np.int64)


class Packed(Generic[R]):
    """Rows in as few bytes as hold their values, for as long as nobody calculates with them."""

    def __init__(self, rows: type[R], /, **columns: Any) -> None:
        """The columns by name, each packed."""
        self._rows = rows
        self._columns = columns

    @classmethod
    def of(cls, rows: R) -> Packed[R]:
        columns = {name: packed(column) for name, column in vars(rows).items()}
        return cls(type(rows), **columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def column(self, name: str) -> Ints:
        """One column, packed."""
        column: Ints = self._columns[name]
        return column

    def take(self, which: Ints) -> R:
        """The rows of these numbers as they were before."""
        return self._rows(
            **{name: unpacked(column[which]) for name, column in self._columns.items()}
        )


def packed(values: Any) -> Any:
    """The values in the smallest type that holds them; not fit for calculations.

    Signed, so that the -1 of what is missing can always be put among them.
    """
    if values.dtype == np.bool_ or not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    smallest = next(t for t in _SIGNED if np.iinfo(t).min <= low and high <= np.iinfo(t).max)
    return values.astype(smallest, copy=False)


def unpacked(values: Any) -> Any:
    return values if values.dtype == np.bool_ else values.astype(np.int64)
