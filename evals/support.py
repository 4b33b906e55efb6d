"""Do the cited words bear a sentence out? Our own check says it, of any system's answer; what a system says of itself counts for nothing."""

from __future__ import annotations

from datetime import date

from assistant.grounding import Evidence, check
from assistant.records import Sentence
from evals.corpus import Corpus
from evals.records import Failed, Measured

DEGREES = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


class Checked:
    """Verbatim words are borne out; a sentence without a citation is not; the rest is checked against what it cites."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        if any(claim.text in (self._corpus.text(one.file_id) or "") for one in claim.citations):
            return Measured(1.0)
        evidence = [
            Evidence(
                text=one.quote,
                article=self._corpus.text(one.file_id) or "",
                file_id=one.file_id,
                published=article.published if (article := self._corpus.articles.get(one.file_id)) else None,
            )
            for one in claim.citations
        ]
        found = check(claim.text, evidence, question=question, anchor=anchor)
        return Measured(DEGREES[found.verdict]) if found.verdict in DEGREES else Failed("; ".join(found.reasons))
