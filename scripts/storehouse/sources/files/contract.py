"""How the fields of a file compare with the declared columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from storehouse.sources.declarations import TableDeclaration
from storehouse.sources.files.delivery import Layout


@dataclass(frozen=True)
class Contract:
    """`breach` says how the declaration is broken, if it is; `new` are undeclared names."""

    new: tuple[str, ...] = ()
    breach: str | None = None


def compare(layout: Layout, declaration: TableDeclaration) -> Contract:
    """Compare the names in a file with those declared, exactly; order does not matter."""
    if not layout.names:
        return Contract()
    counts = Counter(layout.names)
    headers = {column.header for column in declaration.columns}
    missing = [
        column.header
        for column in declaration.columns
        if column.header not in counts and not column.optional
    ]
    repeated = [name for name, count in counts.items() if name and count > 1]
    broken = []
    if missing:
        broken.append(f"it lacks {', '.join(_with_likeness(name, counts) for name in missing)}")
    broken += [f"it has {repeats(name, layout.names, 'columns')}" for name in repeated]
    if counts[""] > 1:
        places = [str(n) for n, name in enumerate(layout.names, start=1) if not name]
        broken.append(f"{len(places)} of its header names are empty (fields {_listed(places)})")
    return Contract(
        tuple(name for name in counts if name not in headers), " and ".join(broken) or None
    )


def repeats(name: str, names: Sequence[str], what: str) -> str:
    """How many of them have the name, and which ones, for messages."""
    places = [str(at) for at, one in enumerate(names, start=1) if one == name]
    return f"{len(places)} {what} named {name} (the {what} {', '.join(places)})"


def _with_likeness(missing: str, found: Counter[str]) -> str:
    """The missing name, and the one that may be meant."""
    alike = [name for name in found if name.casefold() == missing.casefold()]
    return f"{missing} (it has {alike[0]}: names are case-sensitive)" if alike else missing


def _listed(places: Sequence[str]) -> str:
    return f"{', '.join(places[:-1])} and {places[-1]}"
