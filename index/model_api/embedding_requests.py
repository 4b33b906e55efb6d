"""Texts → vectors over a server, batch by batch: what cannot be embedded is named, what is wrong is never stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from index.errors import ProviderRefused
from index.model_api import error_mapping
from index.models import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.model_api.client import Provider

SAMPLE = "news"  # a text that every embedding model takes


class Embedded(Value, frozen=True, kw_only=True):
    """The vectors of one batch: row i of `vectors` (float32) belongs to `texts[places[i]]`; `refused` holds place → reason."""

    places: tuple[int, ...]
    vectors: NDArray[np.float32]
    refused: dict[int, str] = {}
    tokens: int | None = None


def embed(
    provider: Provider, texts: Sequence[str], *, model: str, dimensions: int | None = None, batch: int = 64
) -> Iterator[Embedded]:
    """The vectors of the texts, in order, at most `batch` a time, so that whoever stores each batch can go on where it broke off.

    A text that the server refuses is found and named while the rest of its batch is embedded. Raises ProviderRefused where the server
    refuses every text (no such model, no embeddings), ProviderError where a vector is missing, of another length, or not finite.
    """
    asking = _Asking(provider, model, dimensions)
    for start in range(0, len(texts), batch):
        yield asking.embedded({place: texts[place] for place in range(start, min(start + batch, len(texts)))})


class _Asking:
    """The requests for one run over the texts, and what was learned in it: the length of a vector, whether the server works."""

    def __init__(self, provider: Provider, model: str, dimensions: int | None) -> None:
        self.provider, self.model = provider, model
        self.length = self.dimensions = dimensions
        self.works = False

    def embedded(self, texts: dict[int, str]) -> Embedded:
        """One batch, halved until only the texts that the server refuses are left out."""
        import numpy as np

        rows: dict[int, list[float]] = {}
        refused: dict[int, str] = {}
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

    def _halves(self, part: dict[int, str], error: ProviderRefused, refused: dict[int, str]) -> list[dict[int, str]]:
        """The two halves of a refused part; nothing where a single text is the reason. Raises where every text would be refused."""
        if not self.works:
            try:
                self._request([SAMPLE])
            except ProviderRefused:
                raise error from None
        places = list(part)
        if len(places) == 1:
            too_long = isinstance(error, error_mapping.ContextTooLong)
            refused[places[0]] = "longer than the embedding model can read" if too_long else str(error)
            return []
        half = len(places) // 2
        return [{place: part[place] for place in places[half:]}, {place: part[place] for place in places[:half]}]

    def _request(self, texts: list[str]) -> tuple[list[list[float]], int]:
        """The vectors of these texts and the tokens they took, checked."""
        reply = self.provider.vectors(texts, model=self.model, dimensions=self.dimensions)
        vectors = _vectors(reply, len(texts), self.provider.host)
        length = self.length or len(vectors[0])
        for vector in vectors:
            if len(vector) != length:
                raise error_mapping.nonsense(
                    self.provider.host, f"a vector of {len(vector)} numbers where {length} were expected"
                )
        self.length, self.works = length, True
        count = getattr(getattr(reply, "usage", None), "total_tokens", None)
        return vectors, count if isinstance(count, int) else 0


def _vectors(reply: Any, count: int, host: str) -> list[list[float]]:
    """The vectors of a reply in the order of its texts, each of finite numbers."""
    import math

    items = getattr(reply, "data", None)
    if not isinstance(items, list) or len(items) != count:
        got = len(items) if isinstance(items, list) else 0
        raise error_mapping.nonsense(host, f"{got} vectors for {count} texts")
    ranked = sorted(items, key=lambda item: item.index if isinstance(getattr(item, "index", None), int) else 0)
    vectors: list[Any] = [getattr(item, "embedding", None) for item in ranked]
    for vector in vectors:
        if (
            not isinstance(vector, list)
            or not vector
            or not all(isinstance(x, (int, float)) and math.isfinite(x) for x in vector)
        ):
            raise error_mapping.nonsense(host, "a vector that is empty or holds what is no number")
    return vectors
