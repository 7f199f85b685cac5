"""A sample shop: invented orders in the canonical export format, and the ledger they mean."""

from __future__ import annotations

from storehouse.sample.write import DEFAULT_END, SampleSummary, write_sample

__all__ = ["DEFAULT_END", "SampleSummary", "write_sample"]
