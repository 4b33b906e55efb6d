"""Embedding models and rerankers that run in this process through ONNX.

The only user of fastembed.
`local:NAME` is a model of `known_models` or of fastembed's list (fetched once, from huggingface.co), or a folder with
`model.onnx` and `tokenizer.json`, which needs no network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from index.embeddings.known_models import EMBEDDERS, RERANKERS, WORDS, is_late_interaction, known_model
from index.embeddings.prefixes import prefixes, prefixes_of
from index.errors import IsnadError, ProviderError, UsageError
from index.messages.reason import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 1  # text at once, on one thread: batches of 32 cost three times the processor time a text (cache), as measured
CACHE = Path.home() / ".cache" / "isnad" / "models"
FILES = ("model.onnx", "onnx/model.onnx", "model_optimized.onnx", "onnx/model_quantized.onnx")
MODELS = {"embedding": EMBEDDERS, "reranking": RERANKERS}
T = TypeVar("T")


class LocalEmbedder:
    """An embedding model in this process, loaded with the first text.

    Raises UsageError where fastembed is not installed or knows no model of that name.
    """

    paid = True  # in time, not in money

    def __init__(self, name: str, cache: Path = CACHE) -> None:
        self._place = _Place(name, "embedding", cache)
        self.name = f"local:{self._place.identity}"
        self._before = prefixes_of(self._place.folder) if self._place.folder else prefixes(self._place.name)
        self.caution = self._place.caution  # what speaks against it, or None
        self._model: Any = None
        self._lock = Lock()
        self._dimensions = self._place.dimensions

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        if self._dimensions is None:
            self._dimensions = self.embed(["news"]).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions).

        Texts are cut at the model's own length.
        """
        import numpy as np

        with self._lock:
            self._model = self._model or self._place.load()
        work = self._model.query_embed if question else self._model.passage_embed
        shown = [self._before[0 if question else 1] + text for text in texts]
        rows = _run(lambda: list(work(shown, batch_size=BATCH)), self.name)
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, self.dimensions), np.float32)


class LocalReranker:
    """A cross-encoder in this process: it reads question and passage together."""

    def __init__(self, name: str, cache: Path = CACHE) -> None:
        self._place = _Place(name, "reranking", cache)
        self.name = f"local:{self._place.identity}"
        self._model: Any = None
        self._lock = Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each text answers, 0 to 1.

        The logistic function of the model's output.
        """
        from math import exp

        with self._lock:
            self._model = self._model or self._place.load()
        logits = _run(lambda: list(self._model.rerank(question, list(texts), batch_size=BATCH)), self.name)
        return [1 / (1 + exp(-max(-60.0, min(60.0, float(logit))))) for logit in logits]


class _Place:
    """The source of a model: a folder, or fastembed's list."""

    def __init__(self, name: str, kind: str, cache: Path) -> None:
        self.name, self.kind, self._cache = name, kind, cache
        self.folder = Path(name).expanduser() if Path(name).expanduser().is_dir() else None
        self.dimensions: int | None = None
        self.known = None if self.folder else known_model(name, MODELS[kind])
        if self.folder:
            self.file = next((name for name in FILES if (self.folder / name).is_file()), None)
            if self.file is None or not (self.folder / "tokenizer.json").is_file():
                raise UsageError("embeddings.folder_without_model", folder=self.folder)
            self.identity = f"{self.folder.name}-{(self.folder / self.file).stat().st_size}"
        else:
            self.name = self.identity = self.known.name if self.known else name
            if is_late_interaction(name):
                raise UsageError("embeddings.late_interaction", name=name, suggestions=_suggestions("embedding"))
            listed = {model["model"].lower(): model for model in _class(kind).list_supported_models()}
            if self.known is None and name.lower() not in listed:
                raise UsageError("embeddings.unknown_local", kind=kind, name=name, suggestions=_suggestions(kind))
            self.dimensions = self.known.dimensions if self.known else listed[name.lower()].get("dim")

    @property
    def caution(self) -> Reason | None:
        """Return that the model finds less in Arabic than words do.

        Where that is published.
        """
        if self.known is None or not self.known.below_words:
            return None
        scores = {"score": self.known.arabic, "words": WORDS}
        return Reason.of("embeddings.below_words", name=self.name, suggestions=_suggestions("embedding"), **scores)

    def load(self) -> Any:
        """Load the model. Raises ProviderError where it cannot be fetched or read."""
        name = self._registered()
        source = {"specific_model_path": str(self.folder)} if self.folder else {"cache_dir": str(self._cache)}
        return _run(lambda: _class(self.kind)(model_name=name, threads=1, **source), self.identity)

    def _registered(self) -> str:
        """Return fastembed's name of the model, which is registered if need be."""
        from fastembed.common.model_description import ModelSource, PoolingType

        kind, name = _class(self.kind), self.name if self.folder is None else f"folder/{self.folder.resolve()}"
        if name.lower() in {model["model"].lower() for model in kind.list_supported_models()}:
            return name
        options: dict[str, Any] = {
            "sources": ModelSource(hf=name),
            "model_file": self.file if self.folder else FILES[1],
            "additional_files": list(self.known.files) if self.known else None,
        }
        if self.kind == "embedding":
            dimensions = _numbers(self.folder) if self.folder else self.dimensions
            pooling = _pooling(self.folder) if self.folder else self.known and self.known.pooling
            options |= {"dim": dimensions, "pooling": PoolingType[pooling or "MEAN"], "normalization": True}
        kind.add_custom_model(model=name, **options)
        return name


def _suggestions(kind: str) -> list[str]:
    return [model.name.rpartition("/")[2] for model in MODELS[kind] if not model.below_words]


def _class(kind: str) -> Any:
    try:
        if kind == "embedding":
            from fastembed import TextEmbedding

            return TextEmbedding
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        return TextCrossEncoder
    except ImportError:
        raise UsageError("embeddings.no_fastembed") from None


def _numbers(folder: Path) -> int:
    config = _json(folder / "config.json")
    return int(config.get("hidden_size") or config.get("dim") or 0)


def _pooling(folder: Path) -> str:
    """Return the pooling that sentence-transformers' file names; the mean without one."""
    return "CLS" if _json(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token") else "MEAN"


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _run(work: Callable[[], T], name: str) -> T:
    """Return what `work` returns.

    Translate any error into one that names the next step.
    """
    try:
        return work()
    except IsnadError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ProviderError("embeddings.local_unusable", name=name, error=reason) from error
