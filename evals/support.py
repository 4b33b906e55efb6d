"""Do the cited words bear a sentence out? The check of `assistant.grounding`, as the metrics ask for it."""

from __future__ import annotations

from datetime import date

from assistant.records import Sentence
from evals.corpus import Corpus
from evals.judge import Ruling
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


class CheckJudge:
    """The deterministic check where a judge is asked for: full, partial or none, with its probability."""

    def __call__(self, statement: str, evidence: str, question: str = "", /) -> Ruling | Failed:
        return Failed("the check is not there yet")
