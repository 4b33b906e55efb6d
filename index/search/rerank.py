"""Rerank the best passages by a cross-encoder.

It reads the question and the passage together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from index.chunking import embedding_text
from index.models import Hit

if TYPE_CHECKING:
    from index.model_api import Provider


class Reranker(Protocol):
    """A model that scores how well a text answers a question."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text, 0 to 1.

        Raises ProviderError where the model cannot be reached.
        """
        ...


class ServedReranker:
    """A model behind a rerank endpoint in the form of Cohere and Jina.

    vLLM, llama.cpp and others serve it too.
    """

    def __init__(self, provider: Provider, model: str) -> None:
        self.name = model
        self._provider = provider

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Request the scores of the texts."""
        from index.model_api.rerank_requests import scores

        return scores(self._provider, question, texts, model=self.name)


def rerank(question: str, hits: Sequence[Hit], reranker: Reranker) -> tuple[Hit, ...]:
    """Return the hits in the order of the reranker, with its scores and ranks.

    Equal scores keep their order.
    """
    if not hits:
        return ()
    scores = reranker.scores(question, [embedding_text(hit.article, hit.passage) for hit in hits])
    order = sorted(range(len(hits)), key=lambda place: (-scores[place], place))
    return tuple(
        replace(hits[place], score=round(scores[place], 6), ranks=hits[place].ranks | {"reranker": rank})
        for rank, place in enumerate(order, 1)
    )
