"""How many inputs each fuzzer tries: in the suite, and in `make prove`."""

from __future__ import annotations

# An input of csv_files is a load of up to 250 files.
INPUTS = {
    "answers": (2_000, 70_000),
    "bodies": (2_000, 70_000),
    "csv_files": (6, 100),
    "csv_rows": (1_500, 20_000),
    "cursor_values": (500, 10_000),
    "encodings": (500, 20_000),
    "files": (150, 3_000),
    "links": (5_000, 60_000),
    "names": (300, 5_000),
    "pagings": (300, 10_000),
    "parquet_files": (150, 7_000),
    "webhooks": (1_000, 25_000),
}
