"""Hits: newer ones where the question asks for the latest, a cap for each article, neighbours, a reranker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant import container
from assistant.settings import Settings
from index.errors import UsageError
from index.models import Article, Hit, Passage
from index.search.retriever import Retriever
from index.search.temporal import boost_recency, temporal_intent
from tests.index import tiny_onnx
from tests.shop import index, write

MAYOR = "انتخب مجلس مدينة وردة {name} رئيسا للبلدية في جلسة علنية حضرها الأهالي."
PARAGRAPH = "زرعت البلدية في الحي رقم {number} أشجار زيتون ولوز على جانبي الطريق الطويل المؤدي إلى المدرسة القديمة. "


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    long = "\n\n".join((PARAGRAPH.format(number=number)) * 12 for number in range(1, 9))
    articles = write(
        folder / "articles",
        {
            "old.txt": "---\ndate: 2019-02-01\n---\nرئيس بلدية وردة\n\n" + MAYOR.format(name="سامر الحلو") * 2,
            "new.txt": "---\ndate: 2025-06-01\n---\nرئيس بلدية وردة\n\n" + MAYOR.format(name="هالة بدر"),
            "trees.txt": "أشجار وردة\n\n" + long,
            "school.txt": "مدرسة وردة\n\nأشجار زيتون جديدة أمام المدرسة القديمة في وردة.",
        },
    )
    index(articles, folder / "store")
    return folder / "store"


@pytest.fixture
def retriever(store: Path) -> Iterator[Retriever]:
    found = container.open_retriever(store, Settings())
    yield found
    found.close()


def test_the_newer_report_comes_first_where_the_question_asks_for_the_latest(retriever: Retriever) -> None:
    assert retriever.search("رئيس بلدية وردة")[0].article.id == "old"
    assert retriever.search("رئيس بلدية وردة الحالي")[0].article.id == "new"
    assert [hit.score for hit in retriever.search("رئيس بلدية وردة الحالي")] == sorted(
        (hit.score for hit in retriever.search("رئيس بلدية وردة الحالي")), reverse=True
    )


@pytest.mark.parametrize(("year", "first"), [("2019", "old"), ("2025", "new")])
def test_reports_of_the_days_that_are_named_come_first(year: str, first: str, retriever: Retriever) -> None:
    assert retriever.search(f"انتخاب رئيس بلدية وردة عام {year}")[0].article.id == first


@pytest.mark.parametrize(
    ("question", "latest", "days"),
    [
        ("من هو المدرب الحالي؟", True, ()),
        ("Who is the current coach?", True, ()),
        ("ماذا قال المدرب؟", False, ()),
        ("ماذا حدث في أيار 2024؟", False, ((date(2024, 5, 1), date(2024, 5, 31)),)),
        ("What happened on 29 February 2024?", False, ((date(2024, 2, 29), date(2024, 2, 29)),)),
        ("ماذا حدث في ٣ أيار؟", False, ()),
        ("ماذا حدث عام 1445 هـ؟", False, ()),
    ],
)
def test_the_time_that_a_question_asks_for(question: str, latest: bool, days: tuple[tuple[date, date], ...]) -> None:
    wished = temporal_intent(question)
    assert (wished.latest, wished.days) == (latest, days)


def test_undated_hits_keep_their_order_and_scores_stay_in_bounds() -> None:
    hits = [_hit("a", 1.0, None), _hit("b", 0.9, None), _hit("c", 0.5, date(2024, 1, 1))]
    found = boost_recency(hits, temporal_intent("ما أحدث الأخبار؟"))
    assert [hit.article.id for hit in found] == ["a", "b", "c"]
    assert all(0 <= hit.score <= 1 for hit in found)


def test_at_most_so_many_passages_of_one_article(retriever: Retriever) -> None:
    question = "أشجار زيتون أمام المدرسة القديمة"
    everything = [hit.article.id for hit in retriever.search(question, 10)]
    assert everything.count("trees") > 2
    capped = [hit.article.id for hit in retriever.search(question, 10, per_article=2)]
    assert capped.count("trees") == 2 and "school" in capped


@pytest.mark.parametrize("limits", [{"limit": 0}, {"limit": -3}, {"per_article": 0}, {"per_article": -1}])
def test_a_limit_that_is_none_is_said_to_be_so(retriever: Retriever, limits: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="at least one passage"):
        retriever.search("أشجار زيتون", **limits)  # type: ignore[arg-type]


def test_every_passage_may_be_asked_for(retriever: Retriever) -> None:
    some, every = (retriever.search("أشجار زيتون أمام المدرسة القديمة", limit) for limit in (3, 10**12))
    assert len({hit.passage.id for hit in every}) == len(every) > len(some) == 3


def test_neighbours_are_the_passages_around_a_hit(retriever: Retriever) -> None:
    hit = next(hit for hit in retriever.search("أشجار الحي", 10, {"trees"}) if hit.passage.start > 0)
    passages = list(retriever.ledger.passages_of(hit.article))
    at = [passage.id for passage in passages].index(hit.passage.id)
    assert retriever.neighbours(hit, 1) == tuple(passages[at - 1 : at] + passages[at + 1 : at + 2])


def test_a_reranker_that_is_set_puts_the_best_passages_in_order(store: Path, tmp_path: Path) -> None:
    folder = tiny_onnx.cross_encoder(tmp_path, {"هالة": 5.0, "سامر": -5.0, "وردة": 0.0})
    plain = container.open_retriever(store, Settings())
    second = container.open_retriever(store, Settings(reranker=f"local:{folder}"))
    try:
        assert plain.search("رئيس بلدية وردة")[0].article.id == "old"
        match = second.search("رئيس بلدية وردة")
        assert match[0].article.id == "new" and match[0].ranks["reranker"] == 1
    finally:
        plain.close()
        second.close()


def _hit(name: str, score: float, published: date | None) -> Hit:
    article = Article(id=name, text=name, sha256="", published=published)
    return Hit(article=article, passage=Passage(id=name, article_id=name, start=0, end=1, text=name), score=score)
