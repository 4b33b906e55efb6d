"""The Chroma collection of a store's vectors, kept equal to the ledger."""
