"""The search by meaning follows the ledger, pays for no text twice, and survives its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from index.chunking import embedding_text
from index.embeddings import embedding_cache
from index.errors import NoStore, ProviderDown, ProviderError, StoreError
from index.store.ledger import Ledger
from index.vectors import chroma_index
from index.vectors import vector_index as module
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, astray, entry, filled, nothing, report

pytestmark = pytest.mark.process


@pytest.fixture(params=["exact", "chroma"], autouse=True)
def search(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test is run with exact search, and with Chroma's index as in a large store."""
    if request.param == "chroma":
        monkeypatch.setattr(module, "EXACT", 0)
    return str(request.param)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Vectors]]:
    """Thirty reports; only read them."""
    ledger, vectors = filled(tmp_path_factory.mktemp("shelf"), range(30), Words())
    yield ledger, vectors
    vectors.close()


@pytest.fixture
def opened() -> Iterator[list[Vectors]]:
    """Whatever a test puts in is closed after it."""
    made: list[Vectors] = []
    yield made
    for one in made:
        one.close()


def test_every_passage_is_found_by_its_own_vector(shelf: tuple[Ledger, Vectors]) -> None:
    assert astray(*shelf) == []


def test_scores_are_similarities_from_one_down(shelf: tuple[Ledger, Vectors]) -> None:
    ledger, vectors = shelf
    article = ledger.article("r4")
    match = vectors.search(embedding_text(article, ledger.passages_of(article)[0]), 60)
    scores = [score for _, score in match]
    assert scores[0] == pytest.approx(1, abs=1e-5) and scores == sorted(scores, reverse=True) and min(scores) >= 0
    assert len({one for one, _ in match}) == len(match) == 60


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_filter_is_exact_however_rare_what_it_allows(shelf: tuple[Ledger, Vectors], limit: int) -> None:
    _, vectors = shelf
    match = vectors.search("وصل الوفد رقم 4 إلى المدينة", limit, {"r17"})
    assert [one.partition(":")[0] for one, _ in match] == ["r17"] * min(limit, 2)


