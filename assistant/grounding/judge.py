"""A chat model as judge of whether a text bears a statement out. It must quote the words that decide, and the quotation is looked up.

A reply that cannot be read, or a quotation that is not in the text, is asked for once more and is then an error, never a pass.
What a judge says stands beside the verdict of the deterministic check and changes nothing in it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Literal, NamedTuple

import msgspec

import prompts
from assistant.chat_model import Message, Model
from assistant.generators import run_to_completion
from index.errors import ProviderError
from index.language.normalize import find
from index.models import Value

Label = Literal["full", "partial", "none", "contradicts"]
LONGEST = 20_000  # characters of evidence that are shown

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class Ruling(Value, frozen=True, kw_only=True):
    """A label, the words that decide, and where the judge says it, how likely it is that the statement is borne out."""

    label: Label
    quote: str = ""
    probability: float | None = None


class NoRuling(NamedTuple):
    """Why there is no ruling."""

    why: str


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    label: Label
    quote: str = ""


def ruled(model: Model, statement: str, evidence: str, question: str = "") -> Ruling | NoRuling:
    """The model's ruling on one statement. At most two requests; a server that fails is no ruling on this one statement."""
    evidence = evidence[:LONGEST]
    complaint = ""
    try:
        for _ in range(2):
            reply = run_to_completion(model.reply(_asked(statement, evidence, question, complaint)))
            found = read_ruling(reply.text, evidence)
            if isinstance(found, Ruling):
                return found
            complaint = found.why
    except ProviderError as error:
        return NoRuling(f"the judge did not answer: {error}")
    return NoRuling(f"the judge cannot be understood: {complaint}")


def read_ruling(reply: str, evidence: str) -> Ruling | NoRuling:
    """A judge's reply as a ruling, if it is one and its quotation stands in the evidence, spellings aside.

    >>> read_ruling('{"label": "full", "quote": "كلف 40 مليونا"}', "وقال إن الجسر كلّف ٤٠ مليوناً.").label
    'full'
    >>> read_ruling('{"label": "full", "quote": "كلف 50 مليونا"}', "وقال إن الجسر كلّف ٤٠ مليوناً.")
    NoRuling(why='its quotation is not in the text')
    >>> read_ruling("yes, fully supported", "…")
    NoRuling(why='it is not one JSON object')
    """
    match = _OBJECT.search(reply)
    if match is None:
        return NoRuling("it is not one JSON object")
    try:
        said = msgspec.json.decode(match[0].encode(), type=_Reply)
    except msgspec.DecodeError as error:
        return NoRuling(f"it is not the object that was asked for ({error})")
    if said.label == "none":
        return Ruling(label="none")
    if not said.quote.strip():
        return NoRuling("it quotes nothing")
    if find(said.quote, evidence) is None:
        return NoRuling("its quotation is not in the text")
    return Ruling(label=said.label, quote=said.quote)


def judged_record(record: dict[str, Any], model: Model) -> dict[str, Any]:
    """`{"judge": {"label","quote"}}`, or `{"judge": {"error"}}`, for a claim and its context that were checked."""
    found = ruled(model, record["claim"], record["context"], record.get("question") or "")
    return {
        "judge": {"error": found.why} if isinstance(found, NoRuling) else {"label": found.label, "quote": found.quote}
    }


def _asked(statement: str, evidence: str, question: str, complaint: str) -> tuple[Message, ...]:
    return prompts.render(
        "judge",
        prompts.FOLDER,
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
