"""Tables of a live database: PostgreSQL by ADBC, SQLite by Python's own module.

All tables of a source are read from one snapshot. Every value arrives as text, cast by
the database itself, so nothing passes through a float.
"""

from storehouse.sources.database.declaration import read_source

__all__ = ["read_source"]
