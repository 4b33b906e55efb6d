"""Verify a kept answer again, without a model, against the articles of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from assistant.generative.verification import check_cited
from assistant.grounding import Judgement
from assistant.models import Answer, CheckedBy, Citation, Sentence, Verdict
from index.language.normalize import find
from index.models import Article, Span, Value
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from assistant.grounding.entailment import EntailmentModel

State = Literal["verbatim", "moved", "changed", "gone"]


class Verified(Value, frozen=True, kw_only=True):
    """Hold what became of a citation and what the check says of it today.

    `now`: where the cited words stand today, if they stand anywhere.
    """

    sentence: str
    citation: Citation
    state: State
    now: Span | None = None
    verdict: Verdict = "unchecked"
    checked_by: CheckedBy | None = None
    reasons: tuple[str, ...] = ()


def verified(answer: Answer, ledger: Ledger, entailment: EntailmentModel | None = None) -> tuple[Verified, ...]:
    """Every citation of an answer against the articles as they are now.

    verbatim: the words stand where they stood; moved: they stand elsewhere in the article, give or take spelling;
    changed: the article no longer holds them; gone: there is no such article. The verdict is that of the check that
    answers go through.
    """
    articles = ledger.articles({citation.file_id for sentence in answer.sentences for citation in sentence.citations})
    texts = {file_id: article.text for file_id, article in articles.items()}
    return tuple(
        _verified(sentence.text, citation, texts.get(citation.file_id), judgement)
        for sentence in answer.sentences
        for judgement in [_checked(sentence, articles, answer.question, entailment)]
        for citation in sentence.citations
    )


def _checked(
    sentence: Sentence, articles: Mapping[str, Article], question: str, entailment: EntailmentModel | None
) -> Judgement:
    """Check a sentence against what its citations hold today."""
    held = [(citation, articles[citation.file_id]) for citation in sentence.citations if citation.file_id in articles]
    judgement = check_cited(sentence.text, held, question)
    if entailment is None:
        return judgement
    from assistant.grounding.entailment import settle

    return settle(entailment, judgement, sentence.text, "\n".join(dict.fromkeys(article.text for _, article in held)))


def _verified(sentence: str, citation: Citation, text: str | None, judgement: Judgement) -> Verified:
    state, now = _state(citation, text)
    return Verified(
        sentence=sentence,
        citation=citation,
        state=state,
        now=now,
        verdict=judgement.verdict,
        checked_by=judgement.checked_by,
        reasons=judgement.reasons,
    )


def _state(citation: Citation, text: str | None) -> tuple[State, Span | None]:
    if text is None:
        return "gone", None
    if text[citation.start : citation.end] == citation.quote:
        return "verbatim", Span(citation.start, citation.end)
    now = find(citation.quote, text)
    return ("moved", now) if now else ("changed", None)
