"""Loaders: files of every supported kind to articles with metadata."""
