"""Schemas, columns, keys, comments and rights of a mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from storehouse.core.errors import PublishError
from storehouse.core.sql import literal, quoted
from storehouse.serving.mirror.connection import Connection, MirrorError
from storehouse.serving.mirror.tables import SCHEMAS, Table, tables_from

# The comment of a schema that is the mirror's.
_MARK = "Copied by `storehouse mirror`; changes are overwritten."
_NOT_ALLOWED = "42501"

_OURS = ", ".join(map(literal, SCHEMAS))
_COLUMNS = f"""
    select
        n.nspname::text,
        c.relname::text,
        a.attname::text,
        format_type(a.atttypid, a.atttypmod),
        array_position(i.indkey::int2[], a.attnum),
        col_description(c.oid, a.attnum),
        obj_description(c.oid, 'pg_class')
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
    left join pg_index as i on c.oid = i.indrelid and i.indisprimary
    where n.nspname in ({_OURS}) and c.relkind = 'r'
    order by 1, 2, a.attnum
"""
_SCHEMAS = f"""
    select
        n.nspname::text,
        obj_description(n.oid, 'pg_namespace') is not distinct from {literal(_MARK)},
        exists (select from pg_class as c where c.relnamespace = n.oid)
    from pg_namespace as n
    where n.nspname in ({_OURS})
"""


def make_schemas(postgresql: Connection) -> None:
    """Make the schemas that are missing. Raises PublishError where one is someone else's."""
    found = {name: (is_ours, is_used) for name, is_ours, is_used in postgresql.rows(_SCHEMAS)}
    for schema in SCHEMAS:
        is_ours, is_used = found.get(schema, (False, False))
        if is_used and not is_ours:
            raise PublishError(
                f"The mirror was not changed: schema {schema} of that database is not its own. "
                "Give the mirror a database that has no such schema."
            )
        if not is_ours:
            postgresql.run(f"create schema if not exists {schema}")
            postgresql.run(f"comment on schema {schema} is {literal(_MARK)}")


def tables_in(postgresql: Connection) -> dict[str, Table]:
    return tables_from(postgresql.rows(_COLUMNS))


def create(postgresql: Connection, table: Table) -> None:
    """Without its key, which is added faster once the rows are there."""
    columns = ", ".join(f"{quoted(name)} {type_}" for name, type_ in table.columns.items())
    postgresql.run(f"create table {table.relation} ({columns})")


def alter(postgresql: Connection, there: Table, table: Table) -> None:
    """Give a table the columns that it is to have, and no key."""
    actions = [f"drop constraint if exists {_key_name(there)}"]
    for name, type_ in there.columns.items():
        if table.columns.get(name) != type_:
            actions.append(f"drop column {quoted(name)}")
    for name, type_ in table.columns.items():
        if there.columns.get(name) != type_:
            actions.append(f"add column {quoted(name)} {type_}")
    postgresql.run(f"alter table {table.relation} {', '.join(actions)}")


def add_key(postgresql: Connection, table: Table) -> None:
    columns = ", ".join(map(quoted, table.key))
    postgresql.run(
        f"alter table {table.relation} add constraint {_key_name(table)} primary key ({columns})"
    )


def _key_name(table: Table) -> str:
    return quoted(f"{table.name}_pkey")


def comment(postgresql: Connection, there: Table | None, table: Table) -> None:
    """Say of the table and its columns what is not said of them yet."""
    said = there.comments if there else {}
    for column, text in table.comments.items():
        if said.get(column) != text:
            what = f"column {table.relation}.{quoted(column)}" if column else table.relation
            kind = "" if column else "table "
            postgresql.run(f"comment on {kind}{what} is {literal(text)}")


def let_read(postgresql: Connection, role: str, tables: Collection[Table]) -> Iterator[str]:
    """Give a role, made where it is missing, the right to read; yields what could not be done."""
    if not postgresql.rows(f"select 1 from pg_roles where rolname = {literal(role)}"):
        try:
            with postgresql.attempt():
                postgresql.run(f"create role {quoted(role)} nologin")
        except MirrorError as error:
            if error.state != _NOT_ALLOWED:
                raise
            yield (
                f"There is no role {role}, and the mirror's user may not create it. Have an "
                f"administrator run `create role {quoted(role)}`; the next mirror gives it its "
                "rights."
            )
            return
    postgresql.run(f"grant usage on schema {', '.join(SCHEMAS)} to {quoted(role)}")
    listed = ", ".join(f"({literal(table.relation)})" for table in tables)
    unread = postgresql.rows(
        f"select relation from (values {listed}) as listed (relation) "
        f"where not has_table_privilege({literal(role)}, relation, 'select')"
    )
    if unread:
        relations = ", ".join(relation for (relation,) in unread)
        postgresql.run(f"grant select on {relations} to {quoted(role)}")
