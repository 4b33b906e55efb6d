"""Apply a judge's rulings to the sentences of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from assistant.chat_model import Model
from assistant.grounding.checking import reason_of
from assistant.grounding.judge import JudgeClaim, JudgeSource, Ruling, failures, judge
from assistant.models import Citation, Contradiction, Sentence
from index.language.normalize import find
from index.language.sentences import paragraphs
from index.messages.reason import Reason
from index.model_api import Reply
from index.models import Article

AROUND = 700  # characters of an article to either side of the cited words that the judge is shown
REFUTED = frozenset(("number", "number_of_another", "date", "quotation"))  # a judge does not overrule these objections


class JudgedSentences(NamedTuple):
    """The sentences with the judge's verdicts, the replies that they cost.

    And why some have none.
    """

    sentences: tuple[Sentence, ...]
    replies: tuple[Reply, ...]
    details: tuple[Reason, ...]


def judge_sentences(model: Model, sentences: Sequence[Sentence], articles: Mapping[str, Article]) -> JudgedSentences:
    """Let a model judge the cited sentences that are not quotes.

    Where it gives no ruling the other verdicts stand.

    `articles`: what the sentences cite, by id.
    """
    asked = [at for at, item in enumerate(sentences) if item.citations and item.checked_by != "quote"]
    if not asked:
        return JudgedSentences(tuple(sentences), (), ())
    result = judge(model, [_claim(sentences[at], articles) for at in asked])
    judged = list(sentences)
    for at, ruling in zip(asked, result.rulings, strict=True):
        if isinstance(ruling, Ruling):
            judged[at] = apply_ruling(sentences[at], ruling, articles)
    return JudgedSentences(tuple(judged), result.replies, failures(result))


def apply_ruling(sentence: Sentence, ruling: Ruling, articles: Mapping[str, Article]) -> Sentence:
    """Return a sentence with a judge's verdict.

    Figures and quotations that the rules refute stay unsupported.
    """
    plain = tuple(item for item in sentence.details if item.code != "check.not_verified")
    if ruling.label == "full":
        if any(item.code in REFUTED for item in sentence.contradictions):
            return replace(sentence, details=(*sentence.details, Reason("check.judge_disagrees")))
        if sentence.contradictions:
            details = (*sentence.details, Reason("check.judge_disagrees"))
            return replace(sentence, verdict="partly", checked_by="judge", details=details)
        cited = _with_quotes(sentence.citations, ruling.quotes, articles)
        return replace(sentence, verdict="supported", checked_by="judge", details=plain, citations=cited)
    if ruling.label == "partial":
        verdict = "unsupported" if sentence.contradictions else "partly"
        return replace(sentence, verdict=verdict, checked_by="judge", details=(*plain, Reason("check.judge_partial")))
    if ruling.label == "none":
        return replace(
            sentence, verdict="unsupported", checked_by="judge", details=(*plain, Reason("check.judge_none"))
        )
    wrong = _contradiction(sentence, ruling)
    return replace(
        sentence,
        verdict="unsupported",
        checked_by="judge",
        details=(*plain, reason_of(wrong)),
        contradictions=(*sentence.contradictions, wrong),
    )


def _contradiction(sentence: Sentence, ruling: Ruling) -> Contradiction:
    """Return the wrong words of a sentence, the whole if the judge's are not in it."""
    span = find(ruling.wrong, sentence.text) if ruling.wrong else None
    start, end = (span.start, span.end) if span else (0, len(sentence.text))
    says = ruling.source_says or "; ".join(ruling.quotes)
    return Contradiction(code="judge", start=start, end=end, text=sentence.text[start:end], evidence=says)


def _claim(sentence: Sentence, articles: Mapping[str, Article]) -> JudgeClaim:
    windows: dict[str, list[Citation]] = {}
    for citation in sentence.citations:
        windows.setdefault(citation.file_id, []).append(citation)
    sources = tuple(_source(articles[file_id], listed) for file_id, listed in windows.items())
    return JudgeClaim(text=sentence.text, sources=sources)


def _source(article: Article, citations: Iterable[Citation]) -> JudgeSource:
    """Return the cited words of an article with the text around them."""
    pieces: list[tuple[int, int]] = []
    for citation in sorted(citations, key=lambda item: item.start):
        low, high = max(0, citation.start - AROUND), min(len(article.text), citation.end + AROUND)
        low = article.text.rfind("\n", 0, low) + 1 if low and article.text.rfind("\n", 0, low) > low - AROUND else low
        if pieces and low <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(high, pieces[-1][1]))
        else:
            pieces.append((low, high))
    return JudgeSource(
        text="\n[…]\n".join(article.text[low:high] for low, high in pieces),
        title=article.title or "",
        published=article.published,
        publisher=article.publisher or "",
    )


def _with_quotes(
    citations: tuple[Citation, ...], quotes: Sequence[str], articles: Mapping[str, Article]
) -> tuple[Citation, ...]:
    """Return the citations, with the judge's quotes where the tied words lack them."""
    cited: list[Citation] = []
    for file_id in dict.fromkeys(citation.file_id for citation in citations):
        own = [citation for citation in citations if citation.file_id == file_id]
        article = articles[file_id]
        spans = [span for quote in quotes if (span := find(quote, article.text))]
        outside = [span for span in spans if not any(item.start <= span.start and span.end <= item.end for item in own)]
        kept = [item for item in own if any(item.start <= span.start and span.end <= item.end for span in spans)]
        new = [_citation(article, span.start, span.end) for span in outside]
        cited += (kept + new) if spans else own
    return tuple(dict.fromkeys(cited))


def _citation(article: Article, start: int, end: int) -> Citation:
    around = [item for item in paragraphs(article.text) if item.start < end and start < item.end]
    context = article.text[min(start, around[0].start) : max(end, around[-1].end)] if around else None
    return Citation(file_id=article.id, start=start, end=end, quote=article.text[start:end], context=context)
