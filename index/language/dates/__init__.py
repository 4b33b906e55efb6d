"""Find and read dates in Arabic and English text."""
