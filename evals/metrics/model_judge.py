"""A chat model as judge (`assistant.grounding.judge`), as the metrics ask for it: an error where it gives no ruling, never a verdict.

A judge's figures stand beside those of the deterministic check and decide nothing until it is calibrated (`evals.metrics.judge_calibration`).
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from assistant.chat_model import Model
from assistant.grounding.judge import Label, Ruling, ruled
from assistant.models import Sentence
from evals.cases.corpus import Corpus
from evals.models import Failed, Measured

__all__ = ["DEGREE", "Judge", "Judged", "Label", "ModelJudge", "Ruling"]

DEGREE: dict[Label, float] = {"full": 1.0, "partial": 0.5, "none": 0.0, "contradicts": 0.0}


class Judge(Protocol):
    """Rules on one statement; Failed where no ruling could be had."""

    def __call__(self, statement: str, evidence: str, question: str = "", /) -> Ruling | Failed: ...


class ModelJudge:
    """A chat model with the prompt `judge`."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, statement: str, evidence: str, question: str = "") -> Ruling | Failed:
        """The model's ruling. At most two requests; a server that fails is an error of this one statement."""
        found = ruled(self._model, statement, evidence, question)
        return found if isinstance(found, Ruling) else Failed(found.why)


class Judged:
    """A judge as the metrics ask for it: the statement against the paragraphs that it cites."""

    def __init__(self, judge: Judge, corpus: Corpus) -> None:
        self._judge, self._corpus = judge, corpus

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        evidence = dict.fromkeys(citation.context or citation.quote for citation in claim.citations)
        ruling = self._judge(claim.text, "\n\n".join(evidence), question)
        return ruling if isinstance(ruling, Failed) else Measured(DEGREE[ruling.label])
