"""Extractive answers: the best sentences, quoted, without a model."""
