"""Measure support with our own check, for the answers of any system; a system's own verdicts count for nothing."""

from __future__ import annotations

from datetime import date

from assistant.grounding import Evidence, Judgement, check
from assistant.models import Citation, Sentence
from evals.cases.corpus import Corpus
from evals.models import Failed, Measured

DEGREES = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


class CheckedSupport:
    """Supports verbatim sentences, no sentence without a citation, and the rest by the check."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._judgements: dict[tuple[object, ...], Judgement] = {}

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        if self._is_verbatim(claim):
            return Measured(1.0)
        judgement = self._check(claim, question, anchor)
        degree = DEGREES.get(judgement.verdict)
        return Failed("; ".join(judgement.reasons)) if degree is None else Measured(degree)

    def contradictions(self, claim: Sentence, question: str, anchor: date | None) -> frozenset[str] | None:
        """Return the kinds of contradiction ("name", "negation", …); None where nothing can be compared."""
        if not claim.citations or self._is_verbatim(claim):
            return frozenset() if claim.citations else None
        judgement = self._check(claim, question, anchor)
        kinds = frozenset(detail.kind for detail in judgement.details)
        return None if judgement.verdict not in DEGREES or "other language" in kinds else kinds

    def _is_verbatim(self, claim: Sentence) -> bool:
        return any(claim.text in (self._corpus.text(citation.file_id) or "") for citation in claim.citations)

    def _check(self, claim: Sentence, question: str, anchor: date | None) -> Judgement:
        spans = tuple((citation.file_id, citation.start, citation.end) for citation in claim.citations)
        key = (claim.text, spans, question, anchor)
        if key not in self._judgements:
            evidence = [self._evidence(citation) for citation in claim.citations]
            self._judgements[key] = check(claim.text, evidence, question=question, anchor=anchor)
        return self._judgements[key]

    def _evidence(self, citation: Citation) -> Evidence:
        article = self._corpus.articles.get(citation.file_id)
        return Evidence(
            text=citation.quote,
            article=article.text if article else "",
            file_id=citation.file_id,
            published=article.published if article else None,
        )
