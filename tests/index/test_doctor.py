"""The doctor names what is damaged, and builds anew what is derived."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.rendering.plain_text import examination_text
from index.doctor import examine, repair
from index.errors import NoStore, StoreBusy, StoreDamaged, StoreError
from index.ingest.sync import Lexicon, sync
from index.search.lexical import LexicalIndex, LexicalWriter
from index.search.retriever import Retriever
from index.store.ledger import Ledger
from index.vectors import vector_index
from index.vectors.chroma_index import Health
from index.vectors.chroma_process import GRAPH
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, astray, entry, nothing, report, write

pytestmark = pytest.mark.process


def meaning(ledger: Ledger) -> Vectors:
    return Vectors(ledger, Words())


class Well:
    """Vectors in good order, where a test is about another part: Chroma is not even opened."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def examine(self) -> Health:
        return Health(rows=self._ledger.counts()["passages"])

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty reports in both indexes, their vectors paid for."""
    place = tmp_path_factory.mktemp("healthy")
    write(place / "articles", {f"r{one}.txt": report(one)[0].text for one in range(60)})
    ledger = Ledger.create(place / "store")
    vectors = meaning(ledger)
    sync(place / "articles", ledger, [Lexicon(ledger), vectors])
    vectors.close()
    ledger.close()
    return place


@pytest.fixture
def store(healthy: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it, to be damaged."""
    shutil.copytree(healthy / "store", tmp_path / "store", copy_function=shutil.copy2, symlinks=True)
    yield tmp_path / "store"


def test_a_healthy_store_has_no_findings(healthy: Path) -> None:
    found = examine(healthy / "store", meaning)
    assert found.well and not found.done
    assert found.articles == 60 and found.vectors == found.passages >= 60


def spoil_text(store: Path) -> None:
    alter(store, "UPDATE articles SET text = replace(text, 'الوفد', 'الوزير') WHERE id = 'r3'")


def spoil_paid(store: Path) -> None:
    alter(store, "UPDATE vectors SET vector = zeroblob(128)")


def alter(store: Path, statement: str) -> None:
    db = sqlite3.connect(store / "ledger.db")
    db.execute(statement)
    db.commit()
    db.close()


def test_DUR_04_a_changed_text_is_named_and_read_again_from_its_file(store: Path, healthy: Path) -> None:
    spoil_text(store)
    found = examine(store, meaning)
    assert [(finding.part, finding.articles) for finding in found.findings if finding.articles] == [("ledger", ("r3",))]
    mended = repair(store, meaning, nothing)
    assert mended.well and "1 damaged articles were read again from their files: r3" in mended.done
    ledger = Ledger.open(store)
    assert ledger.article("r3").text == report(3)[0].text
    ledger.close()


def flip_byte(store: Path) -> None:
    """Make a byte of r3's Arabic text wrong: it is no UTF-8 any more."""
    alter(
        store,
        "UPDATE articles SET text = CAST(substr(CAST(text AS BLOB), 1, 6) || x'ff' || substr(CAST(text AS BLOB), 8) "
        "AS TEXT) WHERE id = 'r3'",
    )


def test_a_flipped_byte_in_an_arabic_text_damages_that_article_alone(store: Path) -> None:
    flip_byte(store)
    (finding,) = examine(store, Well).findings
    assert finding.articles == ("r3",)
    ledger = Ledger.open(store)
    with pytest.raises(StoreDamaged, match=r"the text of 'r3' .*isnad doctor --repair"):
        ledger.article("r3")
    assert ledger.article("r4").text == report(4)[0].text and len(list(ledger.every_article())) == 59
    retriever = Retriever(ledger, LexicalIndex.open(store / "lexical"))
    assert {hit.article.id for hit in retriever.search(report(3)[0].text, 50)} >= {"r4", "r5"}
    ledger.close()


def test_an_index_run_reads_a_damaged_article_again(store: Path, healthy: Path) -> None:
    flip_byte(store)
    ledger = Ledger.open(store)
    done = sync(healthy / "articles", ledger, [Lexicon(ledger)])
    assert done.changed == ("r3",) and done.unchanged == 59
    assert ledger.article("r3").text == report(3)[0].text
    ledger.close()


def test_a_repair_names_what_it_cannot_mend_and_does_not_advise_itself(store: Path, healthy: Path) -> None:
    flip_byte(store)
    hidden = (healthy / "articles").rename(healthy / "elsewhere")
    try:
        mended = repair(store, Well, nothing)
    finally:
        hidden.rename(healthy / "articles")
    (finding,) = mended.findings
    assert finding.articles == ("r3",) and "isnad index" in finding.what and "isnad remove" in finding.what
    assert "doctor" not in examination_text(mended)


