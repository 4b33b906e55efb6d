"""The gate: compare a run with the baseline and decide."""
