"""Language processing for Arabic and English: pure functions on text."""
