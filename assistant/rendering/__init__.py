"""Rendering of values: text, Markdown, HTML, tables and notebooks."""
