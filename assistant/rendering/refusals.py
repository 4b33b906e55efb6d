"""What stands where no answer does, in the language of the question."""

from __future__ import annotations

REFUSALS = {"ar": "لا تجيب المقالات عن هذا السؤال.", "en": "The articles do not answer this question."}


def refusal_in(language: str | None) -> str:
    """The refusal in a language (ISO 639-1), in English where there is none in it.

    >>> refusal_in("en") == refusal_in("fr") == refusal_in(None)
    True
    """
    return REFUSALS.get(language or "en", REFUSALS["en"])
