"""A store that version 0.1 made is opened, searched and synchronised by this version."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.chunking import embedding_text
from index.store import schema
from index.store.ledger import Ledger
from index.store.vector_cache import text_digest
from tests.shop import isnad, isnad_json

pytestmark = pytest.mark.process

FIXTURE = Path(__file__).parent / "data" / "store-0.1.tar.gz"
ARTICLES = Path(__file__).parents[1] / "articles"
QUESTION = "كم ساعة استمرت محادثات بوتين والأسد؟"


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "oldstore"


def test_a_question_to_an_old_store_is_answered_with_verbatim_quotes(old_store: Path) -> None:
    answer = isnad_json("ask", QUESTION, "--store", old_store, "--no-model")
    citation = answer["sentences"][0]["citations"][0]
    assert citation["file_id"] == "002_924c621b7ea87b2a"
    text = isnad_json("show", citation["file_id"], "--store", old_store)["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_an_old_store_is_brought_up_to_date_by_the_next_run(old_store: Path) -> None:
    report = isnad_json("index", ARTICLES, "--store", old_store)
    assert len(report["deleted"]) == 0 and len(report["skipped"]) == 0
    articles = isnad_json("articles", "--store", old_store)["articles"]
    assert {article["file_id"] for article in articles} == {path.stem for path in ARTICLES.glob("*.txt")}
    assert isnad("doctor", "--store", old_store).returncode == 0


def format_of(store: Path) -> int:
    with closing(sqlite3.connect(store / "ledger.db")) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def texts_and_digests(ledger: Ledger) -> Iterator[tuple[bytes, bytes]]:
    """What is embedded for each passage, as a digest of it, and the digest that is kept."""
    with closing(sqlite3.connect(ledger.store / "ledger.db")) as db:
        kept = dict(db.execute("SELECT id, text_sha256 FROM passages"))
    for article in ledger.every_article():
        for passage in ledger.passages_of(article):
            yield text_digest(embedding_text(article, passage)), kept[passage.id]


def test_a_ledger_of_format_1_is_brought_to_format_2_without_losing_anything(old_store: Path) -> None:
    assert format_of(old_store) == 1
    with closing(sqlite3.connect(old_store / "ledger.db")) as db:
        before = [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("articles", "passages")]
    with closing(Ledger.open(old_store)) as ledger:
        assert format_of(old_store) == 2
        pairs = list(texts_and_digests(ledger))
        assert len(pairs) == len(before[1]) > 0 and all(digest == kept for digest, kept in pairs)
    with closing(sqlite3.connect(old_store / "ledger.db")) as db:
        assert db.execute("SELECT * FROM articles ORDER BY 1").fetchall() == before[0]
        passages = db.execute('SELECT id, article_id, "start", "end" FROM passages ORDER BY 1').fetchall()
        assert passages == before[1]
    Ledger.open(old_store).close()  # a second time there is nothing to do
    assert format_of(old_store) == 2


def test_a_migration_that_is_interrupted_leaves_format_1_and_is_done_the_next_time(old_store: Path) -> None:
    def interrupted(db: sqlite3.Connection) -> None:
        db.execute("UPDATE passages SET text_sha256 = x'00'")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        schema.connect(old_store / "ledger.db", interrupted)
    assert format_of(old_store) == 1
    with closing(Ledger.open(old_store)) as ledger:
        assert all(digest == kept for digest, kept in texts_and_digests(ledger))


def test_an_old_store_that_may_only_be_read_is_asked_by_words(old_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with closing(Ledger.open(old_store)) as ledger:
        assert format_of(old_store) == 1
        done, passages = ledger.coverage("e5-small-1:arabic+cyrillic+latin")
        assert done == 0 < passages and ledger.passage_vectors("e5-small-1:arabic+cyrillic+latin") == []
