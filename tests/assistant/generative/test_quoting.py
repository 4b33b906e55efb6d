"""Sentences of an answer over the sample articles: the words that bear each out, as people marked them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.generative.quote_selection import Attributed, SourceSentences, cite, nearest_citations
from index.chunking import cut
from index.models import Article, Hit, Span
from tests.assistant.written import BRIDGE, hit

pytestmark = pytest.mark.process

HERE = Path(__file__).parents[2]
ROWS = [json.loads(line) for line in (HERE / "data" / "tied_sentences.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def hits() -> dict[int, Hit]:
    """Every passage of the five sample articles, numbered."""
    articles = [
        Article(id=path.stem, text=path.read_text("utf-8"), sha256="")
        for path in sorted((HERE.parent / "articles").glob("*.txt"))
    ]
    found = [Hit(passage=passage, article=article, score=0.5) for article in articles for passage in cut(article)]
    return dict(enumerate(found, 1))


def tied_rows(hits: dict[int, Hit], named: bool) -> Iterator[tuple[dict[str, str], Attributed]]:
    """Each row with what bears it out, its passage named or not."""
    told = {number: SourceSentences(hit) for number, hit in hits.items()}
    for row in ROWS:
        numbers = [
            number
            for number, hit in hits.items()
            if hit.article.id.startswith(row["file"]) and row["holds"] in hit.passage.text
        ]
        assert numbers, f"the sample articles no longer hold {row['holds']}"
        yield row, cite(row["sentence"], numbers[:1] if named else [], told)


def test_of_sentences_in_two_languages_the_words_that_bear_them_out_are_quoted(hits: dict[int, Hit]) -> None:
    found = list(tied_rows(hits, named=True))
    right = [row for row, borne in found if any(row["holds"] in citation.quote for citation in borne.citations)]
    tight = [row for row, borne in found if len(borne.citations) == 1]
    assert len(right) >= 0.95 * len(ROWS)
    assert len(tight) >= 0.85 * len(ROWS)


def test_every_quote_is_verbatim_and_lies_in_its_paragraph(hits: dict[int, Hit]) -> None:
    texts = {hit.article.id: hit.article.text for hit in hits.values()}
    for named in (True, False):
        for _, borne in tied_rows(hits, named):
            for citation in borne.citations:
                assert texts[citation.file_id][citation.start : citation.end] == citation.quote
                assert citation.context and citation.quote in citation.context
                assert not citation.quote.startswith(("•", " ")) and not citation.quote.endswith((" ", "\n"))


def test_most_sentences_whose_source_is_not_named_are_tied_all_the_same(hits: dict[int, Hit]) -> None:
    arabic = [(row, borne) for row, borne in tied_rows(hits, named=False) if not row["sentence"].isascii()]
    assert sum(bool(borne.citations) for _, borne in arabic) >= 0.7 * len(arabic)


def test_a_heading_is_quoted_only_where_the_text_below_says_nothing_of_it() -> None:
    text = "كلفة الجسر الجديد\n\nبلغت كلفة بناء الجسر الجديد أربعين مليون دينار.\nوشكر الوالي العمال."
    (citation,) = cite("كلفة الجسر الجديد 40 مليون دينار", [1], {1: SourceSentences(hit(text))}).citations
    assert citation.quote == "بلغت كلفة بناء الجسر الجديد أربعين مليون دينار."
    alone = "كلفة الجسر الجديد\n\nوشكر الوالي العمال."
    (citation,) = cite("كلفة الجسر الجديد", [1], {1: SourceSentences(hit(alone))}).citations
    assert citation.quote == "كلفة الجسر الجديد"


def test_what_a_site_put_around_an_article_is_never_cited() -> None:
    text = f"{BRIDGE}\nاقرأ أيضا: كلّف الجسر 40 مليون دينار"
    around = Span(text.index("اقرأ"), len(text))
    (citation,) = cite(
        "كلّف الجسر 40 مليون دينار", [1], {1: SourceSentences(hit(text, boilerplate=(around,)))}
    ).citations
    assert citation.end <= around.start


@pytest.mark.parametrize(
    ("said", "question"), [("نعم.", "هل كلّف الجسر 40 مليون دينار؟"), ("Yes.", "هل كلّف الجسر 40 مليون دينار؟")]
)
def test_yes_is_borne_out_by_what_the_question_says(said: str, question: str) -> None:
    (citation,) = cite(said, [1], {1: SourceSentences(hit())}, question).citations
    assert "40 مليون دينار" in citation.quote


def test_the_closest_words_are_one_quote_to_an_article_from_the_best_hits() -> None:
    hits = [hit(), hit(), *(hit(BRIDGE, f"a{n}") for n in range(2, 9))]
    found = nearest_citations("كم كلّف الجسر؟", hits)
    assert [match.file_id for match in found] == ["a1", "a2", "a3"]
    assert all("كلّف" in match.quote for match in found)
    assert nearest_citations("؟", []) == ()
