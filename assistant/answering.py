"""Path 2: a question in, a checked answer out."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Protocol

from assistant.records import Answer, Draft, Sentence, Source
from assistant.understand import Question, understand
from index.records import Filters, Hit
from index.retrieval import Retriever, checked

HITS = 10  # passages looked at


class Writer(Protocol):
    """Writes an answer from hits: its text as it comes, then the whole."""

    engine: str

    def write(self, question: Question, hits: tuple[Hit, ...]) -> Generator[str, None, Draft]: ...


def answer(
    question: str, retriever: Retriever, writer: Writer, *, limit: int = HITS, filters: Filters | None = None
) -> Answer:
    """The answer to a question: `stream`, read to its end."""
    streaming = stream(question, retriever, writer, limit=limit, filters=filters)
    while True:
        try:
            next(streaming)
        except StopIteration as done:
            found: Answer = done.value
            return found


def stream(
    question: str, retriever: Retriever, writer: Writer, *, limit: int = HITS, filters: Filters | None = None
) -> Generator[str, None, Answer]:
    """Question → understand → retrieve → write, tied to the sources → Answer; the text is yielded as it comes.

    Raises UsageError where the question is blank or beyond measure. That nothing answers it is no error: the answer abstains.
    """
    clock = _Clock()
    asked = understand(checked(question), retriever.languages())
    clock.lap("understand")
    hits = retriever.search(asked.text, limit, filters)
    clock.lap("retrieve")
    draft = yield from writer.write(asked, hits)
    clock.lap("write")
    return Answer(
        question=question,
        text=draft.text,
        abstained=draft.abstained,
        engine=writer.engine,
        sentences=draft.sentences,
        sources=sources(draft.sentences, hits),
        closest=draft.closest,
        reasons=draft.reasons,
        coverage=coverage(draft.sentences),
        complete=draft.complete,
        prompt=draft.prompt,
        usage=draft.usage,
        timings_ms=clock.laps,
    )


def coverage(sentences: tuple[Sentence, ...]) -> float | None:
    """The share of sentences that are supported, 0 to 1; None where there are none."""
    supported = sum(sentence.verdict == "supported" for sentence in sentences)
    return round(supported / len(sentences), 4) if sentences else None


def sources(sentences: tuple[Sentence, ...], hits: tuple[Hit, ...]) -> tuple[Source, ...]:
    """The articles that the sentences cite, in the order in which they are cited."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.article.id, hit)
    cited = dict.fromkeys(citation.file_id for sentence in sentences for citation in sentence.citations)
    return tuple(_source(best[one]) for one in cited)


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
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 2)
        self.laps["total"] = round((now - self._start) * 1000, 2)
        self._last = now
