"""Answers with no model: the sentences that answer a question, weighed and quoted."""
