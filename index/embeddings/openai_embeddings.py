"""Embeddings from any OpenAI-compatible server, several batches at once.

Vectors that came before a failure are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from index.embeddings.prefixes import prefixes
from index.embeddings.protocol import Incomplete
from index.errors import ProviderError
from index.messages.reason import Reason
from index.model_api.embedding_requests import SAMPLE, Embedded, embed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.model_api import Provider

BATCH = 64  # texts a request
LANES = 4  # requests at once


class Served:
    """An embedding model on a server.

    `dimensions` requests shorter vectors than the model's own.
    """

    paid = True

    def __init__(self, provider: Provider, model: str, dimensions: int | None = None) -> None:
        self.name = f"{model}@{dimensions}" if dimensions else model
        self._provider = provider
        self._model = model
        self._asked = dimensions
        self._dimensions = dimensions
        self._before = prefixes(model)

    @property
    def dimensions(self) -> int:
        """The length of a vector.

        The model is asked for an example if it is not known yet.
        """
        if self._dimensions is None:
            self._dimensions = self.embed([SAMPLE]).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions).

        Raises Incomplete, with all vectors that came, where a request failed or a text was refused.
        """
        import numpy as np

        before = self._before[0 if question else 1]
        batches = [[before + text for text in texts[start : start + BATCH]] for start in range(0, len(texts), BATCH)]
        rows: dict[int, NDArray[np.float32]] = {}
        refused: dict[int, Reason] = {}
        failed: ProviderError | None = None
        for first, answer in self._answers(batches):
            if isinstance(answer, ProviderError):
                failed = failed or answer
                continue
            rows |= {first + place: vector for place, vector in zip(answer.places, answer.vectors, strict=True)}
            refused |= {first + place: reason for place, reason in answer.refused.items()}
        if failed and not rows:
            raise failed
        if failed or refused:
            why = failed or Reason.of("embeddings.texts_refused", count=len(refused), why=next(iter(refused.values())))
            raise Incomplete(why.code, rows, refused, **why.params) from failed
        return np.stack([rows[place] for place in range(len(texts))]) if texts else np.zeros((0, 0), np.float32)

    def _answers(self, batches: list[list[str]]) -> list[tuple[int, Embedded | ProviderError]]:
        """Return (position of its first text, outcome) of each batch.

        After a failure no further batch is begun.
        """
        if len(batches) == 1:
            return [(0, self._answer(batches[0]))]
        answers: list[tuple[int, Embedded | ProviderError]] = []
        lanes = ThreadPoolExecutor(LANES, thread_name_prefix="embedding")
        try:
            under_way: dict[Future[Embedded | ProviderError], int] = {
                lanes.submit(self._answer, batch): number * BATCH for number, batch in enumerate(batches)
            }
            for done in as_completed(under_way):
                if done.cancelled():
                    continue
                answers.append((under_way[done], done.result()))
                if isinstance(answers[-1][1], ProviderError):
                    for other in under_way:
                        other.cancel()
        except BaseException:
            self._provider.close()  # ends the requests that are under way
            raise
        finally:
            lanes.shutdown(cancel_futures=True)
        return answers

    def _answer(self, batch: list[str]) -> Embedded | ProviderError:
        try:
            (answer,) = embed(self._provider, batch, model=self._model, dimensions=self._asked, batch=len(batch))
        except ProviderError as error:
            return error
        return answer
