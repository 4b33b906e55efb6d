"""Counting articles by the words they hold: exact, over the whole store, with what stands behind the number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from assistant.query.counting import places_in
from index.models import Filters
from index.search.aggregate import count_articles
from index.search.lexical import LexicalIndex
from index.store.ledger import Ledger
from tests.shop import index, write

pytestmark = pytest.mark.process
DAM = "افتتح وزير المياه سد الوادي في بغداد. وزار السد ثم عاد إلى السد."


def report(title: str, day: str, publisher: str, text: str) -> str:
    return f"---\ntitle: {title}\ndate: {day}\npublisher: {publisher}\n---\n{text}\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, LexicalIndex]]:
    folder = tmp_path_factory.mktemp("count")
    files = {
        "a.md": report("افتتاح السد", "2021-03-04", "النهر", DAM),
        "b.md": report("بعد الافتتاح", "2021-03-09", "الضفة", "عاد الأهالي المجاورون للسد في البصرة إلى حقولهم."),
        "c.md": report("خبر آخر", "2021-04-01", "الضفة", "ارتفع سعر القمح في الأسواق أمس ارتفاعا كبيرا."),
        "d.md": report("سد جديد يفتتح", "2021-05-01", "النهر", "حضر الحفل مئات من سكان القرى المجاورة."),
    }
    files |= {
        f"w{n}.md": report(f"خبر {n}", "2020-01-01", "البحر", f"وصلت السفينة رقم {n} إلى المرفأ.") for n in range(40)
    }
    index(write(folder / "news", files), folder / "store")
    ledger = Ledger.open(folder / "store")
    yield ledger, LexicalIndex.open(folder / "store" / "lexical")
    ledger.close()


def test_every_form_of_a_word_counts_also_in_the_title(store: tuple[Ledger, LexicalIndex]) -> None:
    count, articles = count_articles(*store, ["السد"])
    assert (count.number, count.file_ids) == (3, ("d", "b", "a"))
    assert all(item.article.text[item.start : item.end] == item.quote for item in articles)
    assert "سد الوادي" in articles[2].quote and not articles[0].quote.startswith("title")


def test_all_words_are_wanted_and_none_is_a_count_of_all(store: tuple[Ledger, LexicalIndex]) -> None:
    assert count_articles(*store, ["السد", "القمح"])[0].number == 0
    assert count_articles(*store, ["السفينة"])[0].number == 40
    assert count_articles(*store, [])[0].number == 44


def test_days_and_publishers_narrow_the_count(store: tuple[Ledger, LexicalIndex]) -> None:
    march = Filters(since=date(2021, 3, 1), until=date(2021, 3, 31))
    assert count_articles(*store, ["سد"], filters=march)[0].file_ids == ("b", "a")
    assert count_articles(*store, [], filters=Filters(publishers=("الضفة",)))[0].number == 2


def test_groups_and_mentions(store: tuple[Ledger, LexicalIndex]) -> None:
    by_publisher = count_articles(*store, ["سد"], "publisher")[0]
    assert {group.label: len(group.file_ids) for group in by_publisher.groups} == {"النهر": 2, "الضفة": 1}
    assert by_publisher.number == 2
    days = [group.label for group in count_articles(*store, ["سد"], "day")[0].groups]
    assert days == ["2021-03-04", "2021-03-09", "2021-05-01"]
    places = count_articles(*store, ["سد"], "place", places=places_in)[0]
    assert {group.label for group in places.groups} == {"بغداد", "البصرة"}
    assert count_articles(*store, ["السد"], "mention")[0].number == 4
    assert count_articles(*store, ["وزير", "المياه"], "mention")[0].number == 1
