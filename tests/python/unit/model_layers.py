"""Which layer of models reads which: as dbt's manifest has it, and as CONTRIBUTING allows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CONTRIBUTING = Path(__file__).parents[3] / "CONTRIBUTING.md"


def table_of_layers() -> dict[str, list[str]]:
    """What each layer may read: folders of models/, seeds, snapshots and sources."""
    text = _CONTRIBUTING.read_text().partition("| layer | may read |\n|---|---|\n")[2]
    rows = [re.findall(r"`([^`]+)`", line) for line in text.partition("\n\n")[0].splitlines()]
    return {layer: reads for layer, *reads in rows}


def reads(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Each read as text, the layer that reads, and the entry of the table that allows it."""
    nodes = manifest["nodes"] | manifest["sources"]
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "snapshot"):
            layer, allowed = _layer(_place(node))
            for id_ in node["depends_on"]["nodes"]:
                place = f"{_place(nodes[id_])}/"
                found = (entry for entry, start in allowed.items() if place.startswith(start))
                yield f"{node['name']} reads {nodes[id_]['name']}", layer, next(found, None)


def _place(node: dict[str, Any]) -> str:
    match node["resource_type"]:
        case "source":
            return f"sources/{node['source_name']}"
        case "model":
            return "/".join(node["fqn"][1:-1])
        case kind:
            return f"{kind}s"


def _layer(place: str) -> tuple[str, dict[str, str]]:
    """The innermost layer that holds the place, and how the places begin that it may read."""
    table = table_of_layers()
    for layer in sorted(table, key=len, reverse=True):
        if found := re.match(layer.replace("<source>", r"(?P<source>\w+)") + "(/|$)", place):
            own = found.groupdict().get("source", "")
            return layer, {read: f"{read.replace('<source>', own)}/" for read in table[layer]}
    return place, {}
