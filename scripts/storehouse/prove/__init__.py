"""Proofs that incremental runs equal full refreshes, and that marts equal the truth."""

from __future__ import annotations

from storehouse.prove.dbt_runs import DbtRuns
from storehouse.prove.equivalence import prove_equivalence
from storehouse.prove.proof import Comparison, Proof, seeds_of
from storehouse.prove.replay import prove_landed
from storehouse.prove.truth import prove_truth

__all__ = [
    "Comparison",
    "DbtRuns",
    "Proof",
    "prove_equivalence",
    "prove_landed",
    "prove_truth",
    "seeds_of",
]
