"""The articles of a store, their passages, and their near-duplicates."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from index.chunking import embedding_text
from index.errors import NotFound, StoreDamaged
from index.language.normalize import folded_name
from index.models import Article, Filters, Passage, Reprint, Span, Value
from index.near_duplicates import MAX_CANDIDATES, Sketch, group_of, sketch
from index.store.database import Database
from index.store.outbox import enqueue
from index.store.schema import store_error
from index.store.vector_cache import text_digest

STORED = "id, root, path, sha256, text, title, published, publisher, url, language, boilerplate, digest"
COLUMNS = f"{STORED}, (SELECT day FROM retrieved WHERE article_id = articles.id)"
EMBEDDED = """
    SELECT "start", "end", digest FROM (
        SELECT "start", "end", CASE WHEN EXISTS (SELECT 1 FROM vectors v WHERE v.text_sha256 = p.text_sha256)
            THEN p.text_sha256 ELSE s.text_sha256 END AS digest
        FROM passages p LEFT JOIN stand_ins s ON s.passage_id = p.id WHERE p.article_id = ?)
    WHERE digest IS NOT NULL
"""  # the spans of an article's passages that have a vector, with the digest of its text
PAGE = 500  # articles read at once


class Location(Value, frozen=True, kw_only=True):
    """The file that an article was read from.

    `path` inside `root`, and the SHA-256 of its bytes.
    """

    root: str
    path: str
    sha256: str

    def exists(self) -> bool:
        """Return whether the file is still there."""
        root = Path(self.root)
        return root.is_file() or (root / self.path).is_file()


class ArticleTable(Database):
    """The tables `articles`, `passages`, `copies` and `copy_keys`.

    An article whose row is not what was written (its text does not have its digest, or a column cannot be decoded)
    is damaged: `article` names it, the readers of many leave it out.
    """

    @staticmethod
    def _digest_passages(db: sqlite3.Connection) -> None:
        """Fill `passages.text_sha256` of every passage, inside a transaction."""
        spans = 'SELECT id, "start", "end" FROM passages WHERE article_id = ?'
        ids = [row[0] for row in db.execute("SELECT id FROM articles")]
        for article_id in ids:
            query = f"SELECT {STORED}, NULL FROM articles WHERE id = ?"
            article = read_row(db.execute(query, (article_id,)).fetchone())
            if article is None:
                continue
            for key, start, end in db.execute(spans, (article_id,)).fetchall():
                passage = Passage(id=key, article_id=article_id, start=start, end=end, text=article.text[start:end])
                digest = text_digest(embedding_text(article, passage))
                db.execute("UPDATE passages SET text_sha256 = ? WHERE id = ?", (digest, key))

    # --- writing ---

    def replace(
        self, entries: Iterable[tuple[Article, Sequence[Passage]]], sketches: Sequence[Sketch | None] | None = None
    ) -> None:
        """Put whole articles in, in one transaction.

        An article of the same id gives way to its new version, whose passages are found by the vectors of the old ones
        until they have their own.
        `sketches` are those of the articles, in their order, where they are known already.
        """
        listed = list(entries)
        known = sketches or [sketch(article.text, article.boilerplate) for article, _ in listed]
        with self._transaction() as db:
            present = self._present([article.id for article, _ in listed])
            for (article, passages), own in zip(listed, known, strict=True):
                earlier: list[tuple[int, int, bytes]] = []
                if article.id in present:
                    earlier = db.execute(EMBEDDED, (article.id,)).fetchall()
                    db.execute("DELETE FROM articles WHERE id = ?", (article.id,))
                present.add(article.id)
                db.execute(f"INSERT INTO articles({STORED}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", _row(article))
                if article.retrieved:
                    db.execute("INSERT INTO retrieved VALUES (?,?)", (article.id, article.retrieved.isoformat()))
                rows = (
                    (passage.id, article.id, passage.start, passage.end, text_digest(embedding_text(article, passage)))
                    for passage in passages
                )
                db.executemany("INSERT INTO passages VALUES (?,?,?,?,?)", rows)
                if earlier:
                    nearest = ((passage.id, _nearest(passage, earlier)) for passage in passages)
                    db.executemany("INSERT INTO stand_ins VALUES (?,?)", nearest)
                if own:
                    report = group_of(own, self) or article.id
                    db.execute("INSERT INTO copies VALUES (?,?,?)", (article.id, report, own.hashes))
                    db.executemany("INSERT INTO copy_keys VALUES (?,?)", ((key, article.id) for key in own.keys))
                enqueue(db, article.id)

    def delete(self, ids: Iterable[str]) -> None:
        """Take articles out, in one transaction."""
        with self._transaction() as db:
            for article_id in ids:
                db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
                enqueue(db, article_id)

    def adopt(self, root: str, paths: Mapping[str, str]) -> None:
        """Record a new location of articles (id → path).

        The folder was moved, their bytes are the same.
        """
        with self._transaction() as db:
            rows = ((root, path, article_id) for article_id, path in paths.items())
            db.executemany("UPDATE articles SET root = ?, path = ? WHERE id = ?", rows)

    # --- articles ---

    def known(self, root: str) -> dict[str, str]:
        """Return id → file of the articles that came from a PATH."""
        return dict(self._read("SELECT id, path FROM articles WHERE root = ?", (root,)))

    def roots(self) -> dict[str, tuple[int, int]]:
        """Return PATH → number of its articles and of their files.

        "" for those that were given without one.
        """
        query = "SELECT root, count(*), count(DISTINCT path) FROM articles GROUP BY root ORDER BY root"
        return {root: (articles, files) for root, articles, files in self._read(query)}

    def locations(self, ids: Collection[str]) -> dict[str, Location]:
        """Return where those of the articles that are there came from.

        A damaged article has an empty `sha256`, so that an index run takes its file for changed and reads it again.
        """
        rows = self._read_in(f"SELECT {COLUMNS} FROM articles WHERE id IN", ids)
        return {
            row[0]: Location(root=row[1], path=row[2], sha256=row[3] if read_row(row) is not None else "")
            for row in rows
        }

    def article(self, article_id: str) -> Article:
        """Return an article.

        Raises NotFound for an unknown id, StoreDamaged where its row is not what was written.
        """
        rows = self._read_in(f"SELECT {COLUMNS} FROM articles WHERE id IN", (article_id,))
        if not rows:
            raise NotFound("store.no_article", id=article_id, store=self.store)
        if (article := read_row(rows[0])) is None:
            raise StoreDamaged("store.text_damaged", id=article_id, store=self.store)
        return article

    def articles(self, ids: Collection[str]) -> dict[str, Article]:
        """Return those of the articles that are there and undamaged, by id."""
        rows = self._read_in(f"SELECT {COLUMNS} FROM articles WHERE id IN", ids)
        return {article.id: article for article in map(read_row, rows) if article}

    def reprints(self, ids: Collection[str]) -> dict[str, Reprint]:
        """Return who printed the articles, and when, by id; their texts are not read."""
        rows = self._read_in("SELECT id, publisher, published FROM articles WHERE id IN", ids)
        return {key: Reprint(file_id=key, publisher=publisher, published=_day(day)) for key, publisher, day in rows}

    def every_article(self) -> Iterator[Article]:
        """Yield all undamaged articles in order of id, a page at a time."""
        last = ""
        while rows := self._read(f"SELECT {COLUMNS} FROM articles WHERE id > ? ORDER BY id LIMIT {PAGE}", (last,)):
            yield from filter(None, map(read_row, rows))
            last = rows[-1][0]

    def article_states(self) -> dict[str, tuple[bytes, str | None]]:
        """Return id → (digest, day of publication in ISO form) of every article."""
        rows = self._read("SELECT id, digest, title, published FROM articles")
        return {
            article_id: (hashlib.blake2b(digest + repr((title, day)).encode(), digest_size=16).digest(), day)
            for article_id, digest, title, day in rows
        }

    def damaged_articles(self, ids: Collection[str] | None = None) -> list[str]:
        """Return the ids of damaged articles, among `ids` (None: all)."""
        if ids is not None:
            rows = iter(self._read_in(f"SELECT {COLUMNS} FROM articles WHERE id IN", ids))
            return [row[0] for row in rows if read_row(row) is None]
        try:
            return [row[0] for row in self._db.execute(f"SELECT {COLUMNS} FROM articles") if read_row(row) is None]
        except sqlite3.Error as error:
            raise store_error(error, self.store) from error

    def place(self, place: str) -> tuple[Article, Span | None]:
        """Return the article and the span that `FILE_ID` or `FILE_ID:START-END` names.

        NotFound beyond the article's end.
        """
        if self._present((place,)):
            return self.article(place), None
        if match := re.fullmatch(r"(.+):(\d{1,9})-(\d{1,9})", place):
            article, span = self.article(match[1]), Span(int(match[2]), int(match[3]))
            if not span.start <= span.end <= len(article.text):
                raise NotFound("store.no_span", id=match[1], length=len(article.text), start=match[2], end=match[3])
            return article, span
        return self.article(place), None

    def matching(self, filters: Filters) -> set[str]:
        """Return the ids of the articles that filters allow.

        Languages and publishers match in any case and spelling.
        """
        days = ((">=", filters.since), ("<=", filters.until))
        tests = [(f"published {sign} ?", day.isoformat()) for sign, day in days if day]
        names = set(map(folded_name, filters.publishers))
        publishers = [publisher for publisher in self.publishers() if folded_name(publisher) in names] if names else []
        for column, wanted, values in (
            ("language", filters.languages, [language.strip().lower() for language in filters.languages]),
            ("publisher", filters.publishers, publishers),
            ("id", filters.file_ids, filters.file_ids),
        ):
            if wanted:
                tests.append((f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(values).decode()))
        where = " AND ".join(test for test, _ in tests) or "TRUE"
        return {row[0] for row in self._read(f"SELECT id FROM articles WHERE {where}", [value for _, value in tests])}

    def publishers(self) -> list[str]:
        """Return the publishers that articles name, in order."""
        return [row[0] for row in self._read("SELECT DISTINCT publisher FROM articles WHERE publisher > '' ORDER BY 1")]

    def span_of_dates(self) -> tuple[str | None, str | None]:
        """Return the first and the last publication date as ISO 8601."""
        oldest, newest = self._read("SELECT min(published), max(published) FROM articles")[0]
        return oldest, newest

    def _present(self, ids: Collection[str]) -> set[str]:
        return {row[0] for row in self._read_in("SELECT id FROM articles WHERE id IN", ids)}

    # --- passages ---

    def passages(self, ids: Collection[str]) -> dict[str, tuple[str, int, int]]:
        """Return passage id → (article id, start, end), for those that are there."""
        query = 'SELECT id, article_id, "start", "end" FROM passages WHERE id IN'
        return {key: (article_id, start, end) for key, article_id, start, end in self._read_in(query, ids)}

    def successors(self, ids: Collection[str]) -> dict[str, list[str]]:
        """Return, for ids that are no passage any more, the passages of their article now.

        An id that an index has not dropped yet is so led to the text that took its place; the ids of an article that
        is gone lead to none.
        """
        current = self.passages(ids)
        gone = {key: key.rpartition(":")[0] for key in ids if key not in current}
        by_article: dict[str, list[str]] = {}
        query = "SELECT article_id, id FROM passages WHERE article_id IN"
        rows = self._read_in(query, set(gone.values())) if gone else []
        for article_id, key in rows:
            by_article.setdefault(article_id, []).append(key)
        return {key: by_article.get(article_id, []) for key, article_id in gone.items()}

    def passages_of(self, article: Article) -> tuple[Passage, ...]:
        """Return the passages of an article in reading order."""
        query = 'SELECT id, "start", "end" FROM passages WHERE article_id = ? ORDER BY "start"'
        return tuple(
            Passage(id=key, article_id=article.id, start=start, end=end, text=article.text[start:end])
            for key, start, end in self._read(query, (article.id,))
        )

    def passage_ids(self, articles: Collection[str]) -> list[str]:
        """Return the ids of the passages of these articles."""
        return [row[0] for row in self._read_in("SELECT id FROM passages WHERE article_id IN", articles)]

    # --- near-duplicates ---

    def near(self, keys: Sequence[int]) -> list[tuple[str, Sketch]]:
        """Return (report, sketch) of the articles that share the most keys.

        The store of `index.near_duplicates`.
        """
        some = f"SELECT * FROM (SELECT article_id FROM copy_keys WHERE key = ? LIMIT {2 * MAX_CANDIDATES})"
        shared = Counter(row[0] for row in self._read(" UNION ALL ".join([some] * len(keys)), keys))
        nearest = [article_id for article_id, _ in shared.most_common(MAX_CANDIDATES)]
        rows = self._read_in("SELECT report, hashes FROM copies WHERE article_id IN", nearest)
        return [(report, Sketch(hashes=hashes)) for report, hashes in rows]

    def reports(self, ids: Collection[str]) -> dict[str, str]:
        """Return article id → the report that it carries.

        Articles of one report are copies of each other.
        """
        return dict(self._read_in("SELECT article_id, report FROM copies WHERE article_id IN", ids))

    def carriers(self, reports: Collection[str]) -> dict[str, list[str]]:
        """Return report → the ids of all the articles that carry it."""
        carried: dict[str, list[str]] = {}
        for article_id, report in self._read_in("SELECT article_id, report FROM copies WHERE report IN", reports):
            carried.setdefault(report, []).append(article_id)
        return carried


def _nearest(passage: Passage, earlier: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Return the digest of the earlier passage that a passage overlaps most."""
    return max(earlier, key=lambda old: min(old[1], passage.end) - max(old[0], passage.start))[2]


def _row(article: Article) -> tuple[Any, ...]:
    published = article.published.isoformat() if article.published else None
    boilerplate = msgspec.json.encode(article.boilerplate).decode()
    origin = (article.id, article.root, article.path, article.sha256, article.text, article.title, published)
    return (*origin, article.publisher, article.url, article.language, boilerplate, text_digest(article.text))


def _day(written: object) -> date | None:
    """Return a day in ISO form; None where there is none, or it is damaged."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None


def read_row(row: tuple[Any, ...]) -> Article | None:
    """Return the article of a row, or None if the row is damaged."""
    key, root, path, sha256, text, title, published, publisher, url, language, boilerplate, digest, retrieved = row
    if text_digest(text) != digest:
        return None
    try:
        return Article(
            id=key,
            root=root,
            path=path,
            sha256=sha256,
            text=text,
            title=title,
            published=date.fromisoformat(published) if published else None,
            publisher=publisher,
            url=url,
            language=language,
            boilerplate=msgspec.json.decode(boilerplate, type=tuple[Span, ...]),
            retrieved=date.fromisoformat(retrieved) if retrieved else None,
        )
    except (ValueError, msgspec.MsgspecError):
        return None
