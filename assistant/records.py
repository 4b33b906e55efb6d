"""The answer and what it is made of. An `Answer` rebuilds from its JSON and can be checked again later without a model."""

from __future__ import annotations

from datetime import date
from typing import Literal

from index.records import Value

Verdict = Literal["supported", "partly", "unsupported", "unchecked"]


class Citation(Value, frozen=True, kw_only=True):
    """The very words that bear a sentence out: `article.text[start:end] == quote`."""

    file_id: str
    start: int
    end: int
    quote: str
    context: str | None = None  # the paragraph around the quote


class Sentence(Value, frozen=True, kw_only=True):
    """A sentence of an answer, without its marks: `answer.text[start:end] == text`; the marks follow at `end`."""

    text: str
    start: int
    end: int
    verdict: Verdict = "unchecked"
    probability: float | None = None
    reasons: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()


Kind = Literal["number", "date", "name"]  # of a conflict


class Side(Value, frozen=True, kw_only=True):
    """What one source says: the value as it writes it, the day it was published, and the sentence."""

    value: str
    published: date | None
    citation: Citation


class Conflict(Value, frozen=True, kw_only=True):
    """One thing of which sources say different values, the newest first (undated ones last). `about`: the words they share."""

    kind: Kind
    about: str
    sides: tuple[Side, ...]


class Source(Value, frozen=True, kw_only=True):
    """An article that the answer cites."""

    file_id: str
    title: str | None = None
    published: date | None = None
    publisher: str | None = None
    language: str | None = None
    score: float = 0.0


class Usage(Value, frozen=True, kw_only=True):
    """What a model was paid for. Tokens in and out; `cost` in the currency of the configured prices, None where none is set."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None


class Draft(Value, frozen=True, kw_only=True):
    """What a writer makes of the hits: sentences with their citations, or a refusal with the closest passages."""

    text: str
    sentences: tuple[Sentence, ...] = ()
    abstained: bool = False
    closest: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()
    usage: Usage | None = None
    prompt: str | None = None  # the hash of the prompt's file
    complete: bool = True


class Seen(Value, frozen=True, kw_only=True):
    """A passage that the answer was written from."""

    passage_id: str
    file_id: str
    start: int
    end: int
    score: float


class Answer(Value, frozen=True, kw_only=True):
    """A checked answer. On a refusal `sentences` and `sources` are empty and `closest` holds the nearest passages."""

    question: str
    text: str
    abstained: bool
    engine: str  # "extract", or "model:NAME"
    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()
    closest: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()  # what was searched for, where it is not the question itself
    hits: tuple[Seen, ...] = ()  # what the writer was given
    conflicts: tuple[Conflict, ...] = ()
    coverage: float | None = None  # the share of sentences that are supported; None on a refusal
    complete: bool = True  # False: the model's reply broke off
    prompt: str | None = None  # the hash of the prompt's file
    usage: Usage | None = None
    timings_ms: dict[str, float] = {}
