"""What happens to the files of the export on the way to the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from sample_shop.delivery.daily import Table
from sample_shop.delivery.deletes import Deleter, delete_for_good
from sample_shop.delivery.files import Files, Struck
from sample_shop.delivery.rows import (
    deliver_late,
    deliver_whole,
    miss_an_hour,
    repeat,
    shuffle,
)
from sample_shop.delivery.wrong import deliver_wrong
from sample_shop.shop import Shop
from sample_shop.trade.identifiers import Identifiers
from sample_shop.troubles import ON_THE_WAY, Trouble

# Corrections come last: what a file holds in the end must be known.
_STEPS = (
    (Trouble.LATE_FILES, deliver_late),
    (Trouble.MISSING_HOUR, miss_an_hour),
    (Trouble.REPEATED_ROWS, repeat),
    (Trouble.FULL_DELIVERY, deliver_whole),
    (Trouble.SHUFFLED_ROWS, shuffle),
    (Trouble.CORRECTED_FILES, deliver_wrong),
)
_STRUCK = pa.schema([(name, pa.string()) for name in Struck._fields])


@dataclass(frozen=True)
class Handling:
    """What was added to the export, and how often each trouble struck."""

    files: int
    rows: int
    troubles: Mapping[str, int]


def handle_roughly(
    out: Path,
    shop: Shop,
    identifiers: Identifiers,
    tables: Sequence[Table],
    *,
    seed: int,
    troubles: frozenset[Trouble],
) -> Handling:
    """Put the daily files in `out` through `troubles`, and write which rows were struck.

    Each trouble has its own chance, so that one can be left out and the others remain similar.
    In the end the export says the same as before, apart from customers and products deleted
    for good.
    """
    files = Files(out, shop.period)
    if Trouble.HARD_DELETES in troubles:
        chance = _chance(seed, Trouble.HARD_DELETES)
        named = {table.name: table for table in tables}
        delete_for_good(Deleter(files, shop, named, chance), identifiers)
    for trouble, step in _STEPS:
        if trouble in troubles:
            step(files, _chance(seed, trouble))
    struck = [one._asdict() for one in files.struck]
    path = out / "truth" / "deliveries.parquet"
    pq.write_table(pa.Table.from_pylist(struck, schema=_STRUCK), path)
    counts = Counter(one.trouble for one in files.struck)
    return Handling(
        files=files.files_added,
        rows=files.rows_added,
        troubles={trouble.value: counts[trouble.value] for trouble in sorted(ON_THE_WAY)},
    )


def _chance(seed: int, trouble: Trouble) -> Random:
    return Random(f"{seed} {trouble}")
