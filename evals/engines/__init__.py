"""Engines under test: the assistant, recorded replies, other systems."""
