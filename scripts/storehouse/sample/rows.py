"""Records kept as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from storehouse.sample.arrays import Ints


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
