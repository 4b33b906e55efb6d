"""Embedding models and rerankers that `local:` knows by name.

With what their authors and MTEB publish.

`arabic` is nDCG@10 on MIRACL's Arabic development set with hard negatives, `across` the same on MLQA with English
questions over Arabic passages, both from the results repository of MTEB (August 2026). Words alone (BM25) reach .388
and .042 there. What a model is given before its texts is in `index.embeddings.prefixes`.
"""

from __future__ import annotations

from typing import Literal

from index.models import Value

WORDS = 0.388  # of BM25 on the same set: a model below it is better left off


class KnownModel(Value, frozen=True, kw_only=True):
    """A model that fastembed runs in this process."""

    name: str  # at huggingface.co
    licence: str
    gigabytes: float  # of its ONNX files
    dimensions: int | None = None  # None: of a reranker
    pooling: Literal["MEAN", "CLS"] | None = None  # None: fastembed lists the model itself
    files: tuple[str, ...] = ()  # beside onnx/model.onnx
    arabic: float | None = None
    across: float | None = None

    @property
    def below_words(self) -> bool:
        """Whether it finds less in Arabic than words alone."""
        return self.arabic is not None and self.arabic < WORDS


def _model(
    name: str, licence: str, gigabytes: float, dimensions: int, *scores: float | None, **more: object
) -> KnownModel:
    arabic, across = scores
    fields = {"name": name, "licence": licence, "gigabytes": gigabytes, "dimensions": dimensions}
    return KnownModel(**fields, arabic=arabic, across=across, **more)  # type: ignore[arg-type]


_DATA = ("onnx/model.onnx_data",)  # of models beyond the 2 GB that an ONNX file may have
EMBEDDERS = (
    _model("intfloat/multilingual-e5-small", "MIT", 0.47, 384, 0.724, 0.425, pooling="MEAN"),
    _model("intfloat/multilingual-e5-base", "MIT", 1.11, 768, 0.729, 0.499, pooling="MEAN"),
    _model("intfloat/multilingual-e5-large", "MIT", 2.24, 1024, None, None),
    _model("hotchpotch/bekko-embedding-v1-a25m", "MIT", 0.49, 384, 0.695, 0.553, pooling="MEAN"),
    _model("google/embeddinggemma-300m", "Gemma terms", 1.24, 768, 0.728, 0.647),
    _model("Snowflake/snowflake-arctic-embed-m-v2.0", "Apache-2.0", 1.22, 768, 0.718, 0.330, pooling="CLS"),
    _model(
        "Snowflake/snowflake-arctic-embed-l-v2.0", "Apache-2.0", 2.27, 1024, 0.767, 0.528, pooling="CLS", files=_DATA
    ),
    _model("BAAI/bge-m3", "MIT", 2.27, 1024, 0.789, 0.595, pooling="CLS", files=_DATA),
    _model("Qwen/Qwen3-Embedding-0.6B", "Apache-2.0", 2.38, 1024, 0.705, 0.541),
    _model("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "Apache-2.0", 0.22, 384, 0.219, 0.342),
    _model("minishlab/potion-multilingual-128M", "MIT", 0.51, 256, 0.166, 0.189),
)
RERANKERS = (
    KnownModel(name="BAAI/bge-reranker-v2-m3-int8", licence="Apache-2.0", gigabytes=0.57),
    KnownModel(name="BAAI/bge-reranker-v2-m3", licence="Apache-2.0", gigabytes=2.27),
    KnownModel(name="jinaai/jina-reranker-v2-base-multilingual", licence="CC BY-NC 4.0", gigabytes=1.11),
)
LATE = ("lightonai/mLateOn", "lightonai/LateOn", "jinaai/jina-colbert-v2", "colbert-ir/colbertv2.0")
ALIASES = {
    "bekko-a25m": "hotchpotch/bekko-embedding-v1-a25m",
    "embeddinggemma": "google/embeddinggemma-300m",
    "arctic-embed": "Snowflake/snowflake-arctic-embed-l-v2.0",
    "arctic-embed-l": "Snowflake/snowflake-arctic-embed-l-v2.0",
    "arctic-embed-m": "Snowflake/snowflake-arctic-embed-m-v2.0",
    "paraphrase-multilingual-MiniLM": "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
}


def known_model(name: str, models: tuple[KnownModel, ...] = EMBEDDERS + RERANKERS) -> KnownModel | None:
    """Return the model of a name.

    In full, without its author, or a short one, in any case.

    >>> known_model("bge-m3").name, known_model("Arctic-Embed-M").dimensions, known_model("no-such-model")
    ('BAAI/bge-m3', 768, None)
    """
    wanted = {short.casefold(): full for short, full in ALIASES.items()}.get(name.casefold(), name).casefold()
    return next((model for model in models if wanted in _names(model.name)), None)


def is_late_interaction(name: str) -> bool:
    """Return whether a model gives a vector for each token.

    Which cannot be kept as a passage's vector.
    """
    return any(name.casefold() in _names(full) for full in LATE)


def _names(full: str) -> tuple[str, str]:
    return full.casefold(), full.casefold().rpartition("/")[2]
