"""Search a store by words and by meaning.

A question in, fused and filtered hits out. Whatever is wrong with the search by meaning, words answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from index.errors import IsnadError, NoStore, ProviderError, StoreBusy, StoreDamaged, UsageError
from index.language.analyzer import question_terms, terms
from index.messages.reason import Reason
from index.models import Article, Count, Filters, GroupBy, Hit, Passage
from index.near_duplicates import jaccard, sketch
from index.search.aggregate import CountedArticle, count_articles
from index.search.fusion import QUOTA, FusedMatch, Match, fuse, with_quota
from index.search.lexical import LexicalIndex
from index.search.rerank import Reranker, rerank
from index.search.temporal import TemporalIntent, boost_recency, temporal_intent
from index.store.ledger import Ledger
from index.stories import StoryIndex

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

LONGEST = 2_000  # characters of a question
COPIED = 0.9  # Jaccard similarity of word sequences from which a passage is the copy of another
SHORTER = 0.7  # of the letters: a shorter passage cannot reach that similarity
REORDERED = 30  # hits that a reranker, or the time asked for, puts in order
DEEPEST = 100_000  # passages that are looked at, whatever the limit: the engine sets memory aside for each
DEPTH = 5  # times the limit: how many passages each search is asked for
MANY = 0.1  # share of the articles from which on a language has a quota of the hits


class Search(Protocol):
    """A way of searching passages."""

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[Match]:
        """Return (passage id, score), best first, among the allowed articles (None: all)."""
        ...


class Retriever:
    """The search over a store.

    `meaning` and `reranker` are None if no such model is set; `closing` is called by `close`.
    """

    def __init__(
        self,
        ledger: Ledger,
        lexical: LexicalIndex,
        meaning: Callable[[], Search] | None = None,
        weight: float | Callable[[], float] = 0.0,
        closing: Callable[[], None] | None = None,
        reranker: Reranker | None = None,
        encoder: Callable[[], Embedder | None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self.lexical = lexical
        self._meaning = meaning
        self._weight = weight if callable(weight) else lambda: weight
        self._closing = closing
        self._reranker = reranker
        self._encoder = encoder
        self._failure: IsnadError | None = None  # of the last search by meaning

    def close(self) -> None:
        """Close the store's files."""
        self.ledger.close()
        if self._closing:
            self._closing()

    def encoder(self) -> Embedder | None:
        """Return the embedder that sentences can be compared by.

        None where the search by meaning is off.
        """
        return self._encoder() if self._weight() else None

    def allowed(self, filters: Filters | None) -> set[str] | None:
        """Return the ids of the articles that filters allow, which may be none.

        None if there is no filter.
        """
        return self.ledger.matching(filters) if filters else None

    def search(
        self,
        question: str,
        limit: int = 10,
        articles: Collection[str] | None = None,
        *,
        per_article: int | None = None,
        intent: TemporalIntent | None = None,
    ) -> tuple[Hit, ...]:
        """Return the best passages for a question, copies of a report once.

        Only `articles` are searched (None: all). At most `limit` passages are returned, at most `per_article` of the
        same article. Newer reports, or those of named days, come sooner if `intent` asks for them, which is read
        from the question if it is None. Raises UsageError for a blank question or more than 2,000 characters, or a
        limit below 1.
        """
        text = checked(question)
        if limit < 1 or (per_article is not None and per_article < 1):
            raise UsageError("search.no_limit")
        if articles is not None and not articles:
            return ()
        intent = temporal_intent(text) if intent is None else intent
        wide = max(limit, REORDERED) if intent or self._reranker else limit
        depth = min(wide * DEPTH, DEEPEST)
        hits = self._hits(self._matches(text, depth, articles), wide, per_article or wide)
        if self._reranker:
            hits = rerank(text, hits, self._reranker)
        return boost_recency(hits, intent)[:limit]

    def notes(self) -> tuple[Reason, ...]:
        """Return what was wrong with the last search by meaning; words alone answered."""
        return () if self._failure is None else (Reason.of("vectors.words_only", why=self._failure),)

    def _matches(self, text: str, depth: int, allowed: Collection[str] | None) -> list[FusedMatch]:
        """Return the matches of the searches that are on, best first."""
        lexical = self._current(text, depth, allowed)
        semantic = self._by_meaning(text, depth, allowed)
        matches = fuse(lexical, semantic, self._weight())
        if not semantic or len(languages := self._main_languages()) < 2:
            return matches
        own = self._language_of(matches[:QUOTA])
        others = [self._by_meaning(text, depth, self._in(key, allowed)) for key in languages if key != own]
        return with_quota(matches, others)

    def _current(self, text: str, depth: int, allowed: Collection[str] | None) -> list[Match]:
        """Return the matches by words, as passages that the ledger knows.

        A passage of an article that changed since it was indexed gives its place to the passage, of the article as it
        is now, that has most of the question's words. Where the article itself is gone, the index may have followed
        meanwhile, and is asked once more.
        """
        matches = self.lexical.search(text, depth, allowed)
        successors = self.ledger.successors([key for key, _ in matches])
        if not all(successors.values()):
            matches = self.lexical.search(text, depth, allowed)
            successors = self.ledger.successors([key for key, _ in matches])
        if not successors:
            return matches
        scores: dict[str, float] = {}
        for key, score in matches:
            candidates = successors.get(key, [key])
            current = candidates[0] if len(candidates) == 1 else self._nearest_by_words(text, candidates)
            if current is not None:
                scores[current] = max(score, scores.get(current, 0.0))
        return sorted(scores.items(), key=lambda match: (-match[1], match[0]))

    def _nearest_by_words(self, question: str, passages: Sequence[str]) -> str | None:
        """Return the passage that shares most stems with a question, the first of equals.

        None of no passages.
        """
        wanted = set(question_terms(question).stems)
        places = self.ledger.passages(passages)
        articles = self.ledger.articles({article_id for article_id, _, _ in places.values()})

        def shared(key: str) -> int:
            article_id, start, end = places[key]
            return len(wanted & set(terms(articles[article_id].text[start:end]).stems))

        known = (key for key in passages if key in places and places[key][0] in articles)
        return max(known, key=shared, default=None)

    def _by_meaning(self, text: str, depth: int, allowed: Collection[str] | None) -> list[Match]:
        """Return the matches by meaning; none where it is off, not ready, or fails."""
        if not (self._meaning and self._weight()):
            return []
        self._failure = None
        try:
            return self._meaning().search(text, depth, allowed)
        except NoStore:  # too little is embedded yet, which `isnad status` tells
            return []
        except (StoreDamaged, StoreBusy, ProviderError) as error:
            self._failure = error
            return []

    def _main_languages(self) -> list[str]:
        return [language for language, share in self.languages().items() if share > MANY]

    def _language_of(self, matches: Sequence[FusedMatch]) -> str | None:
        """Return the language of most of these passages' articles."""
        places = self.ledger.passages([match.passage_id for match in matches])
        articles = self.ledger.articles({article_id for article_id, _, _ in places.values()})
        counts = Counter(articles[place[0]].language for place in places.values() if place[0] in articles)
        return counts.most_common(1)[0][0] if counts else None

    def _in(self, language: str, allowed: Collection[str] | None) -> set[str]:
        articles = self.ledger.matching(Filters(languages=(language,)))
        return articles if allowed is None else articles & set(allowed)

    def search_any(
        self,
        questions: Sequence[str],
        limit: int = 10,
        articles: Collection[str] | None = None,
        before: Sequence[Hit] | None = None,
        intent: TemporalIntent | None = None,
    ) -> tuple[Hit, ...]:
        """Return the best passages for any of several wordings of a question.

        Each passage is returned once, with its best score. The hits of a wording keep their order; wordings are
        compared by what their words reach (`merge_wordings`).
        `before` are the hits of other wordings, which are not searched for again.
        """
        searches = (self.search(question, limit, articles, intent=intent) for question in questions)
        return merge_wordings([*([before] if before else []), *searches])[:limit]

    def languages(self) -> dict[str, float]:
        """Return language → its share of the articles, 0 to 1; the most frequent first."""
        counts = {key: number for key, number in self.ledger.languages().items() if key}
        every = sum(counts.values())
        return {count: counts[count] / every for count in sorted(counts, key=lambda count: (-counts[count], count))}

    def span_of_dates(self) -> tuple[date | None, date | None]:
        """Return the first and the last day of publication; None where none is dated."""
        oldest, newest = self.ledger.span_of_dates()
        return (date.fromisoformat(oldest), date.fromisoformat(newest)) if oldest and newest else (None, None)

    def publishers(self) -> list[str]:
        """Return the publishers that articles name, in order."""
        return self.ledger.publishers()

    def count(
        self,
        words: Sequence[str],
        by: GroupBy = "article",
        filters: Filters | None = None,
        places: Callable[[str], Iterable[str]] = lambda text: (),
    ) -> tuple[Count, tuple[CountedArticle, ...]]:
        """Count the articles that hold all of the words.

        See `index.search.aggregate.count_articles`.
        """
        return count_articles(self.ledger, self.lexical, words, by, filters, places)

    def neighbours(self, hit: Hit, number: int) -> tuple[Passage, ...]:
        """Return up to `number` passages on either side of a hit, in reading order."""
        passages = self.ledger.passages_of(hit.article)
        at = next((at for at, passage in enumerate(passages) if passage.id == hit.passage.id), None)
        if at is None:
            return ()
        return passages[max(0, at - number) : at] + passages[at + 1 : at + 1 + number]

    def _hits(self, listed: Sequence[FusedMatch], limit: int, per_article: int) -> tuple[Hit, ...]:
        """Return the first `limit` that the ledger knows, without copies of a passage.

        An index may lag a moment behind the ledger.
        """
        articles: dict[str, Article] = {}
        reports: dict[str, str] = {}
        shown_of: dict[
            str, list[tuple[str, str]]
        ] = {}  # report -> article and text of the passages that are shown of it
        hits: list[Hit] = []
        for first in range(0, len(listed), limit):
            page = listed[first : first + limit]  # at once: each reading has its cost
            places = self.ledger.passages([match.passage_id for match in page])
            unread = {place[0] for place in places.values()} - articles.keys()
            articles |= self.ledger.articles(unread)
            reports |= self.ledger.reports(unread)
            for match in page:
                article_id, start, end = places.get(match.passage_id, ("", 0, 0))
                if article_id not in articles or len(hits) == limit:
                    continue
                text = articles[article_id].text[start:end]
                shown = shown_of.setdefault(reports.get(article_id, article_id), [])
                if sum(other == article_id for other, _ in shown) == per_article:
                    continue
                if any(other != article_id and copied(text, passage) for other, passage in shown):
                    continue
                shown.append((article_id, text))
                passage = Passage(id=match.passage_id, article_id=article_id, start=start, end=end, text=text)
                hits.append(
                    Hit(
                        passage=passage,
                        article=articles[article_id],
                        score=round(match.score, 6),
                        lexical_score=round(match.lexical_score, 6),
                        ranks=match.ranks,
                    )
                )
            if len(hits) == limit:
                break
        return self._with_copies(hits, reports)

    def _with_copies(self, hits: Sequence[Hit], reports: dict[str, str]) -> tuple[Hit, ...]:
        """Add to each hit the ids of the other articles that carry its report."""
        carriers = self.ledger.carriers({report for hit in hits if (report := reports.get(hit.article.id))})

        def others(hit: Hit) -> tuple[str, ...]:
            return tuple(sorted(set(carriers.get(reports.get(hit.article.id, ""), ())) - {hit.article.id}))

        copies = {hit.article.id: others(hit) for hit in hits}
        printed = self.ledger.reprints({other for ids in copies.values() for other in ids})
        stories = StoryIndex(self.ledger).of(copies.keys())
        return tuple(
            replace(
                hit,
                duplicate_ids=(ids := copies[hit.article.id]),
                reprints=tuple(printed[other] for other in ids if other in printed),
                story=stories.get(hit.article.id),
            )
            for hit in hits
        )


