"""A chat model as judge of whether a text bears a statement out. It must quote the words that decide, and the quotation is looked up.

A reply that cannot be read, or a quotation that is not in the text, is asked for once more and is then an error, never a verdict.
A judge's figures stand beside those of the deterministic check and decide nothing until it is calibrated (`evals.calibrate`).
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import msgspec

import prompts
from assistant.model import Message, Model, drained
from assistant.records import Sentence
from evals.corpus import Corpus
from evals.records import Failed, Measured
from index.errors import ProviderError
from index.records import Value
from index.text.fold import find

Label = Literal["full", "partial", "none", "contradicts"]
DEGREE: dict[Label, float] = {"full": 1.0, "partial": 0.5, "none": 0.0, "contradicts": 0.0}
FOLDER = Path(__file__).parent
LONGEST = 20_000  # characters of evidence that are shown

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class Ruling(Value, frozen=True, kw_only=True):
    """A label, the words that decide, and where the judge says it, how likely it is that the statement is borne out."""

    label: Label
    quote: str = ""
    probability: float | None = None


class Judge(Protocol):
    """Rules on one statement; Failed where no ruling could be had."""

    def __call__(self, statement: str, evidence: str, question: str = "", /) -> Ruling | Failed: ...


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    label: Label
    quote: str = ""


class ModelJudge:
    """A chat model with the prompt `evals/judge.jinja`."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, statement: str, evidence: str, question: str = "") -> Ruling | Failed:
        """The model's ruling. At most two requests; a server that fails is an error of this one statement."""
        evidence = evidence[:LONGEST]
        complaint = ""
        try:
            for _ in range(2):
                reply = drained(self._model.reply(_asked(statement, evidence, question, complaint)))
                ruling = read(reply.text, evidence)
                if isinstance(ruling, Ruling):
                    return ruling
                complaint = ruling.why
        except ProviderError as error:
            return Failed(f"the judge did not answer: {error}")
        return Failed(f"the judge cannot be understood: {complaint}")


def read(reply: str, evidence: str) -> Ruling | Failed:
    """A judge's reply as a ruling, if it is one and its quotation stands in the evidence, spellings aside.

    >>> read('{"label": "full", "quote": "كلف 40 مليونا"}', "وقال إن الجسر كلّف ٤٠ مليوناً.").label
    'full'
    >>> read('{"label": "full", "quote": "كلف 50 مليونا"}', "وقال إن الجسر كلّف ٤٠ مليوناً.")
    Failed(why='its quotation is not in the text')
    >>> read("yes, fully supported", "…")
    Failed(why='it is not one JSON object')
    """
    found = _OBJECT.search(reply)
    if found is None:
        return Failed("it is not one JSON object")
    try:
        said = msgspec.json.decode(found[0].encode(), type=_Reply)
    except msgspec.DecodeError as error:
        return Failed(f"it is not the object that was asked for ({error})")
    if said.label == "none":
        return Ruling(label="none")
    if not said.quote.strip():
        return Failed("it quotes nothing")
    if find(said.quote, evidence) is None:
        return Failed("its quotation is not in the text")
    return Ruling(label=said.label, quote=said.quote)


def _asked(statement: str, evidence: str, question: str, complaint: str) -> tuple[Message, ...]:
    return prompts.render(
        "judge",
        FOLDER,
        question=question,
        statement=statement,
        evidence=evidence,
        boundary=_boundary(statement, evidence, question),
        complaint=complaint,
    ).messages


def _boundary(*data: str) -> str:
    """A word that is nowhere in the data and always the same for the same data."""
    said = "\n".join(data)
    for salt in range(1000):
        word = "data-" + hashlib.sha256(f"{salt}\n{said}".encode()).hexdigest()[:10]
        if word not in said:
            return word
    raise AssertionError("unreachable: a thousand hashes are all in the data")


class Judged:
    """A judge as the metrics ask for it: the statement against the paragraphs that it cites."""

    def __init__(self, judge: Judge, corpus: Corpus) -> None:
        self._judge, self._corpus = judge, corpus

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed:
        if not claim.citations:
            return Measured(0.0)
        evidence = dict.fromkeys(one.context or one.quote for one in claim.citations)
        ruling = self._judge(claim.text, "\n\n".join(evidence), question)
        return ruling if isinstance(ruling, Failed) else Measured(DEGREE[ruling.label])