def test_DUR_04_changed_vectors_are_named_and_forgotten(store: Path) -> None:
    spoil_paid(store)
    ledger = Ledger.open(store)
    paid = ledger.counts()["vectors"]
    assert [finding.what for finding in examine(store, meaning).findings] == [
        f"{paid} paid vectors are not what was written"
    ]
    done = repair(store, meaning, nothing)
    assert done.well and ledger.counts()["vectors"] == 0 and "embedded again" in done.done[0]


def lexical_file(store: Path) -> Path:
    return max((path for path in (store / "lexical").iterdir()), key=lambda path: path.stat().st_size)


def flip_lexical(store: Path) -> None:
    path = lexical_file(store)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)


def shorten_lexical(store: Path) -> None:
    os.truncate(lexical_file(store), 10)


def remove_lexical(store: Path) -> None:
    shutil.rmtree(store / "lexical")


def drop_from_lexical(store: Path) -> None:
    with LexicalWriter(store / "lexical") as writer:
        for one in range(20):
            writer.remove(f"r{one}")
        writer.commit()


def retell_in_lexical(store: Path) -> None:
    """As many passages as there were, of other words: nothing but asking for them can tell."""
    ledger = Ledger.open(store)
    with LexicalWriter(store / "lexical") as writer:
        for article in ledger.articles([f"r{one}" for one in range(20)]).values():
            told = [(passage.id, f"كلام آخر {passage.id}") for passage in ledger.passages_of(article)]
            writer.replace(article.id, None, told)
        writer.commit()
    ledger.close()


@pytest.mark.parametrize(
    "damage", [flip_lexical, shorten_lexical, remove_lexical, drop_from_lexical, retell_in_lexical]
)
def test_a_damaged_lexical_index_is_named_and_built_anew(store: Path, damage: Callable[[Path], None]) -> None:
    damage(store)
    assert {finding.part for finding in examine(store, Well).findings} == {"lexical"}
    mended = repair(store, Well, nothing)
    assert mended.well and "the lexical index follows the ledger again" in mended.done[0]


@pytest.fixture
def by_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search as in a large store, by Chroma's index."""
    monkeypatch.setattr(vector_index, "EXACT", 0)


