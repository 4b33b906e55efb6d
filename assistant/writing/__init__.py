"""Answers by a model: what it is shown, what it writes, and the words that each sentence is tied to."""
