"""Search by meaning: texts to vectors, and the Chroma collection that finds them."""
