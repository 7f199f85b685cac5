"""All errors that storehouse raises on purpose.

StorehouseError
├── ConfigError            settings or declarations can't be used            exit 2
├── SourceError            a source, not storehouse, is at fault             exit 3
│   ├── SourceUnavailable      it can't be reached or read; worth a retry
│   └── SourceContractError    it broke its declaration; the source stops
├── LoadError              files were refused, or rows could not be written  exit 4
│   └── TableError             those of one table; others can be written
├── BuildError             a model or a test failed                          exit 5
│   └── ProofError             a proof found a difference
├── PublishError           nothing was published                             exit 6
│   └── LossError              it would take rows away from readers
├── LockedError            another run holds the warehouse                   exit 7
└── UnexpectedError        a fault of storehouse; the rest has landed        exit 1

`storehouse diff` exits 8 if figures were restated, which is not an error.
A message says what happened, to what, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storehouse.core.display import readable

RESTATED = 8


class StorehouseError(Exception):
    """The root of the tree; `exit_code` is what the command line exits with.

    `figures` are added to the message in JSON output.
    """

    exit_code = 1

    def __init__(self, message: str, figures: Mapping[str, Any] | None = None) -> None:
        super().__init__(readable(message))
        self.figures = figures or {}


class ConfigError(StorehouseError):
    exit_code = 2


class SourceError(StorehouseError):
    exit_code = 3


class SourceUnavailable(SourceError):
    pass


class SourceContractError(SourceError):
    pass


class LoadError(StorehouseError):
    exit_code = 4


class TableError(LoadError):
    pass


class BuildError(StorehouseError):
    exit_code = 5


class ProofError(BuildError):
    pass


class PublishError(StorehouseError):
    exit_code = 6


class LossError(PublishError):
    pass


class LockedError(StorehouseError):
    exit_code = 7


class UnexpectedError(StorehouseError):
    exit_code = 1
