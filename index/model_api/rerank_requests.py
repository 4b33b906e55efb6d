"""A question and texts → how well each text answers it, over a rerank endpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.model_api import error_mapping

if TYPE_CHECKING:
    from index.model_api.client import Provider


def scores(provider: Provider, question: str, texts: Sequence[str], *, model: str) -> list[float]:
    """One score a text, 0 to 1, in the order of the texts.

    Reads what Cohere, Jina, vLLM and llama.cpp (`results`), Voyage (`data`) and text-embeddings-inference (a bare list) answer. A server
    that gives logits, numbers outside 0..1, has them put through the logistic function. Raises as `embed` does.
    """
    if not texts:
        return []
    found = _found(provider.ranking(question, texts, model=model))
    if found is None or sorted(found) != list(range(len(texts))):
        raise error_mapping.nonsense(provider.host, f"no score for each of {len(texts)} texts from its rerank endpoint")
    said = [found[place] for place in range(len(texts))]
    if all(0 <= text <= 1 for text in said):
        return said
    return [1 / (1 + math.exp(-max(-60.0, min(60.0, text)))) for text in said]


def _found(reply: Any) -> dict[int, float] | None:
    """The score of each place; None where anything is missing or no number."""
    items = reply.get("results", reply.get("data")) if isinstance(reply, dict) else reply
    found: dict[int, float] = {}
    for item in items if isinstance(items, list) else ():
        place = item.get("index") if isinstance(item, dict) else None
        score = item.get("relevance_score", item.get("score")) if isinstance(item, dict) else None
        if not isinstance(place, int) or not isinstance(score, (int, float)) or not math.isfinite(score):
            return None
        found[place] = float(score)
    return found or None
