"""Models in this process: the real loading code, on models of a few kilobytes made here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastembed", reason="fastembed is not installed (isnad[local])")

from index.embeddings.fastembed_models import LocalEmbedder, LocalReranker
from index.errors import ProviderError, UsageError
from index.models import Hit
from index.search.rerank import rerank
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests.index.rows import entry, nothing
from tests.index.tiny_onnx import cross_encoder, embedder

WORDS = {
    "وصل": (1.0, 0.0, 0.0),
    "غادر": (0.0, 1.0, 0.0),
    "الوفد": (1.0, 1.0, 0.0),
    "query:": (0.0, 0.0, 8.0),
    "passage:": (0.0, 0.0, -8.0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedder(tmp_path_factory.mktemp("models") / "tiny", WORDS)


def test_a_model_in_a_folder_gives_the_mean_of_its_words_at_length_one(folder: Path) -> None:
    model = LocalEmbedder(str(folder))
    rows = model.embed(["وصل", "غادر الوفد وصل", "غادر"])
    assert rows.dtype == np.float32 and rows.shape == (3, 3) and model.dimensions == 3
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(rows[[0, 2]], [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    np.testing.assert_allclose(rows[1], np.array([1, 1, 0]) / 2**0.5, atol=1e-6)


def test_the_order_of_texts_of_any_length_is_kept(folder: Path) -> None:
    texts = ["وصل " * (1 + number * 37 % 50) + ("غادر" if number % 2 else "وصل") for number in range(70)]
    model = LocalEmbedder(str(folder))
    together = model.embed(texts)
    np.testing.assert_allclose(together, [model.embed([text])[0] for text in texts], atol=1e-5)


def test_a_model_that_wants_words_before_its_texts_gets_them(tmp_path: Path) -> None:
    by_family = LocalEmbedder(str(embedder(tmp_path / "multilingual-e5-tiny", WORDS)))
    assert by_family.embed(["وصل"], question=True)[0][2] > 0.9 and by_family.embed(["وصل"])[0][2] < -0.9
    folder = embedder(tmp_path / "other", WORDS)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "query: "}}))
    by_itself = LocalEmbedder(str(folder))
    assert by_itself.embed(["وصل"], question=True)[0][2] > 0.9 and by_itself.embed(["وصل"])[0][2] == 0


def test_a_model_says_how_its_words_are_pooled(tmp_path: Path) -> None:
    folder = embedder(tmp_path / "pooled", WORDS)
    assert LocalEmbedder(str(folder)).embed(["وصل"])[0][0] == pytest.approx(1)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    moved = folder.rename(tmp_path / "pooled-by-its-first-token")
    assert not LocalEmbedder(str(moved)).embed(["وصل"])[0].any()  # the first token of this model says nothing


def test_a_store_is_filled_and_asked_by_a_local_model(folder: Path, tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    vectors = Vectors(ledger, LocalEmbedder(str(folder)))
    ledger.replace([entry("ا", "وصل الوفد"), entry("ب", "غادر"), entry("ج", "وصل وصل")])
    with ledger.writing():
        vectors.refresh(nothing)
    assert [one.partition(":")[0] for one, _ in vectors.search("وصل", 3)] == ["ج", "ا", "ب"]
    assert json.loads(ledger.state("chroma") or "")["model"] == f"local:tiny-{(folder / 'model.onnx').stat().st_size}"
    vectors.close()
    ledger.close()


def test_a_cross_encoder_in_a_folder_reranks(tmp_path: Path) -> None:
    folder = cross_encoder(tmp_path / "ranker", {"وصل": 2.0, "غادر": -3.0, "الوفد": 1.0})
    reranker = LocalReranker(str(folder))
    assert reranker.scores("وصل", ["غادر", "الوفد"]) == pytest.approx(
        [1 / (1 + np.exp(1)), 1 / (1 + np.exp(-3))], abs=1e-5
    )
    hits = []
    for one, text in (("ا", "غادر"), ("ب", "الوفد")):
        article, (passage,) = entry(one, text)
        hits.append(Hit(passage=passage, article=article, score=0.5))
    assert [hit.article.id for hit in rerank("وصل", hits, reranker)] == ["ب", "ا"]


@pytest.mark.parametrize("kind", [LocalEmbedder, LocalReranker])
def test_an_unknown_name_is_refused_with_names_that_are_known(kind: type, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="multilingual"):
        kind("no-such-model")
    with pytest.raises(UsageError, match=r"model\.onnx and tokenizer\.json are needed"):
        kind(str(tmp_path))


def test_a_model_that_cannot_be_fetched_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("intfloat/multilingual-e5-small", "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"):
        model = LocalEmbedder(name, cache=tmp_path)
        assert model.dimensions == 384
        with pytest.raises(ProviderError, match=r"fetched once from huggingface\.co.*local:/path/to/folder"):
            model.embed(["نص"])


def test_a_damaged_model_is_no_traceback(tmp_path: Path) -> None:
    folder = embedder(tmp_path / "damaged", WORDS)
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ProviderError, match="the local model damaged-11 cannot be used"):
        LocalEmbedder(str(folder)).embed(["نص"])


def test_naming_a_local_model_does_not_load_it(folder: Path) -> None:
    code = (
        "import sys; from index.embeddings.fastembed_models import LocalEmbedder; LocalEmbedder(sys.argv[1]);"
        "assert not {'onnxruntime', 'fastembed'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, folder], check=True)
