"""Search: lexical, by meaning, fused, filtered and reranked."""
