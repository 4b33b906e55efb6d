"""Draft cases from feedback, collect labels, and lint the cases."""
