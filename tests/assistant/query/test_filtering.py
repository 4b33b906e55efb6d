"""Filters mean the same whichever way they come in: from Python, on the page, over its endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, Filters, Settings
from assistant.extractive.extractive_writer import Extractive
from assistant.query.filters import parse_filters
from assistant.web import article_browser
from assistant.web.api_endpoints import answer_record, search_record
from assistant.web.service import AnswerService
from index.errors import UsageError
from index.store.ledger import Ledger
from tests.assistant.web.served import FREELY, Asked

pytestmark = pytest.mark.process

TEXTS = {
    "bridge": ("وكالة الأنباء", "ar", "افتتح الوالي جسر نور يوم الأحد بعد أعوام من العمل."),
    "flood": ("وكاله الانباء", "ar", "غمرت مياه النهر جسر نور يوم الثلاثاء وأغلق الجسر."),
    "boats": ("The Lantern", "en", "The boats of Noor harbour went back to sea on Monday."),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three reports; two of one agency that spells itself in two ways."""
    place = tmp_path_factory.mktemp("filtering") / "store"
    records = [
        {"id": key, "publisher": who, "lang": tongue, "text": text} for key, (who, tongue, text) in TEXTS.items()
    ]
    with Assistant.open(place, create=True, settings=Settings()) as assistant:
        assistant.add(records)
    return place


@pytest.fixture(scope="module")
def service(store: Path) -> Iterator[AnswerService]:
    service = AnswerService(store, settings=Settings(), limits=FREELY)
    yield service
    service.close()


SAID = [
    ({"publishers": ("وكالة الانباء",)}, {"bridge", "flood"}),
    ({"publishers": ("the LANTERN",)}, {"boats"}),
    ({"languages": ("EN ",)}, {"boats"}),
    ({"languages": ("AR",), "publishers": ("The Lantern",)}, set()),
]


@pytest.mark.parametrize(("filters", "articles"), SAID, ids=["spelling", "case", "language", "none"])
def test_python_meets_publishers_and_languages_whatever_the_case_and_the_spelling(
    filters: dict[str, tuple[str, ...]], articles: set[str], store: Path
) -> None:
    with Assistant.open(store, settings=Settings()) as assistant:
        chosen = Filters(**filters)  # type: ignore[arg-type]
        assert {article.id for article in assistant.articles(chosen)} == articles
        assert {hit.article.id for hit in assistant.search("جسر نور Noor harbour", filters=chosen)} == articles
        asked = assistant.ask("جسر نور Noor harbour", filters=chosen)
        assert {hit.file_id for hit in asked.hits} == articles
        assert bool(articles) or asked.reasons == (
            "no article passes the filters (language AR, publisher The Lantern)",
        )


@pytest.mark.parametrize(
    ("language", "publisher", "articles"),
    [("", "وكالة الانباء", {"bridge", "flood"}), ("En", "", {"boats"}), ("", "the lantern", {"boats"})],
    ids=["spelling", "language", "case"],
)
def test_so_do_the_published_endpoints(
    language: str, publisher: str, articles: set[str], service: AnswerService
) -> None:
    hits = search_record(service, Asked(), "جسر نور Noor harbour", 10, "", "", language, publisher)["hits"]
    assert {hit["file_id"] for hit in hits} == articles
    answer = answer_record(service, Asked(), "جسر نور Noor harbour", "", "", language, publisher)
    assert {hit["file_id"] for hit in answer["hits"]} == articles


@pytest.mark.parametrize(("filters", "articles"), SAID, ids=["spelling", "case", "language", "none"])
def test_so_does_llama_index(filters: dict[str, tuple[str, ...]], articles: set[str], store: Path) -> None:
    from assistant.integrations.llama_index import CitedQueryEngine
    from index.integrations.llama_index import ArticleRetriever

    retriever = ArticleRetriever.open(store, filters=Filters(**filters))  # type: ignore[arg-type]
    engine = CitedQueryEngine(retriever, writer=Extractive(retriever.retriever.lexical))
    asked = engine.query("جسر نور Noor harbour").metadata["answer"]
    assert {hit.file_id for hit in asked.hits} == articles
    assert bool(articles) or asked.reasons == ("no article passes the filters (language AR, publisher The Lantern)",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"languages": "ar"}, "languages=['ar']"),
        ({"publishers": "وكالة الأنباء"}, "publishers=['وكالة الأنباء']"),
        ({"since": "2025-12-01"}, "since=date("),
        ({"until": 2025}, "until=date("),
    ],
)
def test_what_is_no_filter_is_said_to_be_none_and_how_it_is_written(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        Filters(**given)


def test_a_time_of_a_day_is_that_day() -> None:
    noon = datetime(2025, 12, 1, 12, 30)
    assert Filters(since=noon, until=noon) == Filters(since=date(2025, 12, 1), until=date(2025, 12, 1))


def test_a_question_asks_once_which_articles_the_filters_leave(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Filters] = []
    matching = Ledger.matching
    monkeypatch.setattr(Ledger, "matching", lambda self, filters: asked.append(filters) or matching(self, filters))
    with Assistant.open(store, settings=Settings()) as assistant:
        assistant.ask("من افتتح الجسر؟", filters=Filters(publishers=("نشرة لا وجود لها",)))
    assert len(asked) == 1


def test_any_number_of_files_may_be_asked_for(store: Path) -> None:
    with Assistant.open(store, settings=Settings()) as assistant:
        many = Filters(file_ids=("boats", *map(str, range(40_000))))
        assert [article.id for article in assistant.articles(many)] == ["boats"]


def test_the_page_lists_a_publisher_of_two_spellings_once(service: AnswerService) -> None:
    assert len(article_browser.publishers(service.store)) == 2 and "The Lantern" in article_browser.publishers(
        service.store
    )


def test_a_date_may_be_typed_in_arabic_digits_and_one_that_is_none_is_an_error() -> None:
    assert parse_filters(" ٢٠٢٥-٠١-٣١ ", "۲۰۲۵-۰۲-۰۱", [], []) == Filters(
        since=date(2025, 1, 31), until=date(2025, 2, 1)
    )
    with pytest.raises(UsageError):
        parse_filters("", "31/12/2025", [], [])
