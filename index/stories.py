"""Group articles on one event into stories, incrementally as they are indexed.

An article is the vector of its heaviest word stems, title and lead, weighted by tf-idf, of length one. Articles are
taken in the order of their days; each joins the story of the most similar article within DAYS days of its own if the
cosine is at least THRESHOLD, and otherwise begins a story (single-pass clustering, as in topic detection and tracking:
Allan et al. 1998). Stories live in an SQLite file of their own beside the ledger, which can be deleted and is then
built anew.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any

from index.errors import StoreError
from index.language.analyzer import stem, words
from index.models import Article, Value
from index.store.ledger import Ledger

# Chosen on 22 articles of SaudiNewsNet with their nine nearest each, labelled by reading: F1 .94; .81 to .83 on 75
# others that were labelled by somebody else (docs/benchmarks.md). Longer leads lose precision (600 letters: F1 .91).
THRESHOLD = 0.35  # cosine
DAYS = 2  # between two articles of one story, at most
LEAD = 300  # letters of the text that count beside the title
TITLE_WEIGHT = 2  # how often a word of the title counts
TERMS = 24  # heaviest stems that are kept of an article
CANDIDATES = 400  # most recent articles that are compared for one stem
PRIOR = 1_000  # articles added to the count, so that in a small store a word of two articles still weighs
BATCH = 2_000  # articles whose frequencies are counted before they are assigned
VERSION = 1  # raise it when stories are made otherwise

_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles(id TEXT PRIMARY KEY, digest BLOB NOT NULL, day INTEGER, story TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS articles_by_story ON articles(story);
CREATE INDEX IF NOT EXISTS articles_by_day ON articles(day);
CREATE TABLE IF NOT EXISTS terms(article TEXT NOT NULL, term TEXT NOT NULL, weight REAL NOT NULL,
    PRIMARY KEY(article, term)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document_frequency(term TEXT PRIMARY KEY, articles INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

Vector = dict[str, float]
_stem = lru_cache(100_000)(stem)


class Story(Value, frozen=True, kw_only=True):
    """Articles on one event, oldest first.

    `id` is the id of the article that began it.

    >>> Story(id="a", articles=("a", "b"), first=date(2026, 3, 1), last=date(2026, 3, 2)).last
    datetime.date(2026, 3, 2)
    """

    id: str
    articles: tuple[str, ...]
    first: date | None
    last: date | None


class StoryIndex:
    """The stories of a store, kept equal to its ledger by `refresh`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._path = ledger.store / f"stories-{VERSION}.db"

    def refresh(self, progress: Callable[[str, int, int | None], None]) -> None:
        """Take over new, changed and deleted articles of the ledger."""
        states = self._ledger.article_states()
        current = {article_id: state for article_id, (state, _) in states.items()}
        with self._open() as db:
            stored: dict[str, bytes] = dict(db.execute("SELECT id, digest FROM articles"))
            gone = [article_id for article_id in stored if current.get(article_id) != stored[article_id]]
            new = [article_id for article_id in current if stored.get(article_id) != current[article_id]]
            if not gone and not new:
                return
            _remove(db, gone)
            new.sort(key=lambda article_id: (states[article_id][1] or "", article_id))
            for start in range(0, len(new), BATCH):
                batch = new[start : start + BATCH]
                _add(db, list(self._ledger.articles(batch).values()), current)
                progress("stories", start + len(batch), len(new))

    def of(self, article_ids: Collection[str]) -> dict[str, str]:
        """Return the story id of each article that has one."""
        return dict(self._read("SELECT id, story FROM articles WHERE id IN ({})", article_ids))

    def stories(
        self,
        since: date | None = None,
        until: date | None = None,
        *,
        ids: Collection[str] | None = None,
        least: int = 2,
    ) -> list[Story]:
        """Return stories of at least `least` articles, the largest first.

        since, until: days in which a story must have an article, inclusive. ids: only these stories.
        """
        if ids is None:
            rows = self._read("SELECT story, id, day FROM articles")
        else:
            rows = self._read("SELECT story, id, day FROM articles WHERE story IN ({})", ids)
        groups: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for story, article_id, day in rows:
            groups[story].append((day or 0, article_id))
        grouped = [_story(story, sorted(members)) for story, members in groups.items() if len(members) >= least]
        wanted = [story for story in grouped if _overlaps(story, since, until)]
        return sorted(wanted, key=lambda story: (-len(story.articles), story.id))

    def close(self) -> None:
        """Do nothing: every call opens and closes the file."""

    def _read(self, query: str, values: Collection[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query without making the file.

        No rows where there is none, or it is damaged (`refresh` mends it).
        """
        try:
            db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", timeout=30, uri=True)
        except sqlite3.OperationalError:
            return []
        try:
            return db.execute(query).fetchall() if values is None else _among(db, query, values)
        except sqlite3.DatabaseError:
            return []
        finally:
            db.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in one transaction; a damaged file is deleted and begun anew."""
        for attempt in (1, 2):
            try:
                db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
                db.executescript(_SCHEMA)
                break
            except sqlite3.DatabaseError as error:
                if attempt == 2 or isinstance(error, sqlite3.OperationalError):
                    raise StoreError("stories.unreadable", path=str(self._path), detail=str(error)) from error
                self._path.unlink(missing_ok=True)
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        finally:
            db.close()


def similarity(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Return the cosine of two sparse vectors of length one.

    >>> similarity({"a": 0.6, "b": 0.8}, {"b": 1.0})
    0.8
    """
    return sum(weight * second.get(term, 0.0) for term, weight in first.items())


def term_counts(article: Article) -> Counter[str]:
    """Return how often each stem stands in the title and lead of an article."""
    counts: Counter[str] = Counter()
    for word in words(article.title or ""):
        counts[_stem(word)] += TITLE_WEIGHT
    counts.update(_stem(word) for word in words(article.text[:LEAD]))
    return counts


def vector(counts: Mapping[str, int], frequency: Mapping[str, int], articles: int) -> Vector:
    """Return the tf-idf vector of the TERMS heaviest stems, of length one."""
    weights = {
        term: (1 + math.log(count)) * math.log((articles + PRIOR) / (frequency.get(term, 0) + 1))
        for term, count in counts.items()
    }
    heaviest = sorted(weights.items(), key=lambda entry: (-entry[1], entry[0]))[:TERMS]
    length = math.sqrt(sum(weight * weight for _, weight in heaviest)) or 1.0
    return {term: weight / length for term, weight in heaviest}


def _add(db: sqlite3.Connection, articles: list[Article], digests: Mapping[str, bytes]) -> None:
    """Assign articles, in the order of their days, to stories."""
    counted = {article.id: term_counts(article) for article in articles}
    seen: Counter[str] = Counter(term for counts in counted.values() for term in counts)
    db.executemany(
        "INSERT INTO document_frequency VALUES (?,?) ON CONFLICT(term) DO UPDATE SET articles = articles + "
        "excluded.articles",
        seen.items(),
    )
    total = db.execute("SELECT count(*) FROM articles").fetchone()[0] + len(articles)
    frequency: dict[str, int] = dict(
        _among(db, "SELECT term, articles FROM document_frequency WHERE term IN ({})", seen.keys())
    )
    days = [_day(article) for article in articles]
    window = _Window(db, [day for day in days if day is not None])
    ordered = sorted(zip(days, articles, strict=True), key=lambda pair: (pair[0] or 0, pair[1].id))
    for day, article in ordered:
        terms = vector(counted[article.id], frequency, total)
        story = window.nearest(terms, day) or article.id
        window.add(article.id, terms, day, story)
        db.execute("INSERT INTO articles VALUES (?,?,?,?)", (article.id, digests[article.id], day, story))
        db.executemany(
            "INSERT INTO terms VALUES (?,?,?)", ((article.id, term, weight) for term, weight in terms.items())
        )


class _Window:
    """Postings of the articles near some days, in memory."""

    def __init__(self, db: sqlite3.Connection, days: list[int]) -> None:
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        self._articles: list[tuple[int | None, str]] = []  # day and story
        first, last = min(days, default=0) - DAYS, max(days, default=0) + DAYS
        query = (
            "SELECT a.id, a.day, a.story, t.term, t.weight FROM articles a JOIN terms t ON t.article = a.id "
            "WHERE a.day BETWEEN ? AND ? OR a.day IS NULL ORDER BY a.day, a.id"
        )
        loaded: dict[str, tuple[int | None, str, Vector]] = {}
        for article_id, day, story, term, weight in db.execute(query, (first, last)):
            loaded.setdefault(article_id, (day, story, {}))[2][term] = weight
        for article_id, (day, story, terms) in loaded.items():
            self.add(article_id, terms, day, story)

    def add(self, article_id: str, terms: Vector, day: int | None, story: str) -> None:
        """Add an article to the postings."""
        number = len(self._articles)
        self._articles.append((day, story))
        for term, weight in terms.items():
            self._postings[term].append((number, weight))

    def nearest(self, terms: Vector, day: int | None) -> str | None:
        """Return the story of the most similar article, None where none is similar enough."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term, weight in terms.items():
            for number, other in self._postings[term][-CANDIDATES:]:
                scores[number] += weight * other
        best, story = THRESHOLD, None
        for number, score in scores.items():
            other_day, other_story = self._articles[number]
            if score >= best and _near(day, other_day):
                best, story = score, other_story
        return story


def _near(day: int | None, other: int | None) -> bool:
    return day == other or (day is not None and other is not None and abs(day - other) <= DAYS)


def _remove(db: sqlite3.Connection, article_ids: list[str]) -> None:
    """Forget articles; a story that loses the article which began it keeps its id."""
    for article_id in article_ids:
        db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        db.execute("DELETE FROM terms WHERE article = ?", (article_id,))


def _day(article: Article) -> int | None:
    return article.published.toordinal() if article.published else None


def _story(story: str, members: list[tuple[int, str]]) -> Story:
    days = [day for day, _ in members if day]
    return Story(
        id=story,
        articles=tuple(article_id for _, article_id in members),
        first=date.fromordinal(days[0]) if days else None,
        last=date.fromordinal(days[-1]) if days else None,
    )


def _overlaps(story: Story, since: date | None, until: date | None) -> bool:
    if since is None and until is None:
        return True
    return (
        story.first is not None
        and story.last is not None
        and (since is None or story.last >= since)
        and (until is None or story.first <= until)
    )


def _among(db: sqlite3.Connection, query: str, values: Collection[Any]) -> list[tuple[Any, ...]]:
    """Run a query with `{}` in place of a list of values, 500 values at once."""
    rows: list[tuple[Any, ...]] = []
    listed = list(values)
    for start in range(0, len(listed), 500):
        page = listed[start : start + 500]
        rows += db.execute(query.format(",".join("?" * len(page))), page).fetchall()
    return rows
