"""Eval cases, the articles they ask about, and checks of both."""
