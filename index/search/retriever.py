"""Both searches, fused and filtered: a question in, hits out.

A search by meaning counts only where a real embedding model stands behind it; the hashed vectors of a store without one have weight 0
(no training-free vector was found to add anything to the lexical search, and Chroma is then not opened at all).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Protocol

from msgspec.structs import replace

from index.errors import UsageError
from index.models import Article, Filters, Hit, Passage
from index.near_duplicates import jaccard, sketch
from index.search.lexical import LexicalIndex
from index.search.rerank import Reranker, reranked
from index.search.temporal import timely, wish
from index.store.ledger import Ledger

LONGEST = 2_000  # characters of a question
COPIED = 0.9  # the share of word sequences that a copy has in common with what it copies
SHORTER = 0.7  # of the letters: what is shorter has not so many of the sequences, whatever its spelling
LOOKED_AT = 30  # hits that a reranker, or the time asked for, puts in order
DEEPEST = 100_000  # passages that are looked at, whatever the limit: the engine sets memory aside for each
DEPTH = 5  # how many times the limit each search is asked for

Found = tuple[str, float]  # passage id, score in 0..1


class Search(Protocol):
    """One way of searching: the ids of passages, best first, among the allowed articles (None: all)."""

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[Found]: ...


class Retriever:
    """Searches one store. `meaning` and `reranker` are None where no such model is set; `closing` lets go of what it holds."""

    def __init__(
        self,
        ledger: Ledger,
        lexical: LexicalIndex,
        meaning: Callable[[], Search] | None = None,
        weight: float = 0.0,
        closing: Callable[[], None] | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.ledger = ledger
        self.lexical = lexical
        self._meaning = meaning
        self._weight = weight
        self._closing = closing
        self._reranker = reranker

    def close(self) -> None:
        """Let go of the store's files."""
        self.ledger.close()
        if self._closing:
            self._closing()

    def allowed(self, filters: Filters | None) -> set[str] | None:
        """Ids of the articles that filters allow, which may be none; None where all are."""
        return self.ledger.matching(filters) if filters else None

    def search(
        self, question: str, limit: int = 10, articles: Collection[str] | None = None, *, per_article: int | None = None
    ) -> tuple[Hit, ...]:
        """The best passages for a question among the allowed articles (None: all), copies of one report once.

        At most `limit`, and at most `per_article` of one article.

        A question that asks for the latest, or names days, has newer reports, or those of the days, come sooner.
        Raises UsageError where it is blank or beyond 2,000 characters, or a limit is none.
        """
        text = checked(question)
        if limit < 1 or (per_article is not None and per_article < 1):
            raise UsageError("at least one passage is asked for; raise the limit")
        if articles is not None and not articles:
            return ()
        wished = wish(text)
        wide = max(limit, LOOKED_AT) if wished or self._reranker else limit
        hits = self._hits(self._found(text, min(wide * DEPTH, DEEPEST), articles), wide, per_article or wide)
        if self._reranker:
            hits = reranked(text, hits, self._reranker)
        return timely(hits, wished)[:limit]

    def _found(self, text: str, depth: int, allowed: Collection[str] | None) -> list[tuple[str, float, dict[str, int]]]:
        """Ids of passages with their scores and ranks, best first, of one search or of both."""
        lexical = self.lexical.search(text, depth, allowed)
        if not (self._meaning and self._weight):
            return [(one, score, {"lexical": rank}) for rank, (one, score) in enumerate(lexical, 1)]
        meaning = self._meaning().search(text, depth, allowed)
        return fused({"lexical": (1.0, lexical), "meaning": (self._weight, meaning)})

    def search_any(
        self,
        questions: Sequence[str],
        limit: int = 10,
        articles: Collection[str] | None = None,
        before: Sequence[Hit] | None = None,
    ) -> tuple[Hit, ...]:
        """The best passages for any of several wordings of one question, each passage once with its best score.

        `before`: what was found by other wordings, which are not searched for again.
        """
        best = {hit.passage.id: hit for hit in before or ()}
        found = (self.search(question, limit, articles) for question in questions)
        for hit in (hit for hits in found for hit in hits):
            if hit.passage.id not in best or best[hit.passage.id].score < hit.score:
                best[hit.passage.id] = hit
        return tuple(sorted(best.values(), key=lambda hit: (-hit.score, hit.passage.id))[:limit])

    def languages(self) -> dict[str, float]:
        """Language → the share of the articles that are in it, 0 to 1; the most frequent first."""
        counts = {key: number for key, number in self.ledger.languages().items() if key}
        every = sum(counts.values())
        return {count: counts[count] / every for count in sorted(counts, key=lambda count: (-counts[count], count))}

    def neighbours(self, hit: Hit, number: int) -> tuple[Passage, ...]:
        """The passages around that of a hit, at most `number` on either side, as they follow in the article; without it."""
        passages = self.ledger.passages_of(hit.article)
        at = next((at for at, passage in enumerate(passages) if passage.id == hit.passage.id), None)
        if at is None:
            return ()
        return passages[max(0, at - number) : at] + passages[at + 1 : at + 1 + number]

    def _hits(
        self, listed: Sequence[tuple[str, float, dict[str, int]]], limit: int, per_article: int
    ) -> tuple[Hit, ...]:
        """The first `limit` that the ledger knows (an index may lag a moment behind it), no passage twice in two articles' copies."""
        articles: dict[str, Article] = {}
        reports: dict[str, str] = {}
        told: dict[str, list[tuple[str, str]]] = {}  # report -> article and text of the passages that are shown of it
        hits: list[Hit] = []
        for first in range(0, len(listed), limit):
            page = listed[first : first + limit]  # at once: each reading has its cost
            places = self.ledger.passages([one for one, _, _ in page])
            unread = {place[0] for place in places.values()} - articles.keys()
            articles |= self.ledger.articles(unread)
            reports |= self.ledger.reports(unread)
            for one, score, ranks in page:
                article_id, start, end = places.get(one, ("", 0, 0))
                if article_id not in articles or len(hits) == limit:
                    continue
                text = articles[article_id].text[start:end]
                shown = told.setdefault(reports.get(article_id, article_id), [])
                if sum(other == article_id for other, _ in shown) == per_article:
                    continue
                if any(other != article_id and copied(text, passage) for other, passage in shown):
                    continue
                shown.append((article_id, text))
                passage = Passage(id=one, article_id=article_id, start=start, end=end, text=text)
                hits.append(Hit(passage=passage, article=articles[article_id], score=round(score, 6), ranks=ranks))
            if len(hits) == limit:
                break
        return self._with_copies(hits, reports)

    def _with_copies(self, hits: Sequence[Hit], reports: dict[str, str]) -> tuple[Hit, ...]:
        """The hits, each with the other articles that carry its report."""
        told = {hit.article.id: reports.get(hit.article.id) for hit in hits}
        carriers = self.ledger.carriers({report for report in told.values() if report})
        return tuple(
            replace(hit, also=tuple(sorted(set(carriers.get(told[hit.article.id] or "", ())) - {hit.article.id})))
            for hit in hits
        )


