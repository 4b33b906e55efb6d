"""Do the cited words bear a sentence out? As the engine's own check says; a sentence that nobody checked is an error, never a pass."""

from __future__ import annotations

from datetime import date

from assistant.records import Sentence
from evals.corpus import Corpus
from evals.records import Failed, Measured

DEGREES = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


class Checked:
    """Verbatim words are borne out; a sentence without a citation is not; for the rest the engine's own verdict is taken."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        if any(claim.text in (self._corpus.text(one.file_id) or "") for one in claim.citations):
            return Measured(1.0)
        if claim.verdict == "unchecked":
            return Failed("the sentence was not checked")
        return Measured(DEGREES[claim.verdict])
