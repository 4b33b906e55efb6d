"""Render messages in English and Arabic from one catalogue of codes."""
