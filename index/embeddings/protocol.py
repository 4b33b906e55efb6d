"""What an embedding model is: texts → vectors of length one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from index.errors import ProviderError, UsageError
from index.messages.reason import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """A model that turns texts into vectors of length one."""

    @property
    def name(self) -> str:
        """The name of the model; vectors of different names cannot be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector; the model may have to be asked for an example."""
        ...

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions).

        `question` tells questions from passages.

        Raises ProviderError where the model cannot be reached, Incomplete where it could not take some of the texts.
        """
        ...


def accepted(model: Any) -> Embedder:
    """Return a model with our interface as it is; wrap one of llama-index.

    Raises UsageError for anything else.
    """
    if callable(getattr(model, "embed", None)) and hasattr(model, "name") and hasattr(model, "dimensions"):
        return model  # type: ignore[no-any-return]
    if callable(getattr(model, "get_text_embedding_batch", None)):
        from index.embeddings.llama_embedder import LlamaEmbedder

        return LlamaEmbedder(model)
    raise UsageError("embeddings.not_a_model", type=type(model).__name__)


class Incomplete(ProviderError):
    """Some texts have no vector.

    `vectors` holds the vectors that were given, `refused` the reasons why the model takes a text at no time; both by
    the position of the text.
    """

    def __init__(
        self, code: str, vectors: dict[int, NDArray[np.float32]], refused: dict[int, Reason], /, **params: object
    ) -> None:
        super().__init__(code, **params)
        self.vectors = vectors
        self.refused = refused
