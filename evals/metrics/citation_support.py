"""Do the cited words bear a sentence out? Our own check says it, of any system's answer; what a system says of itself counts for nothing."""

from __future__ import annotations

from datetime import date

from assistant.grounding import Evidence, Judgement, check
from assistant.models import Sentence
from evals.cases.corpus import Corpus
from evals.models import Failed, Measured

DEGREES = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


class Checked:
    """Verbatim words are borne out; a sentence without a citation is not; the rest is checked against what it cites."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._judged: dict[tuple[object, ...], Judgement] = {}

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        if self._verbatim(claim):
            return Measured(1.0)
        found = self._judgement(claim, question, anchor)
        return Measured(DEGREES[found.verdict]) if found.verdict in DEGREES else Failed("; ".join(found.reasons))

    def altered(self, claim: Sentence, question: str, anchor: date | None) -> frozenset[str] | None:
        """The kinds of things of which the cited words say otherwise ("name", "negation", …); None where they cannot be compared."""
        if not claim.citations or self._verbatim(claim):
            return frozenset() if claim.citations else None
        found = self._judgement(claim, question, anchor)
        kinds = frozenset(detail.kind for detail in found.details)
        return None if found.verdict not in DEGREES or "other language" in kinds else kinds

    def _verbatim(self, claim: Sentence) -> bool:
        return any(claim.text in (self._corpus.text(citation.file_id) or "") for citation in claim.citations)

    def _judgement(self, claim: Sentence, question: str, anchor: date | None) -> Judgement:
        key = (
            claim.text,
            tuple((citation.file_id, citation.start, citation.end) for citation in claim.citations),
            question,
            anchor,
        )
        if key not in self._judged:
            evidence = [
                Evidence(
                    text=citation.quote,
                    article=self._corpus.text(citation.file_id) or "",
                    file_id=citation.file_id,
                    published=article.published if (article := self._corpus.articles.get(citation.file_id)) else None,
                )
                for citation in claim.citations
            ]
            self._judged[key] = check(claim.text, evidence, question=question, anchor=anchor)
        return self._judged[key]
