"""An answer, looked at again later and without a model: do the articles still say this?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from assistant.grounding import Evidence, Judgement, check
from assistant.models import Answer, Citation, Sentence, Verdict
from assistant.verification import against_the_record
from index.language.normalize import find
from index.models import Article, Span, Value
from index.store.ledger import Ledger

State = Literal["verbatim", "moved", "changed", "gone"]


class Verified(Value, frozen=True, kw_only=True):
    """What became of one citation, and what the check says of its sentence beside the articles of today.

    `now`: where the cited words stand today, if they stand anywhere.
    """

    sentence: str
    citation: Citation
    state: State
    now: Span | None = None
    verdict: Verdict = "unchecked"
    reasons: tuple[str, ...] = ()


def verified(answer: Answer, ledger: Ledger) -> tuple[Verified, ...]:
    """Every citation of an answer against the articles as they are now.

    verbatim: the words stand where they stood; moved: they stand elsewhere in the article, give or take spelling; changed: the
    article no longer holds them; gone: there is no such article. The verdict is that of the check that answers go through.
    """
    articles = ledger.articles({citation.file_id for sentence in answer.sentences for citation in sentence.citations})
    return tuple(
        _verified(
            sentence.text, citation, articles[citation.file_id].text if citation.file_id in articles else None, found
        )
        for sentence in answer.sentences
        for found in [_checked(sentence, articles, answer.question)]
        for citation in sentence.citations
    )


def _checked(sentence: Sentence, articles: Mapping[str, Article], question: str) -> Judgement:
    """The sentence beside what its citations hold today."""
    held = [(citation, articles[citation.file_id]) for citation in sentence.citations if citation.file_id in articles]
    if held and all(one.record for one, _ in held):
        return against_the_record(sentence.text, [article for _, article in held], question)
    evidence = [
        Evidence(
            text=one.quote if find(one.quote, article.text) else "",
            article=article.text,
            file_id=article.id,
            published=article.published,
        )
        for one, article in held
    ]
    return check(sentence.text, evidence, question=question, anchor=held[0][1].published if held else None)


def _verified(sentence: str, citation: Citation, text: str | None, found: Judgement) -> Verified:
    state, now = _state(citation, text)
    return Verified(
        sentence=sentence, citation=citation, state=state, now=now, verdict=found.verdict, reasons=found.reasons
    )


def _state(citation: Citation, text: str | None) -> tuple[State, Span | None]:
    if text is None:
        return "gone", None
    if text[citation.start : citation.end] == citation.quote:
        return "verbatim", Span(citation.start, citation.end)
    now = find(citation.quote, text)
    return ("moved", now) if now else ("changed", None)
