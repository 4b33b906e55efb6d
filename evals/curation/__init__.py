"""Collect and check evaluation data: drafts from feedback, labels by people, lint of the cases."""
