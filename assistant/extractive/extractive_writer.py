"""Write answers without a model: quoted sentences with their citation marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assistant.chat_model import Model, Prices
from assistant.extractive.extraction import Frequency, cite, extract, model, rank
from assistant.extractive.sentence_scoring import Candidate, candidates
from assistant.extractive.several_answers import asked_parts, best_of_days, best_of_parts
from assistant.models import Citation, Draft, Plan, Sentence, Side, Update
from assistant.query.parse import Question, parse_question
from assistant.query.plan import NO_DAYS, Archive, timeline_subject
from index.messages.catalog import render
from index.models import Hit

if TYPE_CHECKING:
    from assistant.grounding.entailment import EntailmentModel
    from index.embeddings.protocol import Embedder


Updates = Callable[[tuple[Hit, ...], str], tuple[Update, ...]]

_BULLET = re.compile(r"^[\s•●▪◦‣·*–—-]+(?=\w|[«“\"'(])")


class Extractive:
    """A writer that quotes; `frequency` gives the document frequencies of terms.

    `encoder` returns the embedder that compares sentences across languages, or None. `updates` returns the numbers
    that later reports raised, for questions for the latest state.
    """

    engine = "extract"
    candidates = 10
    model: Model | None = None
    judge: Model | None = None
    entailment: EntailmentModel | None = None
    prices = Prices()

    def __init__(
        self,
        frequency: Frequency,
        encoder: Callable[[], Embedder | None] = lambda: None,
        updates: Updates = lambda hits, question: (),
    ) -> None:
        self._frequency, self._updates = frequency, updates
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
        citations = extracted.citations
        if plan and plan.newest_first:
            citations = overtaken_replaced(citations, self._updates(hits, question.text))
            days = {hit.article.id: hit.article.published or date.min for hit in hits}
            citations = tuple(sorted(citations, key=lambda citation: days[citation.file_id], reverse=True))
        text, sentences = compose(citations)
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


def overtaken_replaced(citations: tuple[Citation, ...], updates: tuple[Update, ...]) -> tuple[Citation, ...]:
    """Replace quotes of numbers that a later report raised by that report's.

    >>> old, new = (Citation(file_id=name, start=0, end=2, quote=quote) for name, quote in (("a", "29"), ("b", "36")))
    >>> sides = tuple(Side(value=item.quote, published=None, citation=item) for item in (new, old))
    >>> [item.quote for item in overtaken_replaced((old,), (Update(about="", counted="killed", sides=sides),))]
    ['36']
    """
    newest: dict[Citation, None] = {}
    others: dict[Citation, None] = {}
    for citation in citations:
        sides = next((item.sides for item in updates if any(_overlap(side, citation) for side in item.sides)), ())
        (newest if sides else others)[sides[0].citation if sides else citation] = None
    return tuple({**newest, **others})


def _overlap(side: Side, citation: Citation) -> bool:
    quote = side.citation
    return quote.file_id == citation.file_id and quote.start < citation.end and citation.start < quote.end


def running_text(quote: str) -> str:
    """Return a quote on a single line, without bullet and square brackets."""
    return " ".join(_BULLET.sub("", quote).replace("[", "(").replace("]", ")").split())
