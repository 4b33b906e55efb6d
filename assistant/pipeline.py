"""Path 2: a question in, a checked answer out."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from assistant.chat_model import Model, Prices, total_usage
from assistant.disagreements.conflicts import conflicts, merge, rivals
from assistant.generators import run_to_completion
from assistant.models import Answer, Conflict, Draft, RetrievedPassage, Sentence, Source
from assistant.policy import Policy, applied
from assistant.query.filters import none_passes
from assistant.query.followups import Conversation, standalone
from assistant.query.parse import Question, parse_question
from assistant.query.translate import translated
from assistant.verification import verify_sentences
from index.models import Filters, Hit
from index.search.retriever import checked
from index.token_count import count

HITS = 10  # passages looked at
MANY = 0.25  # the share of the articles from which on a model puts every question into their language
SOME = 0.01  # from which on those that may have their answer there: less is a stray article, or one whose language was misread
LITTLE = 0.15  # the score of the best hit below which next to nothing was found


class Writer(Protocol):
    """Writes an answer from hits: its text as it comes, then the whole. `model`, at `prices`, rewrites questions for search; None: rules do."""

    engine: str
    prices: Prices

    @property
    def model(self) -> Model | None: ...

    def write(self, question: Question, hits: tuple[Hit, ...]) -> Generator[str, None, Draft]: ...


class Searcher(Protocol):
    """Finds the hits: the retriever of a store, or of another library."""

    def allowed(self, filters: Filters | None) -> set[str] | None: ...

    def search_any(
        self, questions: Sequence[str], limit: int, articles: set[str] | None, before: Sequence[Hit] | None = None
    ) -> tuple[Hit, ...]: ...

    def languages(self) -> dict[str, float]: ...


def answer(
    question: str,
    retriever: Searcher,
    writer: Writer,
    *,
    conversation: Conversation | None = None,
    limit: int = HITS,
    filters: Filters | None = None,
    policy: Policy = "show",
) -> Answer:
    """The answer to a question: `stream`, read to its end."""
    return run_to_completion(
        stream(question, retriever, writer, conversation=conversation, limit=limit, filters=filters, policy=policy)
    )


def stream(
    question: str,
    retriever: Searcher,
    writer: Writer,
    *,
    conversation: Conversation | None = None,
    limit: int = HITS,
    filters: Filters | None = None,
    policy: Policy = "show",
) -> Generator[str, None, Answer]:
    """Question → stand alone → understand → retrieve (again in other languages) → write, tied to the sources → check → Answer; text is yielded as it comes.

    `policy`: "strict" strikes through what the check calls unsupported, and refuses where nothing else is left.

    Raises UsageError where the question is blank or beyond measure, ProviderError where a model's server failed before the first
    word. That nothing answers it is no error: the answer abstains.
    """
    clock = _Clock()
    alone = standalone(checked(question), conversation or Conversation(), model=writer.model, count=count)
    languages = retriever.languages()
    asked = parse_question(alone.question, languages)
    if alone.by == "rule":  # the words taken from an earlier question may be in another language
        own = parse_question(question, languages)
        asked = replace(asked, language=own.language or asked.language, shared=own.shared or asked.shared)
    spent = [writer.prices.of(alone.usage)] if alone.usage else []
    searched = [asked.text]
    clock.lap("understand")
    allowed = retriever.allowed(filters)
    hits = retriever.search_any(searched, limit, allowed)
    clock.lap("retrieve")
    if writer.model and allowed != set() and (foreign := translation_languages(asked, languages, hits)):
        other = translated(asked.text, foreign, model=writer.model, count=count)
        spent.append(writer.prices.of(other.usage))
        searched += other.questions
        asked = replace(asked, shared=True)
        clock.lap("understand")
        hits = retriever.search_any(other.questions, limit, allowed, hits)
        clock.lap("retrieve")
    draft = yield from writer.write(asked, hits)
    if filters and allowed == set():
        draft = replace(draft, details=(none_passes(filters),))
    clock.lap("write")
    sentences = draft.sentences if draft.examined else verify_sentences(draft.sentences, asked.text, hits)
    used = [hit for hit in hits if hit.article.id in cited(sentences)]
    found = merge([*conflicts(used, asked.text), *told(rivals(hits, asked.text), sentences)])
    clock.lap("check")
    whole = Answer(
        question=question,
        text=draft.text,
        abstained=draft.abstained,
        engine=writer.engine,
        sentences=sentences,
        sources=sources(sentences, hits),
        closest=draft.closest,
        details=draft.details,
        searched=tuple(searched) if searched != [question] else (),
        hits=tuple(map(_seen, hits)),
        conflicts=found,
        coverage=coverage(sentences),
        complete=draft.complete,
        prompt=draft.prompt,
        usage=total_usage([*spent, draft.usage]) if draft.usage else None,
        timings_ms=clock.laps,
    )
    return applied(whole, policy, hits, asked.language)


def translation_languages(asked: Question, languages: Mapping[str, float], hits: Sequence[Hit]) -> list[str]:
    """The languages of articles, of these shares, that a question is to be put into before the answer is written.

    All where no article is in its own; those of many articles always; those of some where it asks for the present, as the newest
    report may be in any language, or where what was found in its own words is next to nothing.
    """
    wide = asked.present or not hits or hits[0].score < LITTLE
    least = 0.0 if not asked.shared else SOME if wide else MANY
    return [key for key, share in languages.items() if key != asked.language and share >= least]


def told(found: Iterable[Conflict], sentences: tuple[Sentence, ...]) -> tuple[Conflict, ...]:
    """The conflicts with a side that one of the answer's citations touches."""
    quotes = [citation for sentence in sentences for citation in sentence.citations]
    return tuple(
        match
        for match in found
        if any(
            quote.file_id == side.citation.file_id
            and quote.start < side.citation.end
            and side.citation.start < quote.end
            for side in match.sides
            for quote in quotes
        )
    )


def cited(sentences: tuple[Sentence, ...]) -> tuple[str, ...]:
    """Ids of the articles that the sentences cite, in the order in which they are cited."""
    return tuple(dict.fromkeys(citation.file_id for sentence in sentences for citation in sentence.citations))


def coverage(sentences: tuple[Sentence, ...]) -> float | None:
    """Return the share of sentences that somebody vouches for, 0 to 1; None for no sentences."""
    supported = sum(sentence.verdict == "supported" for sentence in sentences)
    return round(supported / len(sentences), 4) if sentences else None


def sources(sentences: tuple[Sentence, ...], hits: tuple[Hit, ...]) -> tuple[Source, ...]:
    """The articles that the sentences cite, in the order in which they are cited."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.article.id, hit)
    return tuple(_source(best[one]) for one in cited(sentences))


def _seen(hit: Hit) -> RetrievedPassage:
    passage = hit.passage
    return RetrievedPassage(
        passage_id=passage.id, file_id=hit.article.id, start=passage.start, end=passage.end, score=hit.score
    )


def _source(hit: Hit) -> Source:
    article = hit.article
    return Source(
        file_id=article.id,
        title=article.title,
        published=article.published,
        publisher=article.publisher,
        language=article.language,
        score=hit.score,
    )


class _Clock:
    """Milliseconds of each kind of lap."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(self.laps.get(name, 0.0) + (now - self._last) * 1000, 2)
        self.laps["total"] = round((now - self._start) * 1000, 2)
        self._last = now
