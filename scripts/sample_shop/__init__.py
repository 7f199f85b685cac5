"""A sample shop: invented orders in the canonical export format, and the ledger they mean."""

from __future__ import annotations

from sample_shop.troubles import ALL, Trouble, named_troubles
from sample_shop.write import DEFAULT_END, SampleSummary, write_sample

__all__ = [
    "ALL",
    "DEFAULT_END",
    "SampleSummary",
    "Trouble",
    "named_troubles",
    "write_sample",
]
