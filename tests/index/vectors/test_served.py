"""Embeddings and reranking over a server: every text paid for once, refusals named, words before texts where a model
wants them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from index.embeddings.embedding_cache import CostEstimate, estimate_cost
from index.embeddings.openai_embeddings import BATCH, Served
from index.embeddings.prefixes import prefixes, prefixes_of
from index.embeddings.protocol import Incomplete
from index.errors import ProviderDown, ProviderError, ProviderRefused, StoreError
from index.model_api import Provider, Wait
from index.models import Hit
from index.search.rerank import ServedReranker, rerank
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests import scripted
from tests.index.rows import entry, nothing, report
from tests.scripted import Scripted

pytestmark = pytest.mark.process


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


def model(server: Scripted, name: str = "scripted", dimensions: int | None = None) -> Served:
    wait = Wait(first_token=2, stall=2, total=4, pause=0.01)
    return Served(Provider(key="k", base_url=server.url, wait=wait), name, dimensions)


def inputs(server: Scripted) -> list[str]:
    return [text for body in server.requests for text in body.get("input", ())]


def test_rows_come_in_the_order_of_the_texts_whatever_the_order_of_the_batches(server: Scripted) -> None:
    texts = ["ن" * length for length in range(3 * BATCH + 5)]
    rows = model(server).embed(texts)
    assert [row[0] for row in rows] == [1.0 + len(text) for text in texts]
    assert sorted(len(body["input"]) for body in server.requests) == [5, BATCH, BATCH, BATCH]


def test_a_model_is_asked_for_its_dimensions_only_where_they_are_not_set(server: Scripted) -> None:
    assert model(server, dimensions=7).dimensions == 7 and not server.requests
    assert (asked := model(server)).dimensions == asked.dimensions == 4 and len(server.requests) == 1


def test_vectors_of_other_dimensions_have_another_name(server: Scripted) -> None:
    assert (model(server).name, model(server, dimensions=7).name) == ("scripted", "scripted@7")
    assert model(server, dimensions=7).embed(["نص"]).shape == (1, 7)


@pytest.mark.parametrize(
    ("name", "question", "passage"),
    [
        ("text-embedding-3-small", "", ""),
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("multilingual-e5-large-instruct", "Instruct: Given a web search query", ""),
        ("BAAI/bge-m3", "", ""),
        ("BAAI/bge-base-en-v1.5", "Represent this sentence", ""),
        ("nomic-embed-text:latest", "search_query: ", "search_document: "),
        ("snowflake-arctic-embed2", "query: ", ""),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("google/embeddinggemma-300m", "task: search result | query: ", "title: none | text: "),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: Given a web search query", ""),
    ],
)
def test_a_model_gets_the_words_that_its_family_wants(server: Scripted, name: str, question: str, passage: str) -> None:
    made = model(server, name)
    made.embed(["نص"], question=True)
    made.embed(["نص"])
    asked, shown = inputs(server)
    assert asked.startswith(question) and asked.endswith("نص") and (question or asked == "نص")
    assert shown == passage + "نص"


def test_the_prompts_of_a_folder_count_before_those_of_its_family(tmp_path: Path) -> None:
    assert prefixes_of(tmp_path / "multilingual-e5-small") == prefixes("multilingual-e5-small")
    (tmp_path / "config_sentence_transformers.json").write_text('{"prompts": {"query": "س: ", "document": "ن: "}}')
    assert prefixes_of(tmp_path) == ("س: ", "ن: ")


def test_what_came_before_a_failure_is_handed_over(server: Scripted) -> None:
    server.faults = [None, "500"]
    with pytest.raises(Incomplete) as caught:
        model(server).embed([str(number) for number in range(3 * BATCH)])
    assert len(caught.value.vectors) == BATCH and not caught.value.refused
    assert isinstance(caught.value.__cause__, ProviderDown)


def test_where_nothing_came_the_failure_itself_is_raised(server: Scripted) -> None:
    server.faults = ["401"]
    with pytest.raises(ProviderRefused, match="OPENAI_API_KEY"):
        model(server).embed(["نص"])


def test_an_index_run_pays_for_every_text_once_through_failures(server: Scripted, tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    vectors = Vectors(ledger, model(server))
    ledger.replace(map(report, range(400)))  # 800 texts, 13 batches
    server.faults = [None] * 6 + ["500"]
    with ledger.writing(), pytest.raises(ProviderError):
        vectors.refresh(nothing)
    kept = ledger.counts()["vectors"]
    assert 0 < kept < 800
    before = len(inputs(server))
    server.faults = [None]
    with ledger.writing():
        vectors.refresh(nothing)
        vectors.rebuild(nothing)
    assert len(inputs(server)) - before == 800 - kept and ledger.counts()["vectors"] == 800
    assert vectors.examine().well
    vectors.close()


def test_API_06_a_refused_text_keeps_only_itself_out(server: Scripted, tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    vectors = Vectors(ledger, model(server))
    ledger.replace([*map(report, range(5)), entry("سيئ", "هذا نص !!refuse", "وهذا لا بأس به")])
    for _ in range(2):
        with (
            ledger.writing(),
            pytest.raises(ProviderRefused, match=r"takes no passage of سيئ.*found by their words only"),
        ):
            vectors.refresh(nothing)
        missing = ledger.missing_vectors(vectors.embedder.name)  # tried again by every run
        assert len(missing) == 1 and missing[0].startswith("سيئ:") and vectors.examine().rows == 11
    with ledger.writing():
        ledger.delete(["سيئ"])
        vectors.refresh(nothing)
    assert ledger.pending("vectors") == ledger.missing_vectors(vectors.embedder.name) == []
    vectors.close()


def test_a_model_that_changes_its_length_is_named_and_embedded_anew_on_request(
    server: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.create(tmp_path)
    first = Vectors(ledger, model(server))
    ledger.replace([report(1)])
    with ledger.writing():
        first.refresh(nothing)
    first.close()
    monkeypatch.setattr(scripted, "LENGTH", 6)
    ledger.replace([report(2)])
    again = Vectors(ledger, model(server))
    with ledger.writing(), pytest.raises(StoreError, match="isnad index --reembed"):
        again.refresh(nothing)
    with pytest.raises(StoreError, match=r"4 numbers each, where it now gives 6.*isnad index --reembed"):
        again.search("الوفد", 3)
    anew = Vectors(ledger, model(server), reembed=True)
    with ledger.writing():
        anew.refresh(nothing)
    assert msgspec.json.decode(ledger.state("chroma") or "")["dimensions"] == 6 and anew.examine().rows == 4
    anew.close()


def test_the_bill_counts_what_is_not_paid_yet(server: Scripted, tmp_path: Path) -> None:
    from index.token_count import count

    ledger, made = Ledger.create(tmp_path), model(server)
    new = entry("ا", "نص أول هنا", "نص ثان هنا", "نص أول هنا")
    assert estimate_cost([new], made, ledger) == CostEstimate(texts=2, tokens=count("نص أول هنا") + count("نص ثان هنا"))
    ledger.keep_vectors(made.name, {"نص أول هنا": b"\0" * 16})
    assert estimate_cost([new], made, ledger) == CostEstimate(texts=1, tokens=count("نص ثان هنا"))
    assert not server.requests


def hit(one: str, text: str, score: float) -> Hit:
    article, (passage,) = entry(one, text)
    return Hit(passage=passage, article=article, score=score, ranks={"lexical": 1})


@pytest.mark.parametrize("fault", [None, "logits", "bare"])
def test_a_served_reranker_puts_the_best_answer_first(server: Scripted, fault: str | None) -> None:
    server.faults = [fault]
    reranker = ServedReranker(Provider(key="k", base_url=server.url), "ranker")
    hits = [hit("ا", "غادر الوزير", 0.9), hit("ب", "وصل الوفد السوري", 0.5), hit("ج", "وصل القطار", 0.4)]
    found = rerank("وصل الوفد", hits, reranker)
    assert [match.article.id for match in found] == ["ب", "ج", "ا"]
    assert all(0 <= match.score <= 1 for match in found) and [match.ranks["reranker"] for match in found] == [1, 2, 3]
    assert server.requests[0]["model"] == "ranker" and rerank("وصل", [], reranker) == ()


@pytest.mark.parametrize("fault", ["fewer", "page", "malformed", "a-list"])
def test_a_rerank_endpoint_that_answers_nonsense_is_named(server: Scripted, fault: str) -> None:
    server.faults = [fault]
    reranker = ServedReranker(Provider(key="k", base_url=server.url), "ranker")
    with pytest.raises(ProviderError, match="answered nonsense"):
        rerank("وصل", [hit("ا", "وصل", 1.0), hit("ب", "غادر", 0.5)], reranker)
