"""What to do about what PostgreSQL refuses."""

from __future__ import annotations

LOCKED = "55P03"
# The session is gone, or never was: no SQLSTATE, or one of these beginnings.
CONNECTION = ("08", "53", "57P")

# What to do about an error, by how its SQLSTATE begins.
_REMEDIES = {
    LOCKED: "Another session has locked a table of the mirror: wait until it ends, or end it, "
    "and run again.",
    "42501": "Have an administrator of the database give the mirror's user that right, and run "
    "again.",
    "42P07": "Someone else has made a table or view of that name: drop or rename it, and run "
    "again.",
    "2BP01": "A table or a column is not in this build, or not as it was. Drop what depends on "
    "it, run again, and create it again.",
    "0A000": "A column has another type in this build. Drop what depends on it, run again, and "
    "create it again.",
    "23503": "Foreign keys to the mirror's tables are not possible, since rows are deleted and "
    "inserted again: drop it, and run again.",
    "23505": "Someone else changed the rows of the mirror or added a unique index: run "
    "`storehouse mirror --full`, and drop the index if that fails too.",
    "23": "Someone else has added that constraint: drop it, and run again.",
    "22P05": "The database must have the encoding UTF8: create one that has, and mirror to that.",
    "57014": "Someone has cancelled the statement: run again.",
    **dict.fromkeys(
        CONNECTION, "See that the server runs, can be reached and has space, and run again."
    ),
}
_OTHERWISE = "Mend what it names, and run again."


def remedy(state: str) -> str:
    """By an error's SQLSTATE, empty where there is none."""
    state = state or CONNECTION[0]
    return next((what for begin, what in _REMEDIES.items() if state.startswith(begin)), _OTHERWISE)
