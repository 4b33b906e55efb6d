"""Measure support by our own check, for the answers of any system.

What a system says of itself counts for nothing.

`vouched`: somebody vouches for the sentence (without a model: it is the source's own words). The call itself measures
less: that no rule objects, and that the cited articles hold at least half of the sentence's words; it says which
citations are off the point.
"""

from __future__ import annotations

from datetime import date

from assistant.alignment.aligner import align, index_text
from assistant.alignment.tokenization import plain_claim, tokenize
from assistant.generative.verification import check_cited
from assistant.grounding import Judgement
from assistant.models import Sentence
from evals.cases.corpus import Corpus
from evals.models import Failed, Measured
from index.models import Article

HALF = 0.5  # of a sentence's weighted words must stand in what it cites


class CheckedSupport:
    """Measure sentences against a corpus; each question is worked out once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._judged: dict[tuple[object, ...], Judgement] = {}

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        """Return 1 for a sentence vouched for, or of its source and unobjected; else 0."""
        if not claim.citations:
            return Measured(0.0)
        judgement = self._judgement(claim, question)
        if judgement.verdict == "unsupported":
            return Measured(0.0)
        if judgement.verdict != "unchecked":
            return Measured(1.0 if judgement.verdict == "supported" else 0.5)
        texts = [self._corpus.text(citation.file_id) or "" for citation in claim.citations]
        titles = [article.title or "" for article in self._articles(claim)]
        line = tokenize(plain_claim(claim.text), anchor)
        alignment = align(line, index_text("\n".join([*titles, *dict.fromkeys(texts)]), anchor))
        if alignment.language == "across":
            return Failed("the cited text is in another language")
        total = sum(token.weight for token in line.tokens)
        present = sum(token.weight for token, match in zip(line.tokens, alignment.matches, strict=True) if match)
        return Measured(float(present >= HALF * total))

    def vouches(self, claim: Sentence, question: str) -> bool:
        """Whether the check vouches for a sentence."""
        return bool(claim.citations) and self._judgement(claim, question).verdict == "supported"

    def contradictions(self, claim: Sentence, question: str, anchor: date | None) -> frozenset[str] | None:
        """Return the codes of what the cited words contradict ("name", "number", …).

        None without a citation.
        """
        if not claim.citations:
            return None
        return frozenset(item.code for item in self._judgement(claim, question).contradictions)

    def _articles(self, claim: Sentence) -> list[Article]:
        ids = dict.fromkeys(citation.file_id for citation in claim.citations)
        return [self._corpus.articles[file_id] for file_id in ids if file_id in self._corpus.articles]

    def _judgement(self, claim: Sentence, question: str) -> Judgement:
        places = tuple((citation.file_id, citation.start, citation.end) for citation in claim.citations)
        key = (claim.text, places, question)
        if key not in self._judged:
            listed = self._corpus.articles
            cited = [(item, listed[item.file_id]) for item in claim.citations if item.file_id in listed]
            self._judged[key] = check_cited(claim.text, cited, question)
        return self._judged[key]
