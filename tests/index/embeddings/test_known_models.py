"""Models that are known by name: found by a short name, rightly prefixed, and told of where words find more."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastembed", reason="fastembed is not installed (isnad[local])")

from index.embeddings.fastembed_models import LocalEmbedder, LocalReranker
from index.embeddings.known_models import EMBEDDERS, RERANKERS, known_model
from index.embeddings.prefixes import prefixes
from index.errors import UsageError
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors

E5, GEMMA, ARCTIC = ("query: ", "passage: "), ("task: search result | query: ", "title: none | text: "), ("query: ", "")


@pytest.mark.parametrize(
    ("short", "full", "dimensions", "before"),
    [
        ("multilingual-e5-base", "intfloat/multilingual-e5-base", 768, E5),
        ("bge-m3", "BAAI/bge-m3", 1024, ("", "")),
        ("embeddinggemma", "google/embeddinggemma-300m", 768, GEMMA),
        ("bekko-a25m", "hotchpotch/bekko-embedding-v1-a25m", 384, ("", "")),
        ("arctic-embed", "Snowflake/snowflake-arctic-embed-l-v2.0", 1024, ARCTIC),
        ("Arctic-Embed-M", "Snowflake/snowflake-arctic-embed-m-v2.0", 768, ARCTIC),
        ("Qwen3-Embedding-0.6B", "Qwen/Qwen3-Embedding-0.6B", 1024, None),
    ],
)
def test_a_short_name_is_enough(short: str, full: str, dimensions: int, before: tuple[str, str] | None) -> None:
    model = LocalEmbedder(short)
    assert (model.name, model.dimensions, model.caution) == (f"local:{full}", dimensions, None)
    assert before is None or model._before == before == prefixes(full)


@pytest.mark.parametrize("model", [*EMBEDDERS, *RERANKERS], ids=lambda model: model.name)
def test_a_known_model_can_be_registered_and_states_its_licence_and_size(model: object) -> None:
    assert model.licence and 0 < model.gigabytes < 5  # type: ignore[attr-defined]
    made = (LocalEmbedder if model in EMBEDDERS else LocalReranker)(model.name)  # type: ignore[attr-defined]
    assert made._place._registered() == model.name  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["paraphrase-multilingual-MiniLM", "potion-multilingual-128M"])
def test_a_model_that_finds_less_than_words_is_told_of(name: str, tmp_path: Path) -> None:
    model = LocalEmbedder(name)
    assert "finds less in Arabic than words alone do (0." in str(model.caution)
    assert "beside 0.388 on MIRACL" in str(model.caution) and "bge-m3" in str(model.caution)
    ledger = Ledger.create(tmp_path)
    assert Vectors(ledger, model).trouble() == str(model.caution)
    ledger.close()


def test_a_model_of_many_vectors_a_text_is_refused_with_what_to_take(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mLateOn gives a vector for each token.*multilingual-e5-small"):
        LocalEmbedder("mLateOn")


def test_a_reranker_has_a_short_name_too() -> None:
    assert LocalReranker("bge-reranker-v2-m3-int8").name == "local:BAAI/bge-reranker-v2-m3-int8"
    assert known_model("bge-reranker-v2-m3-int8", EMBEDDERS) is None
