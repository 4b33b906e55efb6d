"""An answer, looked at again later and without a model: do the articles still say this?"""

from __future__ import annotations

from typing import Literal

from assistant.records import Answer, Citation
from index.ledger import Ledger
from index.records import Span, Value
from index.text.fold import find

State = Literal["verbatim", "moved", "changed", "gone"]


class Verified(Value, frozen=True, kw_only=True):
    """What became of one citation. `now`: where its words stand today, if they stand anywhere."""

    sentence: str
    citation: Citation
    state: State
    now: Span | None = None


def verified(answer: Answer, ledger: Ledger) -> tuple[Verified, ...]:
    """Every citation of an answer against the articles as they are now.

    verbatim: the words stand where they stood; moved: they stand elsewhere in the article, give or take spelling; changed: the
    article no longer holds them; gone: there is no such article.
    """
    articles = ledger.articles({one.file_id for sentence in answer.sentences for one in sentence.citations})
    return tuple(
        _verified(sentence.text, citation, articles[citation.file_id].text if citation.file_id in articles else None)
        for sentence in answer.sentences
        for citation in sentence.citations
    )


def _verified(sentence: str, citation: Citation, text: str | None) -> Verified:
    if text is None:
        return Verified(sentence=sentence, citation=citation, state="gone")
    if text[citation.start : citation.end] == citation.quote:
        place = Span(citation.start, citation.end)
        return Verified(sentence=sentence, citation=citation, state="verbatim", now=place)
    now = find(citation.quote, text)
    return Verified(sentence=sentence, citation=citation, state="moved" if now else "changed", now=now)
