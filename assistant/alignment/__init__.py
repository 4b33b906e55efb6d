"""Align a sentence with texts: which of its words stand where, how surely.

The aligner of the project: the check objects by it and attribution chooses quotes by it, so that they agree on what a
word is and when two are the same.
"""
