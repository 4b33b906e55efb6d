"""Questions: parsing, follow-ups, filters and translation."""