def copied(text: str, shown: str) -> bool:
    """Whether a passage is the copy of one that is shown: nine tenths of their word sequences are the same.

    >>> told = "وصل الوفد إلى العاصمة صباح اليوم والتقى رئيس الحكومة في مكتبه"
    >>> copied(told.replace("إلى", "الى"), told), copied(told + " ثم غادر الوفد مساء إلى المطار وقال إنه سيعود بعد شهر", told)
    (True, False)
    """
    if text == shown or min(len(text), len(shown)) < SHORTER * max(len(text), len(shown)):
        return text == shown
    one, other = _sketched(text), _sketched(shown)
    return one is not None and other is not None and jaccard(one, other) >= COPIED


_sketched = lru_cache(100)(sketch)  # of the passages shown: each is compared with several


def fused(searches: dict[str, tuple[float, list[Found]]]) -> list[tuple[str, float, dict[str, int]]]:
    """Several searches as one, best first: the weighted mean of their scores, each divided by its best.

    Ranks are not fused: reciprocal rank fusion loses where one search is much the weaker.
    """
    total: dict[str, float] = {}
    ranks: dict[str, dict[str, int]] = {}
    weights = sum(weight for weight, _ in searches.values())
    for name, (weight, search) in searches.items():
        best = max((score for _, score in search), default=0.0) or 1.0
        for rank, (match, score) in enumerate(search, 1):
            total[match] = total.get(match, 0.0) + weight * score / best / weights
            ranks.setdefault(match, {})[name] = rank
    return [(one, total[one], ranks[one]) for one in sorted(total, key=lambda item: (-total[item], item))]


def checked(question: str) -> str:
    """The question without surrounding space; UsageError where there is nothing to search for, or too much."""
    text = question.strip()
    if not text:
        raise UsageError("question.empty")
    if len(text) > LONGEST:
        raise UsageError("question.too_long", length=len(text), limit=LONGEST)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageError("question.not_unicode")
    return text
