"""Choose among sentences by meaning.

Where question and articles are in different languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.extractive.sentence_scoring import Candidate
from assistant.query.parse import Question
from index.language.analyzer import words
from index.models import Value

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

COMPARED = 12  # sentences at most: each takes about 8 ms; 24 are no better
# The cosine of multilingual-e5-small from which a sentence counts as an answer. Chosen on English questions over Arabic
# passages (tools/measure_answers.py, "xquad-en over ar"; the titles that fitting sees): the higher of the two values
# that are equally good for answering and refusing, as a wrong quote is worse than none.
ANSWERS = 0.785
CLOSE = 0.02  # a further sentence is quoted if its cosine is at most this much below the best
QUOTED = 2  # sentences at most


class Similarity(Value, frozen=True, kw_only=True):
    """A sentence and the cosine of its vector with that of the question."""

    candidate: Candidate
    cosine: float


def foreign(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates whose articles are in another language than the question.

    In the order of the hits.

    Headlines are left out: they are near to every question on the article and answer few.
    """
    chosen = [
        candidate
        for candidate in candidates
        if (not question.shared or _is_foreign(question, candidate)) and not _is_headline(candidate)
    ]
    return sorted(chosen, key=lambda candidate: (candidate.rank, candidate.span))


def _is_headline(candidate: Candidate) -> bool:
    return candidate.words == tuple(words(candidate.hit.article.title or ""))


def _is_foreign(question: Question, candidate: Candidate) -> bool:
    """Test whether an article is in another language.

    An Arabic one is, for a Persian question, which has none.
    """
    language = candidate.hit.article.language
    return language not in (None, question.language) and (question.language is not None or language == "ar")


def by_meaning(question: Question, candidates: Sequence[Candidate], embedder: Embedder) -> list[Similarity]:
    """Return the first candidates with their cosines, best first.

    Raises what `Embedder.embed` does.
    """
    compared = candidates[:COMPARED]
    if not compared:
        return []
    asked = embedder.embed([question.text], question=True)[0]
    cosines = embedder.embed([candidate.text for candidate in compared]) @ asked
    scored = (Similarity(candidate=each, cosine=float(cosine)) for each, cosine in zip(compared, cosines, strict=True))
    return sorted(scored, key=lambda similarity: -similarity.cosine)
