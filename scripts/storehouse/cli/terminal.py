"""What all commands print with."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from storehouse.core.errors import ConfigError


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Prints text as it is: file names and notes may hold what looks like rich's markup."""
    return Console(
        stderr=stderr, width=width, highlight=False, soft_wrap=True, markup=False, emoji=False
    )


# Tables keep their own width; a terminal that is narrower wraps them itself.
out = _console(width=400)
err = _console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document.")]
Currency = Annotated[str, typer.Option(help="Currency of the sample shop's books, such as EUR.")]
TimeZone = Annotated[str, typer.Option(help="Its time zone, such as Asia/Tokyo.")]


def emit(result: Any, as_json: bool, show: Callable[[], Any]) -> None:
    """Print a result: as JSON, or as `show` draws it."""
    if as_json:
        sys.stdout.write(json.dumps(result, default=_plain, indent=2) + "\n")
    else:
        out.print(show())


def _plain(value: Any) -> Any:
    """What json can't write itself: decimals stay exact as text, times are UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date | Decimal | Path | Exception):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def write_csv(file: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise ConfigError(
            f"{file} can't be written: {error.strerror}. Name a file in an existing folder that "
            "this user may write to."
        ) from error
