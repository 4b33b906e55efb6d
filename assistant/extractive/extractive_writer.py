"""An answer with no model: the sentences that answer, in reading order, each followed by its mark; or a refusal."""

from __future__ import annotations

import re
from collections.abc import Generator

from assistant.chat_model import Model, Prices
from assistant.extractive.extraction import Frequency, extract
from assistant.models import Citation, Draft, Sentence
from assistant.query.parse import Question
from assistant.rendering.refusals import refusal_in
from index.models import Hit

_BULLET = re.compile(r"^[\s•●▪◦‣·*–—-]+(?=\w|[«“\"'(])")


class Extractive:
    """Writes by quoting. `frequency` tells how rare a term is."""

    engine = "extract"
    model: Model | None = None
    prices = Prices()

    def __init__(self, frequency: Frequency) -> None:
        self._frequency = frequency

    def write(self, question: Question, hits: tuple[Hit, ...]) -> Generator[str, None, Draft]:
        """The sentences of the hits that answer, each `supported` because it is the article's own."""
        found = extract(question, hits, frequency=self._frequency)
        if found.abstained:
            refusal = refusal_in(question.language)
            yield refusal
            return Draft(text=refusal, abstained=True, closest=found.closest, details=found.details)
        text, sentences = joined(found.citations)
        yield text
        return Draft(text=text, sentences=sentences, details=found.details)


def joined(citations: tuple[Citation, ...]) -> tuple[str, tuple[Sentence, ...]]:
    """Quotes as one text, `sentence [file_id]` after `sentence [file_id]`, an article to a paragraph.

    >>> said = Citation(file_id="a", start=0, end=13, quote="وصل\\nالوفد [1]")
    >>> joined((said,))[0]
    'وصل الوفد (1) [a]'
    """
    text, sentences, last = "", [], None
    for citation in citations:
        text += "" if last is None else " " if last == citation.file_id else "\n"
        words = told(citation.quote)
        sentences.append(
            Sentence(
                text=words, start=len(text), end=len(text) + len(words), verdict="supported", citations=(citation,)
            )
        )
        text += f"{words} [{citation.file_id}]"
        last = citation.file_id
    return text, tuple(sentences)


def told(quote: str) -> str:
    """A quote as running text: on one line, without its bullet, and without brackets that could pass for a mark of ours."""
    return " ".join(_BULLET.sub("", quote).replace("[", "(").replace("]", ")").split())
