"""Search: lexical, by meaning, fused, filtered and put in order."""
