"""Both searches, fused and filtered: a question in, hits out.

A search by meaning counts only where a real embedding model stands behind it; the hashed vectors of a store without one have weight 0
(no training-free vector was found to add anything to the lexical search, and Chroma is then not opened at all).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from index.errors import UsageError
from index.ledger import Ledger
from index.lexical import LexicalIndex
from index.records import Article, Filters, Hit, Passage

LONGEST = 2_000  # characters of a question
DEPTH = 5  # how many times the limit each search is asked for

Found = tuple[str, float]  # passage id, score in 0..1


class Search(Protocol):
    """One way of searching: the ids of passages, best first, among the allowed articles (None: all)."""

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[Found]: ...


class Retriever:
    """Searches one store. `meaning` is None where no embedding model is set."""

    def __init__(
        self, ledger: Ledger, lexical: LexicalIndex, meaning: Callable[[], Search] | None = None, weight: float = 0.0
    ) -> None:
        self.ledger = ledger
        self.lexical = lexical
        self._meaning = meaning
        self._weight = weight

    def search(self, question: str, limit: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The best passages for a question, at most `limit`; UsageError where it is blank or beyond 2,000 characters."""
        text = checked(question)
        allowed = self.ledger.matching(filters) if filters else None
        if allowed is not None and not allowed:
            return ()
        depth = limit * DEPTH
        lexical = self.lexical.search(text, depth, allowed)
        if not (self._meaning and self._weight):
            return self._hits(((one, score, {"lexical": rank}) for rank, (one, score) in enumerate(lexical, 1)), limit)
        meaning = self._meaning().search(text, depth, allowed)
        return self._hits(fused({"lexical": (1.0, lexical), "meaning": (self._weight, meaning)}), limit)

    def search_any(self, questions: Sequence[str], limit: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The best passages for any of several wordings of one question, each passage once with its best score."""
        best: dict[str, Hit] = {}
        for hit in (hit for question in questions for hit in self.search(question, limit, filters)):
            if hit.passage.id not in best or best[hit.passage.id].score < hit.score:
                best[hit.passage.id] = hit
        return tuple(sorted(best.values(), key=lambda hit: (-hit.score, hit.passage.id))[:limit])

    def languages(self) -> frozenset[str]:
        """The languages of the articles."""
        return frozenset(one for one in self.ledger.languages() if one)

    def _hits(self, found: Iterable[tuple[str, float, dict[str, int]]], limit: int) -> tuple[Hit, ...]:
        """The first `limit` that the ledger knows, of copies of one report only one; an index may lag a moment behind it."""
        listed = list(found)
        places = self.ledger.passages([one for one, _, _ in listed])
        reports = self.ledger.reports({place[0] for place in places.values()})
        teller: dict[str, str] = {}  # report -> the article that tells it best
        kept: list[tuple[str, float, dict[str, int]]] = []
        for one, score, ranks in listed:
            if one in places and len(kept) < limit:
                article = places[one][0]
                if teller.setdefault(reports.get(article, article), article) == article:
                    kept.append((one, score, ranks))
        articles = self.ledger.articles({places[one][0] for one, _, _ in kept})
        carriers = self.ledger.carriers(set(reports.values()))
        hits = []
        for one, score, ranks in kept:
            article_id, start, end = places[one]
            also = [other for other in carriers.get(reports.get(article_id, ""), ()) if other != article_id]
            hits.append(_hit(articles[article_id], one, (start, end), score, ranks, tuple(sorted(also))))
        return tuple(hits)


def fused(searches: dict[str, tuple[float, list[Found]]]) -> list[tuple[str, float, dict[str, int]]]:
    """Several searches as one, best first: the weighted mean of their scores, each divided by its best.

    Ranks are not fused: reciprocal rank fusion loses where one search is much the weaker.
    """
    total: dict[str, float] = {}
    ranks: dict[str, dict[str, int]] = {}
    weights = sum(weight for weight, _ in searches.values())
    for name, (weight, found) in searches.items():
        best = max((score for _, score in found), default=0.0) or 1.0
        for rank, (one, score) in enumerate(found, 1):
            total[one] = total.get(one, 0.0) + weight * score / best / weights
            ranks.setdefault(one, {})[name] = rank
    return [(one, total[one], ranks[one]) for one in sorted(total, key=lambda one: (-total[one], one))]


def checked(question: str) -> str:
    """The question without surrounding space; UsageError where there is nothing to search for, or too much."""
    text = question.strip()
    if not text:
        raise UsageError("the question is empty; write one, in quotation marks")
    if len(text) > LONGEST:
        raise UsageError(f"the question has {len(text):,} characters; ask in at most {LONGEST:,}")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageError("the question is not valid Unicode; write it in UTF-8")
    return text


def _hit(
    article: Article, one: str, place: tuple[int, int], score: float, ranks: dict[str, int], also: tuple[str, ...]
) -> Hit:
    start, end = place
    passage = Passage(id=one, article_id=article.id, start=start, end=end, text=article.text[start:end])
    return Hit(passage=passage, article=article, score=round(score, 6), ranks=ranks, also=also)
