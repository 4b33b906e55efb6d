"""Name the support of a sentence, for its label and its looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from assistant.models import Sentence
from assistant.web.words import Words

VerdictKey = Literal[
    "verbatim", "supported", "supported_judge", "supported_entailment",
    "partly", "unsupported", "not_verified", "no_source",
]  # fmt: skip
_SUPPORTED: dict[str | None, VerdictKey] = {
    "quote": "verbatim",
    "judge": "supported_judge",
    "entailment": "supported_entailment",
}


def verdict_key(sentence: Sentence) -> VerdictKey:
    """Return the key of a sentence's verdict; without a citation it has no source.

    >>> [verdict_key(Sentence(text="x", start=0, end=1, verdict=verdict)) for verdict in ("unchecked", "supported")]
    ['no_source', 'supported']
    """
    if sentence.verdict == "supported":
        return _SUPPORTED.get(sentence.checked_by, "supported")
    if not sentence.citations:
        return "no_source"
    return "not_verified" if sentence.verdict == "unchecked" else sentence.verdict


def verdict_label(sentence: Sentence, words: Words) -> str:
    """Return the verdict of a sentence in words."""
    return str(getattr(words, verdict_key(sentence)))


def is_verbatim(sentences: Sequence[Sentence]) -> bool:
    """Return whether an answer is quotations and nothing else."""
    return bool(sentences) and all(verdict_key(sentence) == "verbatim" for sentence in sentences)
