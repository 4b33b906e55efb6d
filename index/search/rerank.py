"""A second look at the best passages, by a model that reads the question and the passage together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from index.embeddings.embedding_cache import wording
from index.models import Hit

if TYPE_CHECKING:
    from index.model_api import Provider


class Reranker(Protocol):
    """A model that says how well a text answers a question."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score a text, 0 to 1. ProviderError where the model cannot be reached."""
        ...


class ServedReranker:
    """A model behind a rerank endpoint, in the form of Cohere and Jina, which vLLM, llama.cpp and others serve too."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.name = model
        self._provider = provider

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """`index.model_api.rerank_requests.scores`."""
        from index.model_api.rerank_requests import scores

        return scores(self._provider, question, texts, model=self.name)


def reranked(question: str, hits: Sequence[Hit], reranker: Reranker) -> tuple[Hit, ...]:
    """The hits in the order of the reranker, with its scores and ranks; equal scores keep the order they had."""
    if not hits:
        return ()
    scores = reranker.scores(question, [wording(hit.article, hit.passage) for hit in hits])
    order = sorted(range(len(hits)), key=lambda place: (-scores[place], place))
    return tuple(
        replace(hits[place], score=round(scores[place], 6), ranks=hits[place].ranks | {"reranker": rank})
        for rank, place in enumerate(order, 1)
    )
