"""Metrics: from a reply and its case to scores."""
