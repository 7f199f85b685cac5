"""Proofs of live: what it computes, and how its processes behave while they are killed."""
