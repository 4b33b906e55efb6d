"""A chat model as judge, in the form that the metrics take.

Its scores stand beside those of the check and decide nothing until it is calibrated
(`evals.metrics.judge_calibration`).
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from assistant.chat_model import Model
from assistant.grounding.judge import JudgeClaim, JudgeSource, Label, Ruling, judge
from assistant.models import Sentence
from evals.models import Failed, Measured

__all__ = ["DEGREE", "EntailmentJudge", "Judge", "JudgedSupport", "Label", "ModelJudge", "Ruling"]

DEGREE: dict[Label, float] = {"full": 1.0, "partial": 0.5, "none": 0.0, "contradicts": 0.0}


class Judge(Protocol):
    """Rules on a statement; Failed without a ruling."""

    def __call__(self, statement: str, evidence: str, question: str = "", /) -> Ruling | Failed: ...


class ModelJudge:
    """A chat model with the prompt `judge`; at most two requests a statement."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, statement: str, evidence: str, question: str = "") -> Ruling | Failed:
        claim = JudgeClaim(text=statement, sources=(JudgeSource(text=evidence),))
        (ruling,) = judge(self._model, [claim]).rulings
        return ruling if isinstance(ruling, Ruling) else Failed(ruling.why)


class EntailmentJudge:
    """Use an entailment model as judge, full from its own threshold on."""

    def __init__(self, name: str) -> None:
        from assistant.grounding.entailment import EntailmentModel

        self._model = EntailmentModel(name.removeprefix("local:"))

    def __call__(self, statement: str, evidence: str, question: str = "") -> Ruling | Failed:
        from assistant.grounding.entailment import CONTRADICTED, ENTAILED

        result = self._model.entailment(statement, evidence)
        if result is None:
            return Failed("the deadline is over")
        label: Label = "full" if result.entails >= ENTAILED else "none"
        if label == "none" and result.contradicts >= CONTRADICTED:
            label = "contradicts"
        return Ruling(label=label, probability=result.entails)


class JudgedSupport:
    """Measures support by a judge: the statement against the paragraphs it cites."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        evidence = dict.fromkeys(citation.context or citation.quote for citation in claim.citations)
        ruling = self._judge(claim.text, "\n\n".join(evidence), question)
        return ruling if isinstance(ruling, Failed) else Measured(DEGREE[ruling.label])
