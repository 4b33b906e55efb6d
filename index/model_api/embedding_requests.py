"""Embed texts by a server, batch by batch.

Name the texts that it refuses, reject wrong vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from index.errors import ProviderRefused
from index.messages.reason import Reason
from index.model_api import error_mapping
from index.model_api.wire_format import token_count
from index.models import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.model_api.client import Provider

SAMPLE = "news"  # a text that every embedding model takes


class Embedded(Value, frozen=True, kw_only=True):
    """Hold the vectors of a batch.

    Row i of `vectors` (float32) belongs to `texts[places[i]]`; `refused`: place → reason.
    """

    places: tuple[int, ...]
    vectors: NDArray[np.float32]
    refused: dict[int, Reason] = {}
    tokens: int | None = None


def embed(
    provider: Provider, texts: Sequence[str], *, model: str, dimensions: int | None = None, batch: int = 64
) -> Iterator[Embedded]:
    """Yield the vectors of the texts in order, at most `batch` at a time.

    A caller can store each batch and resume after it.

    A text that the server refuses is named while the rest of its batch is embedded. Raises ProviderRefused where the
    server refuses every text (no such model, no embeddings), ProviderError where a vector is missing, of another
    length, or not finite.
    """
    requests = _EmbeddingRun(provider, model, dimensions)
    for start in range(0, len(texts), batch):
        yield requests.embed_batch({place: texts[place] for place in range(start, min(start + batch, len(texts)))})


class _EmbeddingRun:
    """The requests of a run over the texts.

    Remembers the length of a vector and whether the server works.
    """

    def __init__(self, provider: Provider, model: str, dimensions: int | None) -> None:
        self.provider, self.model = provider, model
        self.length = self.dimensions = dimensions
        self.works = False

    def embed_batch(self, texts: dict[int, str]) -> Embedded:
        """Embed a batch, halving it until only the refused texts are left out."""
        import numpy as np

        rows: dict[int, list[float]] = {}
        refused: dict[int, Reason] = {}
        tokens, waiting = 0, [texts]
        while waiting:
            part = waiting.pop()
            try:
                vectors, used = self._request(list(part.values()))
            except ProviderRefused as error:
                waiting += self._halves(part, error, refused)
                continue
            rows |= dict(zip(part, vectors, strict=True))
            tokens += used
        places = tuple(sorted(rows))
        vectors_of_batch = np.array([rows[place] for place in places], np.float32).reshape(
            len(places), self.length or 0
        )
        return Embedded(places=places, vectors=vectors_of_batch, refused=refused, tokens=tokens or None)

    def _halves(self, part: dict[int, str], error: ProviderRefused, refused: dict[int, Reason]) -> list[dict[int, str]]:
        """Split a refused part into halves, or note the refusal of a single text.

        Raises ProviderRefused where every text would be refused.
        """
        if not self.works:
            try:
                self._request([SAMPLE])
            except ProviderRefused:
                raise error from None
        places = list(part)
        if len(places) == 1:
            too_long = isinstance(error, error_mapping.ContextTooLong)
            refused[places[0]] = Reason("embeddings.text_too_long") if too_long else Reason.from_error(error)
            return []
        half = len(places) // 2
        return [{place: part[place] for place in places[half:]}, {place: part[place] for place in places[:half]}]

    def _request(self, texts: list[str]) -> tuple[list[list[float]], int]:
        """Return the vectors of these texts, checked, and the tokens that they took."""
        reply = self.provider.vectors(texts, model=self.model, dimensions=self.dimensions)
        vectors = _vectors(reply, len(texts), self.provider.host)
        length = self.length or len(vectors[0])
        for vector in vectors:
            if len(vector) != length:
                raise error_mapping.nonsense(
                    self.provider.host, Reason.of("provider.nonsense_vector_length", got=len(vector), expected=length)
                )
        self.length, self.works = length, True
        return vectors, token_count(getattr(getattr(reply, "usage", None), "total_tokens", None)) or 0


def _vectors(reply: Any, count: int, host: str) -> list[list[float]]:
    """Return the vectors of a reply in the order of its texts.

    Raise where a number is not finite.
    """
    import math

    items = getattr(reply, "data", None)
    if not isinstance(items, list) or len(items) != count:
        got = len(items) if isinstance(items, list) else 0
        raise error_mapping.nonsense(host, Reason.of("provider.nonsense_vector_count", got=got, expected=count))
    ranked = sorted(items, key=lambda item: item.index if isinstance(getattr(item, "index", None), int) else 0)
    vectors: list[Any] = [getattr(item, "embedding", None) for item in ranked]
    for vector in vectors:
        if (
            not isinstance(vector, list)
            or not vector
            or not all(isinstance(x, (int, float)) and math.isfinite(x) for x in vector)
        ):
            raise error_mapping.nonsense(host, Reason("provider.nonsense_vector"))
    return vectors
