"""Schemas, columns, keys, comments and rights of a mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from storehouse.core.errors import PublishError
from storehouse.core.sql import literal, quoted
from storehouse.serving.mirror.connection import Connection, MirrorError
from storehouse.serving.mirror.tables import Table, tables_from
from storehouse.serving.published_files import SCHEMAS

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
        obj_description(n.oid, 'pg_namespace'),
        exists (select from pg_class where relnamespace = n.oid)
            or exists (select from pg_proc where pronamespace = n.oid)
            or exists (select from pg_type where typnamespace = n.oid)
    from pg_namespace as n
    where n.nspname in ({_OURS})
"""
# What users have made on columns that are to be dropped and added again.
_ON_COLUMNS = """
    select distinct pg_get_indexdef(indexrelid)
    from pg_index
    inner join pg_depend on classid = 'pg_class'::regclass and objid = indexrelid
    inner join pg_attribute on attrelid = refobjid and attnum = refobjsubid
    where indrelid = {relation}::regclass and not indisprimary and attname in ({columns})
    union all
    select
        format(
            'grant %s (%I) on %s to %s%s', privilege_type, attname, {relation},
            case when grantee = 0 then 'public' else grantee::regrole::text end,
            case when is_grantable then ' with grant option' else '' end
        )
    from pg_attribute, aclexplode(attacl)
    where attrelid = {relation}::regclass and attname in ({columns})
"""


def make_schemas(postgresql: Connection) -> None:
    """Make the schemas that are missing. Raises PublishError where one is someone else's."""
    found = {name: (said, is_used) for name, said, is_used in postgresql.rows(_SCHEMAS)}
    for schema in SCHEMAS:
        said, is_used = found.get(schema, (None, False))
        if said == _MARK:
            continue
        if said or is_used:
            raise PublishError(
                f"The mirror was not changed: schema {schema} of that database is not its own. "
                "Give the mirror a database that has no such schema."
            )
        if schema not in found:
            postgresql.run(f"create schema {schema}")
        postgresql.run(f"comment on schema {schema} is {literal(_MARK)}")


def tables_in(postgresql: Connection) -> dict[str, Table]:
    return tables_from(postgresql.rows(_COLUMNS))


def create(postgresql: Connection, table: Table) -> None:
    """Without its key, which is added faster once the rows are there."""
    columns = ", ".join(f"{quoted(name)} {type_}" for name, type_ in table.columns.items())
    postgresql.run(f"create table {table.relation} ({columns})")


def alter(postgresql: Connection, there: Table, table: Table) -> None:
    """Give a table the columns that it is to have, and no key."""
    lost = [name for name in there.columns if not table.keeps(name, there)]
    again = [name for name in lost if name in table.columns]
    on_columns = _made_on(postgresql, table, again) if again else []
    actions = [f"drop constraint {name}" for name in _keys_in(postgresql, table)]
    actions += [f"drop column {quoted(name)}" for name in lost]
    actions += [
        f"alter column {quoted(name)} drop not null"
        for name in there.key
        if name not in lost and name not in table.key
    ]
    for name, type_ in table.columns.items():
        if name not in there.columns or name in lost:
            actions.append(f"add column {quoted(name)} {type_}")
        elif there.columns[name] != type_:
            actions.append(f"alter column {quoted(name)} type {type_}")
    if actions:
        postgresql.run(f"alter table {table.relation} {', '.join(actions)}")
    for statement in on_columns:
        postgresql.run(statement)


def _made_on(postgresql: Connection, table: Table, columns: Collection[str]) -> list[str]:
    """Statements that make users' indexes and rights on columns again."""
    sql = _ON_COLUMNS.format(
        relation=literal(table.relation), columns=", ".join(map(literal, columns))
    )
    return [statement for (statement,) in postgresql.rows(sql)]


def _keys_in(postgresql: Connection, table: Table) -> list[str]:
    found = postgresql.rows(
        "select quote_ident(conname) from pg_constraint "
        f"where contype = 'p' and conrelid = {literal(table.relation)}::regclass"
    )
    return [name for (name,) in found]


def add_key(postgresql: Connection, table: Table) -> None:
    columns = ", ".join(map(quoted, table.key))
    postgresql.run(f"alter table {table.relation} add primary key ({columns})")


def comment(postgresql: Connection, there: Table | None, table: Table) -> None:
    """Say of the table and its columns what is not said of them yet, and nothing else."""
    said = {
        column: text
        for column, text in (there.comments if there else {}).items()
        if there and (not column or table.keeps(column, there))
    }
    for column in sorted({*said, *table.comments}):
        text = table.comments.get(column)
        if said.get(column) != text:
            what = f"column {table.relation}.{quoted(column)}" if column else table.relation
            kind = "" if column else "table "
            value = literal(text) if text else "null"
            postgresql.run(f"comment on {kind}{what} is {value}")


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
