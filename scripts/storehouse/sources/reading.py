"""The SQL that reads a group of files: declared columns, `_extra`, and which file."""

from __future__ import annotations

from storehouse.core.sql import literal, quoted
from storehouse.sources.declarations import TableDeclaration
from storehouse.sources.files.delivery import Layout

# The position of a row's file in the list of paths, counted from 0.
FILE = "_storehouse_file"


def select_files(declaration: TableDeclaration, layout: Layout, paths: str = "$paths") -> str:
    """A select over the files in a parameter, all of one layout.

    All its columns are text as written, except FILE. If the layout is not plain, the paths are
    working files: Spools, or Parquet of text columns.
    """
    extra_names = _undeclared(declaration, layout)
    headers = [column.header for column in declaration.columns]
    landing = declaration.landing
    has_extra = landing.format != "csv"
    if has_extra:
        value = {name: f"c{i}" for i, name in enumerate(headers)}
        source = (
            f"read_parquet({paths}, hive_partitioning = false)"
            if landing.format == "parquet"
            else _read_csv(declaration, len(headers) + 1, paths, is_plain=False)
        )
    else:
        names = layout.names or headers
        value = {name: f"c{i}" for i, name in enumerate(names)}
        source = _read_csv(declaration, len(names), paths, is_plain=layout.is_plain)
    if has_extra:
        extra = f"c{len(headers)}"
    elif extra_names:
        members = ", ".join(f"{literal(name)}, {value[name]}" for name in extra_names)
        extra = f"json_object({members})::varchar"
    else:
        extra = "null::varchar"
    columns = [
        f"{value.get(column.header, 'null::varchar')} as {quoted(column.name)}"
        for column in declaration.columns
    ]
    return f"select {', '.join(columns)}, {extra} as _extra, file_index as {FILE} from {source}"


def _undeclared(declaration: TableDeclaration, layout: Layout) -> list[str]:
    declared = {column.header for column in declaration.columns}
    return [name for name in layout.names if name not in declared]


def _read_csv(declaration: TableDeclaration, width: int, paths: str, *, is_plain: bool) -> str:
    landing = declaration.landing
    options = {
        "auto_detect": "false",
        "hive_partitioning": "false",
        "header": str(landing.header).lower() if is_plain else "false",
        "delim": literal(landing.delimiter if is_plain else ","),
        "quote": literal('"'),
        "escape": literal('"'),
        "nullstr": literal(""),
        # In a Spool only null is unquoted; in a delivered file an empty field is null either way.
        "allow_quoted_nulls": str(is_plain).lower(),
        # DuckDB assumes that all lines end like the first, even if that is inside quotes.
        **({} if is_plain else {"new_line": literal("\\n")}),
        "columns": "{" + ", ".join(f"c{i}: 'varchar'" for i in range(width)) + "}",
    }
    return f"read_csv({paths}, {', '.join(f'{key} = {value}' for key, value in options.items())})"
