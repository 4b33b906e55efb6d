"""Score texts for a question by a rerank endpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.messages.reason import Reason
from index.model_api import error_mapping

if TYPE_CHECKING:
    from index.model_api.client import Provider


def scores(provider: Provider, question: str, texts: Sequence[str], *, model: str) -> list[float]:
    """Return a score from 0 to 1 for each text, in the order of the texts.

    Reads the replies of Cohere, Jina, vLLM and llama.cpp (`results`), Voyage (`data`) and text-embeddings-inference
    (a bare list). Logits, numbers outside 0..1, are put through the logistic function. Raises as `embed` does.
    """
    if not texts:
        return []
    by_place = _parse(provider.ranking(question, texts, model=model))
    if by_place is None or sorted(by_place) != list(range(len(texts))):
        raise error_mapping.nonsense(provider.host, Reason.of("provider.nonsense_no_scores", count=len(texts)))
    values = [by_place[place] for place in range(len(texts))]
    if all(0 <= value <= 1 for value in values):
        return values
    return [1 / (1 + math.exp(-max(-60.0, min(60.0, value)))) for value in values]


def _parse(reply: Any) -> dict[int, float] | None:
    """Return the score by the text's place.

    None where anything is missing or no number.
    """
    items = reply.get("results", reply.get("data")) if isinstance(reply, dict) else reply
    by_place: dict[int, float] = {}
    for item in items if isinstance(items, list) else ():
        place = item.get("index") if isinstance(item, dict) else None
        score = item.get("relevance_score", item.get("score")) if isinstance(item, dict) else None
        if not isinstance(place, int) or not isinstance(score, (int, float)) or not math.isfinite(score):
            return None
        by_place[place] = float(score)
    return by_place or None
