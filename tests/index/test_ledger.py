"""The ledger keeps what it acknowledged, in whole articles."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from index.errors import NotFound, StoreBusy
from index.models import Article, Filters, Passage, Span
from index.store.ledger import Ledger


def article(one: str, text: str = "وصل الوفد. ثم غادر.", **known: object) -> tuple[Article, tuple[Passage, ...]]:
    made = Article(id=one, text=text, sha256=f"{hash(text):x}", root="/news", path=f"{one}.txt", **known)  # type: ignore[arg-type]
    return made, (Passage(id=f"{one}:0-{len(text)}", article_id=one, start=0, end=len(text), text=text),)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "store")


def test_an_article_comes_back_as_it_went_in(ledger: Ledger) -> None:
    entry = article("a/ب", "نص\r\nبسطرين\x00", title="عنوان", boilerplate=(Span(0, 2),), retrieved=date(2024, 5, 3))
    ledger.replace([entry])
    assert Ledger.open(ledger.store).article("a/ب") == entry[0]
    assert ledger.passages_of(entry[0]) == entry[1]


def test_a_new_version_replaces_the_old_one_whole(ledger: Ledger) -> None:
    ledger.replace([article("a", "القديم هنا.")])
    ledger.replace([article("a", "الجديد أطول من القديم.")])
    assert ledger.counts() == {"articles": 1, "passages": 1, "vectors": 0}
    assert ledger.passages(["a:0-11"]) == {}


def test_a_batch_is_all_or_nothing(ledger: Ledger) -> None:
    good, bad = article("a"), (article("b")[0], article("a")[1])  # the passage id is taken
    with pytest.raises(Exception, match="UNIQUE"):
        ledger.replace([good, bad])
    assert ledger.counts()["articles"] == 0 and ledger.pending("lexical") == []


def test_what_an_index_has_yet_to_take_over_is_listed_until_it_settles(ledger: Ledger) -> None:
    ledger.replace([article("a"), article("b")])
    ledger.settle("lexical", ["a"])
    assert ledger.pending("lexical") == ["b"] and ledger.pending("vectors") == ["a", "b"]
    ledger.delete(["a"])
    assert ledger.pending("lexical") == ["a", "b"]


def hold(store: Path, held: object, done: object) -> None:
    with Ledger.create(store).writing():
        held.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_a_second_writer_is_refused_in_words_and_a_dead_one_is_not_waited_for(ledger: Ledger) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(ledger.store, held, done))
    other.start()
    assert held.wait(30)
    with pytest.raises(StoreBusy, match=f"process {other.pid} since"), ledger.writing():
        pass
    other.kill()
    other.join()
    with ledger.writing():
        pass


def test_places_name_an_article_or_a_stretch_of_it(ledger: Ledger) -> None:
    ledger.replace([article("a:1-2"), article("a")])
    assert ledger.place("a:0-3")[1] == Span(0, 3)
    assert ledger.place("a")[1] is None
    with pytest.raises(NotFound):
        ledger.place("a:0-999")
    with pytest.raises(NotFound):
        ledger.place("b")


def test_filters_name_articles_exactly(ledger: Ledger) -> None:
    from datetime import date

    ledger.replace(
        [
            article("a", published=date(2024, 1, 5), language="ar"),
            article("b", published=date(2024, 2, 1)),
            article("c"),
        ]
    )
    assert ledger.matching(Filters(since=date(2024, 1, 6))) == {"b"}
    assert ledger.matching(Filters(until=date(2024, 1, 5), languages=("ar", "en"))) == {"a"}
    assert ledger.matching(Filters(file_ids=("c", "x"))) == {"c"}


def test_a_changed_byte_is_named(ledger: Ledger) -> None:
    ledger.replace([article("a"), article("b")])
    ledger.keep_vectors("m", {"نص": b"\0" * 8})
    with sqlite3.connect(ledger.store / "ledger.db") as db:
        db.execute("UPDATE articles SET text = text || '!' WHERE id = 'b'")
        db.execute("UPDATE vectors SET vector = x'0100000000000000'")
    db.close()
    articles, vectors = ledger.damaged_articles(), ledger.damaged_vectors()
    assert articles == ["b"] and len(vectors) == 1
    assert ledger.vectors("m", ["نص"]) == {}