def merge_wordings(rankings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Merge the hits of several wordings of a question, each passage once.

    A fused score is measured by the cosines of its own list, so that those of two lists cannot be compared; the
    lexical share can. Each list is scaled so that its best score is the best lexical share in it: its order stays, and
    a wording whose words reach more comes first. What only meaning found, in a list without words, comes last. A single
    list is returned as it is.
    """
    rankings = [hits for hits in rankings if hits]
    if len(rankings) < 2:
        return tuple(rankings[0]) if rankings else ()
    best: dict[str, Hit] = {}
    for hits in rankings:
        highest = max(hit.score for hit in hits)
        share = max(hit.score if hit.lexical_score is None else hit.lexical_score for hit in hits)
        for hit in hits:
            scaled = replace(hit, score=round(hit.score * share / highest, 6) if highest else 0.0)
            if hit.passage.id not in best or best[hit.passage.id].score < scaled.score:
                best[hit.passage.id] = scaled
    return tuple(sorted(best.values(), key=lambda hit: -hit.score))


def copied(text: str, shown: str) -> bool:
    """Return whether a passage is a copy of a shown passage.

    Nine tenths of their word sequences are the same.

    >>> shown = "وصل الوفد إلى العاصمة صباح اليوم والتقى رئيس الحكومة في مكتبه"
    >>> longer = shown + " ثم غادر الوفد مساء إلى المطار وقال إنه سيعود بعد شهر"
    >>> copied(shown.replace("إلى", "الى"), shown), copied(longer, shown)
    (True, False)
    """
    if text == shown or min(len(text), len(shown)) < SHORTER * max(len(text), len(shown)):
        return text == shown
    mine, other = _sketched(text), _sketched(shown)
    return mine is not None and other is not None and jaccard(mine, other) >= COPIED


_sketched = lru_cache(100)(sketch)  # of the passages shown: each is compared with several


def checked(question: str) -> str:
    """Return the question without surrounding space.

    Raises UsageError where it is no text, empty, too long or no valid Unicode.
    """
    if not isinstance(question, str):  # callers from Python may pass anything
        raise UsageError("question.not_text", type=type(question).__name__)
    text = question.strip()
    if not text:
        raise UsageError("question.empty")
    if len(text) > LONGEST:
        raise UsageError("question.too_long", length=len(text), limit=LONGEST)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageError("question.not_unicode")
    return text
