"""Messages in English and Arabic: one catalogue of codes, and reasons as values that render themselves."""
