"""The hits of several wordings of a question come in one order, by what the words of each reach."""

from __future__ import annotations

from index.models import Article, Hit, Passage
from index.search.retriever import merge_wordings


def hit(name: str, score: float, share: float | None) -> Hit:
    passage = Passage(id=name, article_id=name, start=0, end=1, text=name)
    return Hit(passage=passage, article=Article(id=name, text=name, sha256=""), score=score, lexical_score=share)


def order(*rankings: list[Hit]) -> list[str]:
    return [match.passage.id for match in merge_wordings(rankings)]


def test_a_wording_whose_words_reach_more_comes_first_whatever_its_cosines_are() -> None:
    by_meaning = [hit("a", 0.95, 0.1), hit("b", 0.9, 0.0)]  # a list with a narrow spread of cosines
    by_words = [hit("c", 0.6, 0.5), hit("d", 0.5, 0.4)]
    assert order(by_meaning, by_words) == ["c", "d", "a", "b"]


def test_the_hits_of_a_wording_keep_the_order_that_meaning_gave_them() -> None:
    first = [hit("a", 0.8, 0.2), hit("b", 0.7, 0.4), hit("c", 0.6, 0.0)]
    assert order(first, [hit("d", 0.9, 0.1)]) == ["a", "b", "c", "d"]


def test_what_only_meaning_found_comes_after_what_the_words_of_another_wording_found() -> None:
    assert order([hit("a", 0.9, 0.0), hit("b", 0.8, 0.0)], [hit("c", 0.3, 0.2)]) == ["c", "a", "b"]


def test_a_passage_that_two_wordings_found_comes_once_with_its_better_score() -> None:
    merged = merge_wordings([[hit("a", 0.5, 0.2), hit("b", 0.25, 0.1)], [hit("b", 0.6, 0.6)]])
    assert [(match.passage.id, match.score) for match in merged] == [("b", 0.6), ("a", 0.2)]


def test_a_single_wording_is_returned_as_it_is() -> None:
    hits = [hit("a", 0.9, 0.0), hit("b", 0.8, 0.7)]
    assert merge_wordings([hits]) == merge_wordings([[], hits]) == tuple(hits)
    assert merge_wordings([]) == merge_wordings([[]]) == ()


def test_scores_of_words_alone_are_compared_as_they_are() -> None:
    merged = merge_wordings([[hit("a", 0.4, 0.4), hit("b", 0.3, 0.3)], [hit("c", 0.35, None)]])
    assert [(match.passage.id, match.score) for match in merged] == [("a", 0.4), ("c", 0.35), ("b", 0.3)]