def zero_pages(store: Path) -> None:
    """Every third page of Chroma's own database, but for the first ones that say what it is."""
    path = next(store.glob("chroma-*/chroma.sqlite3"))
    with path.open("r+b") as file:
        for page in range(40, path.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(bytes(4096))


def swap_vectors(store: Path) -> None:
    """Two vectors change places in the file: nothing but a comparison with the texts can tell."""
    path = next(store.glob("chroma-*/*/data_level0.bin"))
    body = bytearray(path.read_bytes())
    links, vector = 4 * (1 + 2 * GRAPH["max_neighbors"]), 4 * Words().dimensions
    row = links + vector + 8  # the label
    first, second = (slice(one * row + links, one * row + links + vector) for one in (2, 9))
    for place in (first, second):  # where hnswlib keeps it, at length one
        assert abs(np.linalg.norm(np.frombuffer(body[place], "<f4")) - 1) < 1e-5
    body[first], body[second] = body[second], body[first]
    path.write_bytes(body)


def remove_index(store: Path) -> None:
    shutil.rmtree(next(store.glob("chroma-*/*/")))


def delete_rows(store: Path) -> None:
    """A program of another maker deletes some."""
    code = (
        "import sys, chromadb; "
        "chromadb.PersistentClient(sys.argv[1]).get_collection('isnad').delete(where={'article': 'r4'})"
    )
    subprocess.run([sys.executable, "-c", code, store / "chroma"], check=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than the thousand passages that Chroma keeps in its database before it writes index files."""
    store = tmp_path_factory.mktemp("large")
    ledger = Ledger.create(store)
    vectors = meaning(ledger)
    with ledger.writing():
        ledger.replace(map(report, range(510)))
        for one in (Lexicon(ledger), vectors):
            one.refresh(nothing)
    vectors.close()
    ledger.close()
    return store


def test_passages_with_the_vector_of_another_text_are_counted(large: Path, tmp_path: Path) -> None:
    shutil.copytree(large, tmp_path / "store", copy_function=shutil.copy2, symlinks=True)
    swap_vectors(tmp_path / "store")
    (finding,) = examine(tmp_path / "store", meaning).findings
    assert finding.what == "2 passages have the vector of another text"


@pytest.mark.parametrize("damage", [zero_pages, swap_vectors, remove_index, delete_rows])
def test_a_damaged_collection_is_named_and_filled_anew_without_paying(
    large: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store = tmp_path / "store"
    shutil.copytree(large, store, copy_function=shutil.copy2, symlinks=True)
    damage(store)
    model = Words()
    mended = repair(store, lambda ledger: Vectors(ledger, model), nothing)
    (done,) = mended.done  # one part was found damaged
    assert mended.well and "a new Chroma collection was filled" in done and model.asked == []
    ledger = Ledger.open(store)
    vectors = Vectors(ledger, Words())
    assert astray(ledger, vectors, ["r1", "r4", "r9"]) == []
    vectors.close()


def test_what_a_killed_run_left_undone_is_late_and_caught_up(store: Path) -> None:
    ledger = Ledger.open(store)
    ledger.replace([report(70)])
    ledger.close()
    found = examine(store, meaning)
    assert {(finding.part, finding.late) for finding in found.findings} == {("lexical", True), ("vectors", True)}
    mended = repair(store, meaning, nothing)
    assert mended.well and len(mended.done) == 2 and mended.articles == 61


def test_a_repair_pays_for_no_other_model(store: Path) -> None:
    other = Words("other")
    (finding,) = examine(store, lambda ledger: Vectors(ledger, other)).findings
    assert finding.part == "vectors" and "made by words, not by other" in finding.what
    with pytest.raises(StoreError, match="isnad index --reembed"):
        repair(store, lambda ledger: Vectors(ledger, other), nothing)
    assert other.asked == [] and examine(store, meaning).well


@pytest.mark.parametrize("share", [0.5, 0.0])
def test_a_ledger_that_cannot_be_read_is_said_to_be_beyond_repair(store: Path, share: float) -> None:
    path = store / "ledger.db"
    if share:
        os.truncate(path, int(path.stat().st_size * share))
    else:
        path.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    for look in (lambda: examine(store, meaning), lambda: repair(store, meaning, nothing)):
        (finding,) = look().findings
        assert finding.part == "store" and "index the articles anew with: isnad index" in finding.what
    assert "doctor" not in finding.what  # the repair does not advise itself


def test_a_ledger_that_was_emptied_is_not_called_well_and_its_index_is_kept(store: Path) -> None:
    (store / "ledger.db").write_bytes(b"")
    for look in (lambda: examine(store, Well), lambda: repair(store, Well, nothing)):
        finding = next(finding for finding in look().findings if finding.part == "ledger")
        assert "it is empty" in finding.what
    assert finding.what.endswith("move the store away and index the articles anew with: isnad index")


def test_a_store_of_bulletins_that_say_nearly_the_same_is_healthy(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    vectors = meaning(ledger)
    text = "تتوقع دائرة الأرصاد أن تبلغ الحرارة {} درجة وأن تهب رياح خفيفة على الساحل في اليوم رقم {}."
    with ledger.writing():
        ledger.replace([entry(f"n{number}", text.format(10 + number % 25, number)) for number in range(1_200)])
        for derived in (Lexicon(ledger), vectors):
            derived.refresh(nothing)
    vectors.close()
    ledger.close()
    assert examine(tmp_path, meaning).findings == ()


def noise(path: Path, start: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(np.random.default_rng(1).bytes(size))


@pytest.mark.parametrize("start", [0.05, 0.3, 0.6])
def test_what_can_be_read_of_a_damaged_ledger_is_carried_into_a_new_one(
    store: Path, healthy: Path, start: float
) -> None:
    path = store / "ledger.db"
    noise(path, int(path.stat().st_size * start), 30_000)
    model = Words()
    mended = repair(store, lambda ledger: Vectors(ledger, model), nothing)
    assert mended.well and mended.articles == 60, mended.findings
    assert any("carried out of the damaged ledger" in done for done in mended.done) or start > 0.05
    ledger = Ledger.open(store)
    texts = {article.id: article.text for article in ledger.every_article()}
    assert texts == {f"r{number}": report(number)[0].text for number in range(60)}
    ledger.close()
    if (store / "ledger-damaged-1.db").exists():
        assert len(model.asked) < 120  # vectors that could be read are not paid for again


def test_the_doctor_waits_for_nobody(healthy: Path, tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        examine(tmp_path / "nowhere", meaning)
    with Ledger.open(healthy / "store").writing(), pytest.raises(StoreBusy, match="is being written by process"):
        examine(healthy / "store", meaning)
