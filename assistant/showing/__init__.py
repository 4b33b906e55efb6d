"""What came out, for a terminal, a notebook, a table or a page, in the reader's language."""
