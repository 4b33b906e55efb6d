"""Articles on one event are grouped, while they come in, and others are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from index.models import Article
from index.store.ledger import Ledger
from index.stories import StoryIndex, similarity, term_counts, vector
from tests.shop import isnad_json, write

FIRE = "اندلع حريق كبير في مستودع الأخشاب بميناء الدرعة وأصيب أربعة عمال"
LATER = "ارتفع عدد مصابي حريق مستودع الأخشاب في ميناء الدرعة إلى تسعة عمال"
BRIDGE = "افتتح الوالي جسر النهر الجديد بعد ثلاث سنوات من البناء"


def article(name: str, text: str, day: int | None) -> Article:
    published = date(2026, 3, day) if day else None
    return Article(id=name, text=f"{text}. وحضرت فرق الدفاع المدني.", sha256="", title=text, published=published)


def nothing(stage: str, done: int, total: int | None) -> None: ...


def grouped(store: Path, *articles: Article) -> dict[str, str]:
    ledger = Ledger.create(store)
    ledger.replace([(given, ()) for given in articles])
    index = StoryIndex(ledger)
    index.refresh(nothing)
    return index.of([given.id for given in articles])


HEADLINES = """تراجع محصول القمح في السهول الشرقية
فوز النجوم على الهلال بهدفين
تأجيل امتحانات الثانوية أسبوعا
نقص الأدوية يقلق المستشفيات
موسم سياحي واعد على الساحل
عاصفة ثلجية تغلق الطرق الجبلية
أسعار النفط تهبط دون ستين دولارا
معرض للخط العربي يجمع فنانين شبابا""".splitlines()
FILLER = [Article(id=f"filler{number}", text=f"{headline}.", sha256="", title=headline, published=date(2026, 3, 1))
          for number, headline in enumerate(HEADLINES)]  # fmt: skip


def test_two_reports_of_one_event_are_one_story_and_another_event_is_not(tmp_path: Path) -> None:
    stories = grouped(tmp_path, *FILLER, article("a", FIRE, 3), article("b", LATER, 4), article("c", BRIDGE, 4))
    assert stories["a"] == stories["b"] == "a" and stories["c"] == "c"


def test_reports_far_apart_in_time_are_different_stories(tmp_path: Path) -> None:
    stories = grouped(tmp_path, *FILLER, article("a", FIRE, 3), article("b", LATER, 20))
    assert stories["a"] != stories["b"]


def test_a_story_goes_on_from_day_to_day(tmp_path: Path) -> None:
    stories = grouped(tmp_path, *FILLER, *(article(f"s{day}", FIRE, day) for day in (3, 5, 7, 9)))
    assert {stories[f"s{day}"] for day in (3, 5, 7, 9)} == {"s3"}


def test_articles_that_come_later_join_the_story_that_is_there(tmp_path: Path) -> None:
    grouped(tmp_path, *FILLER, article("a", FIRE, 3))
    ledger = Ledger.create(tmp_path)
    ledger.replace([(article("b", LATER, 4), ())])
    StoryIndex(ledger).refresh(nothing)
    assert StoryIndex(ledger).of(["b"]) == {"b": "a"}


def test_a_changed_article_moves_and_a_deleted_one_leaves(tmp_path: Path) -> None:
    grouped(tmp_path, *FILLER, article("a", FIRE, 3), article("b", LATER, 4))
    ledger = Ledger.create(tmp_path)
    ledger.replace([(article("b", BRIDGE, 4), ())])
    ledger.delete(["a"])
    index = StoryIndex(ledger)
    index.refresh(nothing)
    assert index.of(["a", "b"]) == {"b": "b"}


def test_a_damaged_file_is_built_anew_and_never_stops_a_reader(tmp_path: Path) -> None:
    grouped(tmp_path, *FILLER, article("a", FIRE, 3), article("b", LATER, 4))
    path = next(tmp_path.glob("stories-*.db"))
    path.write_bytes(b"no database at all" * 100)
    ledger = Ledger.create(tmp_path)
    assert StoryIndex(ledger).of(["a"]) == {}
    StoryIndex(ledger).refresh(nothing)
    assert StoryIndex(ledger).of(["a", "b"]) == {"a": "a", "b": "a"}


def test_stories_are_listed_by_days_the_largest_first(tmp_path: Path) -> None:
    grouped(
        tmp_path,
        *FILLER,
        article("a", FIRE, 3),
        article("b", LATER, 4),
        article("c", BRIDGE, 20),
        article("d", BRIDGE, 20),
    )
    index = StoryIndex(Ledger.create(tmp_path))
    assert [story.articles for story in index.stories()] == [("a", "b"), ("c", "d")]
    assert [story.id for story in index.stories(since=date(2026, 3, 10))] == ["c"]
    assert [story.id for story in index.stories(until=date(2026, 3, 10))] == ["a"]


def test_vectors_have_length_one() -> None:
    terms = vector(term_counts(article("a", FIRE, 1)), {}, 10)
    assert similarity(terms, terms) == pytest.approx(1.0)


@pytest.mark.usefixtures("without_chroma")
def test_the_command_lists_stories_with_their_articles(tmp_path: Path) -> None:
    texts = {f"f{number}.txt": f"{headline}.\n" for number, headline in enumerate(HEADLINES)}
    files = {
        **texts,
        "a.md": (f"---\ntitle: {FIRE}\npublished: 2026-03-03\npublisher: النهار\n---\n\n{FIRE}."),
        "b.md": f"---\ntitle: {LATER}\npublished: 2026-03-04\n---\n\n{LATER}.",
    }
    store = tmp_path / "store"
    isnad_json("index", write(tmp_path / "articles", files), "--store", store)
    (story,) = isnad_json("stories", "--store", store)["stories"]
    assert story["articles"] == ["a", "b"] and story["publishers"] == ["النهار"] and story["title"] == FIRE
    assert isnad_json("search", "حريق مستودع الأخشاب", "--store", store)["hits"][0]["story"] == "a"
