"""Any embedding model of llama-index where one of ours is accepted.

Needs llama-index only for its types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.errors import ProviderDown

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from numpy.typing import NDArray


class LlamaEmbedder:
    """An embedding model of llama-index as one of ours.

    Its vectors are scaled to length one.
    """

    def __init__(self, embedding: BaseEmbedding) -> None:
        self._embedding = embedding
        self.name = f"llama-index:{embedding.model_name}"
        self.dimensions = len(self.embed(["news"])[0])

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions).

        Raises ProviderDown where the model fails.
        """
        import numpy as np

        model = self._embedding
        try:
            vectors = (
                list(map(model.get_query_embedding, texts)) if question else model.get_text_embedding_batch([*texts])
            )
            rows = np.array(vectors, np.float32)
        except Exception as error:
            raise ProviderDown("provider.llama_failed", model=self.name, error=type(error).__name__) from None
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
