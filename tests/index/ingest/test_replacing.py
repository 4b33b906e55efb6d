"""An article that is known is found at every moment, also while it is replaced, renamed or moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.ingest.lexical_update import Lexicon, quiet
from index.ingest.sync import sync
from index.models import Filters
from index.search.lexical import LexicalIndex
from index.search.retriever import Retriever
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, entry, nothing
from tests.shop import write

PRICES = {
    f"n{number}": f"قال التاجر رقم {number} إن الأسعار في السوق ارتفعت بنسبة {number} بالمئة." for number in range(9)
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.create(tmp_path / "store")
    ledger.replace([entry(name, text, "سطر عن المطر.") for name, text in PRICES.items()])
    with ledger.writing():
        Lexicon(ledger).refresh(quiet)
    yield ledger
    ledger.close()


def first(ledger: Ledger, question: str, retriever: Retriever | None = None) -> tuple[str, str]:
    """Article and text of the first passage of a question; the words are the article's."""
    retriever = retriever or Retriever(ledger, LexicalIndex.open(ledger.store / "lexical"))
    hit = retriever.search(question, 3)[0]
    assert ledger.article(hit.article.id).text[hit.passage.start : hit.passage.end] == hit.passage.text
    return hit.article.id, hit.passage.text


def test_a_changed_article_is_found_by_its_old_words_with_its_new_text_before_any_index_follows(ledger: Ledger) -> None:
    ledger.replace([entry("n4", "خبر جديد عن القمح.", PRICES["n4"] + " وأضاف أنها ستنخفض.")])
    assert len(ledger.pending("lexical")) == 1
    article, text = first(ledger, "بكم ارتفعت الأسعار عند التاجر رقم 4؟")
    assert article == "n4" and text.endswith("ستنخفض.")


def test_an_article_of_several_passages_gives_the_one_that_the_question_is_about(ledger: Ledger) -> None:
    ledger.replace([entry("n4", "مقدمة أخرى عن القمح.", "سطر عن المطر.", PRICES["n4"], "وختام.")])
    assert first(ledger, "بكم ارتفعت الأسعار عند التاجر رقم 4؟") == ("n4", PRICES["n4"])


def test_an_article_that_is_gone_is_not_found_though_the_index_still_has_it(ledger: Ledger) -> None:
    ledger.delete(["n4"])
    assert first(ledger, "بكم ارتفعت الأسعار عند التاجر رقم 4؟")[0] != "n4"


def test_a_reader_whose_index_moves_on_meanwhile_asks_it_again(ledger: Ledger) -> None:
    """The search sees the index before a rename, the ledger is read after it."""
    index = LexicalIndex.open(ledger.store / "lexical")
    search, asked = index.search, list[str]()

    def renamed_meanwhile(question: str, limit: int = 10, articles: object = None) -> list[tuple[str, float]]:
        asked.append(question)
        matches = search(question, limit)
        if len(asked) == 1:
            with ledger.writing():
                ledger.replace([entry("renamed", PRICES["n4"])])
                ledger.delete(["n4"])
                Lexicon(ledger).refresh(quiet)
        return matches

    index.search = renamed_meanwhile  # type: ignore[method-assign]
    assert first(ledger, "التاجر رقم 4", Retriever(ledger, index)) == ("renamed", PRICES["n4"])
    assert len(asked) == 2


def test_a_renamed_file_is_in_the_index_under_its_new_name_before_the_old_one_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "articles", {f"{name}.txt": text for name, text in PRICES.items()})
    ledger = Ledger.create(tmp_path / "store2")
    sync(folder, ledger, [Lexicon(ledger)])
    (folder / "n4.txt").rename(folder / "خبر.txt")
    seen: list[set[str]] = []
    delete = ledger.delete

    def deleted(ids: tuple[str, ...]) -> None:
        matches = LexicalIndex.open(ledger.store / "lexical").search("التاجر رقم 4", 10)
        seen.append({key.rpartition(":")[0] for key, _ in matches})
        delete(ids)

    monkeypatch.setattr(ledger, "delete", deleted)
    report = sync(folder, ledger, [Lexicon(ledger)])
    assert (report.added, report.deleted) == (("خبر",), ("n4",)) and {"n4", "خبر"} <= seen[0]
    assert ledger.matching(Filters()) == {"خبر", *PRICES} - {"n4"}
    ledger.close()


def test_changed_articles_are_found_by_meaning_through_the_vectors_of_their_old_text(ledger: Ledger) -> None:
    vectors = Vectors(ledger, Words())
    vectors.fill(nothing)
    question = "التاجر رقم 4 إن الأسعار في السوق"
    before = vectors.search(question, 1)[0][0].partition(":")[0]
    ledger.replace([entry(name, text + " وأضاف كلمة.", "سطر عن المطر.") for name, text in PRICES.items()])
    assert vectors.coverage() == (9, 18) and vectors.ready()  # the line that did not change has its vector
    assert vectors.search(question, 1)[0][0].partition(":")[0] == before
    vectors.fill(nothing)
    assert vectors.coverage() == (18, 18)
    assert vectors.search(question, 1)[0][0].partition(":")[0] == before


def test_an_article_that_changes_twice_before_it_is_embedded_keeps_its_vector(ledger: Ledger) -> None:
    vectors = Vectors(ledger, Words())
    vectors.fill(nothing)
    for word in ("أولى", "ثانية"):
        ledger.replace([entry(name, f"{text} {word}", "سطر عن المطر.") for name, text in PRICES.items()])
    assert vectors.ready() and vectors.coverage()[0] == 9
    assert len(ledger.passage_vectors("words")) == 18


def test_a_new_article_has_no_vector_of_another(ledger: Ledger) -> None:
    vectors = Vectors(ledger, Words())
    vectors.fill(nothing)
    ledger.replace([entry(f"new{number}", f"خبر آخر رقم {number}.") for number in range(9)])
    assert not vectors.ready()
