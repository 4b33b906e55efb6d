"""Find and read numbers in Arabic and English text."""