def test_a_run_with_nothing_to_do_does_not_open_chroma(
    shelf: tuple[Ledger, Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, _ = shelf

    def never(*_: object, **__: object) -> None:
        raise AssertionError("Chroma was opened")

    monkeypatch.setattr(chroma_index, "ChromaCollection", never)
    Vectors(ledger, Words()).refresh(nothing)


CLIENT = """
import json, sys, chromadb
collection = chromadb.PersistentClient(sys.argv[1]).get_collection("isnad", embedding_function=None)
vector = json.loads(sys.argv[2])
shown = ["documents", "distances"]
near = collection.query(query_embeddings=[vector], n_results=3, where={"language": "en"}, include=shown)
both = ["documents", "metadatas"]
arabic = collection.query(query_embeddings=[vector], n_results=3, where={"language": "ar"}, include=both)
day = collection.get(where={"published_on": {"$gte": 20260101}}, include=["documents", "metadatas"])
print(json.dumps([collection.count(), collection.configuration["hnsw"]["space"], near, arabic, day]))
"""


def test_chromas_own_client_gets_documents_metadata_and_filters(tmp_path: Path, opened: list[Vectors]) -> None:
    ledger = Ledger.create(tmp_path)
    opened.append(vectors := Vectors(ledger, model := Words()))
    english, (passage,) = entry("en", "The delegation arrived", title="A visit")
    english = replace(
        english, language="en", published=date(2026, 3, 1), publisher="Wire", url="https://example.org/visit"
    )
    arabic, passages = entry("ar", "وصل الوفد", title="زيارة")
    with ledger.writing():
        ledger.replace([(english, (passage,)), (replace(arabic, language="ar"), passages)])
        vectors.refresh(nothing)
    vector = model.embed([embedding_text(english, passage)])[0].tolist()
    run = subprocess.run(
        [sys.executable, "-c", CLIENT, tmp_path / "chroma", json.dumps(vector)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, space, near, in_arabic, day = json.loads(run.stdout)
    assert (count, space) == (2, "cosine")
    assert near["ids"] == [[passage.id]] and near["documents"] == [["The delegation arrived"]]
    assert in_arabic["documents"] == [["وصل الوفد"]] and in_arabic["metadatas"][0][0]["title"] == "زيارة"
    assert near["distances"][0][0] == pytest.approx(0, abs=1e-4)
    assert day["ids"] == [passage.id] and day["documents"] == [english.text[passage.start : passage.end]]
    assert day["metadatas"] == [
        {
            "article": "en",
            "title": "A visit",
            "published": "2026-03-01",
            "published_on": 20260301,
            "publisher": "Wire",
            "language": "en",
            "url": "https://example.org/visit",
            "start": 0,
            "end": 22,
        }
    ]


def test_a_reader_asks_before_anything_is_indexed(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="isnad index"):
        Vectors(Ledger.create(tmp_path), Words()).search("سؤال", 3)


def test_changes_and_deletions_are_taken_over(tmp_path: Path, opened: list[Vectors]) -> None:
    ledger, vectors = filled(tmp_path, range(12), Words())
    opened.append(vectors)
    with ledger.writing():
        ledger.replace([report(3, version=1), entry("جديد", "خبر عاجل من الميناء", title="الميناء")])
        ledger.delete(["r5"])
        vectors.refresh(nothing)
    assert astray(ledger, vectors) == []
    everything = [one for one, _ in vectors.search("الوفد", 100)]
    assert len(everything) == len(set(everything)) == 23 and not [one for one in everything if one.startswith("r5:")]
    assert ledger.pending("vectors") == []


def test_the_reader_of_another_process_sees_what_was_added(tmp_path: Path, opened: list[Vectors]) -> None:
    """CON-02: Chroma itself would go on answering from what it read first."""
    ledger, writer = filled(tmp_path, range(8), Words())
    reader = Vectors(Ledger.open(tmp_path), Words())
    opened += [writer, reader]
    assert astray(ledger, reader, ["r1"]) == []
    with ledger.writing():
        ledger.replace([report(50), report(51)])
        ledger.delete(["r2"])
        writer.refresh(nothing)
    assert astray(ledger, reader, ["r50", "r51"]) == []
    assert not [one for one, _ in reader.search("الوفد", 100) if one.startswith("r2:")]


def test_what_was_paid_for_is_not_paid_for_again(tmp_path: Path, opened: list[Vectors]) -> None:
    model = Words()
    ledger, vectors = filled(tmp_path, range(6), model)
    opened.append(vectors)
    assert len(model.asked) == 12
    with ledger.writing():
        vectors.rebuild(nothing)
        ledger.replace([report(0)])  # the same words again
        vectors.refresh(nothing)
    assert len(model.asked) == 12 and ledger.counts()["vectors"] == 12
    assert astray(ledger, vectors) == []


class Failing(Words):
    """A model whose server goes down after some texts."""

    left = 0

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        if len(texts) > self.left:
            raise ProviderDown("the server went away")
        self.left -= len(texts)
        return super().embed(texts)


def test_after_a_failure_the_next_run_goes_on_where_the_money_ended(
    tmp_path: Path, opened: list[Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding_cache, "BATCH", 5)
    model = Failing()
    model.left = 12
    ledger = Ledger.create(tmp_path)
    vectors = Vectors(ledger, model)
    opened.append(vectors)
    with ledger.writing():
        ledger.replace(map(report, range(10)))
        with pytest.raises(ProviderDown):
            vectors.refresh(nothing)
        assert ledger.counts()["vectors"] == 10  # two calls of five
        model.left = 10
        vectors.refresh(nothing)
    assert sorted(model.asked) == sorted(set(model.asked)) and len(model.asked) == 20
    model.left = 1_000
    assert astray(ledger, vectors) == []


def test_a_vector_that_is_not_made_of_numbers_is_refused(tmp_path: Path, opened: list[Vectors]) -> None:
    class Nonsense(Words):
        def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
            return np.full((len(texts), 32), np.nan, np.float32)

    ledger = Ledger.create(tmp_path)
    opened.append(vectors := Vectors(ledger, Nonsense()))
    with ledger.writing(), pytest.raises(ProviderError, match="numbers"):
        ledger.replace([report(1)])
        vectors.refresh(nothing)
    assert ledger.coverage("words") == (0, 2)


def test_another_model_is_refused_with_the_way_out(tmp_path: Path, opened: list[Vectors]) -> None:
    ledger, vectors = filled(tmp_path, range(5), Words())
    opened.append(vectors)
    other = Words("other", dimensions=16)
    opened += [plain, asked := Vectors(ledger, other, reembed=True)] if (plain := Vectors(ledger, other)) else []
    for call in (lambda: plain.search("الوفد", 3), lambda: plain.refresh(nothing)):
        with pytest.raises(StoreError, match=r"made by words, not by other.*isnad index --reembed"):
            call()
    assert astray(ledger, vectors, ["r1"]) == []  # nothing was written
    with ledger.writing():
        asked.refresh(nothing)
    assert astray(ledger, plain) == []
    with pytest.raises(StoreError, match=r"made by other, not by words"):
        vectors.search("الوفد", 3)


def test_the_process_that_holds_chroma_is_given_no_key(
    shelf: tuple[Ledger, Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EXACT", 0)
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
    monkeypatch.setenv("CHROMA_SERVER_HOST", "elsewhere")  # chromadb would refuse to start
    vectors = Vectors(shelf[0], Words())
    assert astray(shelf[0], vectors, ["r3"]) == []
    assert vectors._chroma._open
    environment = Path(f"/proc/{vectors._chroma._open._child.pid}/environ")
    if environment.exists():
        assert b"PATH=" in (names := environment.read_bytes()) and b"KEY" not in names and b"CHROMA" not in names
    vectors.close()


def test_a_question_survives_the_death_of_the_process_that_holds_chroma(
    shelf: tuple[Ledger, Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EXACT", 0)
    ledger, vectors = shelf
    vectors.search("الوفد", 3)
    assert vectors._chroma._open
    os.kill(vectors._chroma._open._child.pid, signal.SIGKILL)
    assert astray(ledger, vectors, ["r7"]) == []


def test_a_half_filled_store_is_not_searched_by_meaning(tmp_path: Path, opened: list[Vectors]) -> None:
    ledger, vectors = filled(tmp_path, range(9), Words())
    opened.append(vectors)
    ledger.replace([report(9)])  # 18 of 20 passages have a vector
    with pytest.raises(NoStore, match="18 of 20 passages are embedded"):
        vectors.search("الوفد", 3)
    vectors.fill(nothing)
    assert len(vectors.search("الوفد", 30)) >= 18


def test_the_first_passages_of_the_newest_articles_are_embedded_first(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    days = {"r1": date(2026, 1, 1), "r2": date(2026, 3, 1), "r3": None}
    entries = [report(number) for number in (1, 2, 3)]
    ledger.replace([(replace(article, published=days[article.id]), passages) for article, passages in entries])
    order = [key.partition(":")[::2] for key in ledger.missing_vectors("words")]
    assert [article for article, _ in order] == ["r2", "r1", "r3"] * 2
    assert [span.startswith("0-") for _, span in order] == [True] * 3 + [False] * 3


def test_a_text_without_words_is_indexed_like_any_other(tmp_path: Path, opened: list[Vectors]) -> None:
    ledger = Ledger.create(tmp_path)
    opened.append(vectors := Vectors(ledger, Words()))
    with ledger.writing():
        ledger.replace([entry("فارغ", " "), report(1)])
        vectors.refresh(nothing)
        vectors.close()
        ledger.replace([report(2)])
        vectors.refresh(nothing)  # opens it anew: a zero vector is no damage
    assert astray(ledger, vectors, ["r1", "r2"]) == []


def test_the_headline_is_embedded_with_the_passage_and_what_nobody_sees_is_not() -> None:
    article, (passage,) = entry("a", "وصل\u200f الوفد", title="الوفد في دمشق")
    assert embedding_text(article, passage) == "الوفد في دمشق\nوصل الوفد"


def test_many_allowed_articles_are_sifted_and_few_compared_with_one_result(
    shelf: tuple[Ledger, Vectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, vectors = shelf
    allowed = {f"r{one}" for one in range(0, 30, 3)}
    compared = vectors.search("غادر الوفد 12 بعد لقاء", 7, allowed)
    monkeypatch.setattr(module, "EXACT", 0)
    sifted = vectors.search("غادر الوفد 12 بعد لقاء", 7, allowed)
    assert [one for one, _ in compared] == [one for one, _ in sifted] and len(compared) == 7
    assert [score for _, score in compared] == pytest.approx([score for _, score in sifted], abs=1e-4)
    assert vectors.search("الوفد", 5, {"no-such-article"}) == []
