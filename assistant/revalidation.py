"""Verify a kept answer again, against the articles of today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from assistant.generative.verification import check_cited, with_judgement
from assistant.models import Answer, CheckedBy, Citation, Sentence, Verdict
from index.language.normalize import find
from index.messages.reason import Reason
from index.models import Article, Span, Value
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from assistant.chat_model import Model
    from assistant.grounding.entailment import EntailmentModel

State = Literal["verbatim", "moved", "changed", "gone"]
WHOLE = 6000  # characters of an article that a judge reads where the cited words are gone


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


def verified(
    answer: Answer, ledger: Ledger, entailment: EntailmentModel | None = None, judge: Model | None = None
) -> tuple[Verified, ...]:
    """Check every citation of an answer against the articles as they are now.

    verbatim: the words stand where they stood; moved: they stand elsewhere in the article, give or take spelling;
    changed: the article no longer holds them; gone: there is no such article. The verdict is that of the check that
    answers go through, with the judge where one is given.
    """
    articles = ledger.articles({citation.file_id for sentence in answer.sentences for citation in sentence.citations})
    checked = tuple(_checked(sentence, articles, answer.question, entailment) for sentence in answer.sentences)
    if judge is not None:
        from assistant.grounding.judged_answer import judge_sentences

        judged = judge_sentences(judge, checked, articles)
        checked = tuple(_with_failures(sentence, judged.details) for sentence in judged.sentences)
    texts = {file_id: article.text for file_id, article in articles.items()}
    return tuple(
        _verified(sentence, citation, texts.get(citation.file_id))
        for kept, sentence in zip(answer.sentences, checked, strict=True)
        for citation in kept.citations
    )


def _checked(
    kept: Sentence, articles: Mapping[str, Article], question: str, entailment: EntailmentModel | None
) -> Sentence:
    """Return a sentence with what its citations hold today.

    Where they stand today, and its verdict by that.
    """
    held = [(citation, articles[citation.file_id]) for citation in kept.citations if citation.file_id in articles]
    judgement = check_cited(kept.text, held, question)
    if entailment is not None:
        from assistant.grounding.entailment import settle

        texts = dict.fromkeys(article.text for _, article in held)
        judgement = settle(entailment, judgement, kept.text, "\n".join(texts))
    sentence = Sentence(
        text=kept.text,
        start=kept.start,
        end=kept.end,
        citations=tuple(_standing(citation, article.text) for citation, article in held),
    )
    return with_judgement(sentence, judgement)


def _with_failures(sentence: Sentence, failures: tuple[Reason, ...]) -> Sentence:
    """Say of a sentence that no judge ruled on why that is so."""
    unjudged = sentence.citations and sentence.checked_by not in ("quote", "judge")
    return replace(sentence, details=(*sentence.details, *failures)) if unjudged else sentence


def _standing(citation: Citation, text: str) -> Citation:
    """Return a citation of the same words where they stand today.

    Of the article's beginning if they are gone.
    """
    now = _state(citation, text)[1] or Span(0, min(len(text), WHOLE))
    return replace(citation, start=now.start, end=now.end, quote=now.of(text))


def _verified(sentence: Sentence, citation: Citation, text: str | None) -> Verified:
    state, now = _state(citation, text)
    return Verified(
        sentence=sentence.text,
        citation=citation,
        state=state,
        now=now,
        verdict=sentence.verdict,
        checked_by=sentence.checked_by,
        reasons=sentence.reasons,
    )


def _state(citation: Citation, text: str | None) -> tuple[State, Span | None]:
    if text is None:
        return "gone", None
    if text[citation.start : citation.end] == citation.quote:
        return "verbatim", Span(citation.start, citation.end)
    now = find(citation.quote, text)
    return ("moved", now) if now else ("changed", None)
