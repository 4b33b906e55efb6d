"""Embedding models: texts to vectors, by a server or in this process."""
