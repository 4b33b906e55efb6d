"""Generative answers: prompt, model reply, citations and attribution."""
