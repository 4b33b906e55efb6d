"""Write answers without a model: quoted sentences with their citation marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant.chat_model import Model, Prices
from assistant.extractive.extraction import Frequency, cite, extract, model, rank
from assistant.extractive.sentence_scoring import Candidate, candidates
from assistant.extractive.several_answers import asked_parts, best_of_days, best_of_parts
from assistant.models import Citation, Draft, Plan, Sentence
from assistant.query.parse import Question, parse_question
from assistant.query.plan import NO_DAYS, Archive, timeline_subject
from index.messages.catalog import render
from index.models import Hit

if TYPE_CHECKING:
    from assistant.grounding.entailment import EntailmentModel
    from index.embeddings.protocol import Embedder


_BULLET = re.compile(r"^[\s•●▪◦‣·*–—-]+(?=\w|[«“\"'(])")


class Extractive:
    """A writer that quotes; `frequency` gives the document frequencies of terms.

    `encoder` returns the embedder that compares sentences across languages, or None.
    """

    engine = "extract"
    candidates = 10
    model: Model | None = None
    judge: Model | None = None
    entailment: EntailmentModel | None = None
    prices = Prices()

    def __init__(self, frequency: Frequency, encoder: Callable[[], Embedder | None] = lambda: None) -> None:
        self._frequency = frequency
        self._encoder = encoder

    def write(
        self, question: Question, hits: tuple[Hit, ...], plan: Plan | None = None, archive: Archive = NO_DAYS
    ) -> Generator[str, None, Draft]:
        """Yield the quoted sentences that answer, or a refusal."""
        if several := self._several(question, hits, plan):
            text, sentences = compose(several)
            yield text
            return Draft(text=text, sentences=sentences)
        extracted = extract(question, hits, frequency=self._frequency, embedder=self._encoder())
        if extracted.abstained:
            refusal = render("answer.refusal", {}, question.language)
            yield refusal
            return Draft(text=refusal, abstained=True, closest=extracted.closest, details=extracted.details)
        text, sentences = compose(extracted.citations)
        yield text
        return Draft(text=text, sentences=sentences, details=extracted.details)

    def _several(self, question: Question, hits: tuple[Hit, ...], plan: Plan | None) -> tuple[Citation, ...]:
        """Return a quote for each part or day that is asked for; none where one is enough."""
        chosen: list[Candidate] = []
        if question.shared and plan and plan.kind == "timeline":
            subject = replace(parse_question(timeline_subject(question.text), ()), shared=True)
            chosen = best_of_days(rank(candidates(subject, hits, self._frequency), model()))
        elif question.shared and len(asked_parts(question.text)) > 1:
            chosen = best_of_parts(question, hits, self._frequency)
        return tuple(map(cite, chosen)) if len(chosen) > 1 else ()


def compose(citations: tuple[Citation, ...]) -> tuple[str, tuple[Sentence, ...]]:
    """Join quotes to a text with marks `[file_id]`, a paragraph for each article.

    >>> citation = Citation(file_id="a", start=0, end=13, quote="وصل\\nالوفد [1]")
    >>> compose((citation,))[0]
    'وصل الوفد (1) [a]'
    """
    text, sentences, last = "", [], None
    for citation in citations:
        text += "" if last is None else " " if last == citation.file_id else "\n"
        sentence = running_text(citation.quote)
        start, end = len(text), len(text) + len(sentence)
        sentences.append(
            Sentence(
                text=sentence, start=start, end=end, verdict="supported", checked_by="quote", citations=(citation,)
            )
        )
        text += f"{sentence} [{citation.file_id}]"
        last = citation.file_id
    return text, tuple(sentences)


def running_text(quote: str) -> str:
    """Return a quote on a single line, without bullet and square brackets."""
    return " ".join(_BULLET.sub("", quote).replace("[", "(").replace("]", ")").split())
