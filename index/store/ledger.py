"""The ledger: one SQLite file that holds articles, passages, paid vectors and state. It is the truth; every index is derived from it.

A write is one transaction, committed to the disk (WAL, synchronous=FULL) before anything is told of it. What an index has yet to
take over is listed in `pending` by the same transaction, so a killed run is caught up by the next one, and nothing is paid twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Any

import msgspec

from index.errors import NoStore, NotFound, StoreBusy, StoreClosed, StoreError, StoreFull
from index.language.normalize import folded_name
from index.models import Article, Filters, Passage, Span, Value
from index.near_duplicates import MAX_CANDIDATES, Sketch, group_of, sketch

VERSION = 1
APPLICATION = 0x15AD  # "isnad": marks the file as ours
INDEXES = ("lexical", "vectors")
SCHEMA = """
CREATE TABLE articles(
    id TEXT PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL,
    title TEXT, published TEXT, publisher TEXT, url TEXT, language TEXT, boilerplate TEXT NOT NULL) STRICT;
CREATE INDEX articles_by_root ON articles(root);
CREATE INDEX articles_by_language ON articles(language, id);
CREATE INDEX articles_by_publisher ON articles(publisher, id);
CREATE INDEX articles_by_published ON articles(published, id);
CREATE TABLE passages(
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX passages_by_article ON passages(article_id);
CREATE TABLE copies(
    article_id TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE, report TEXT NOT NULL, hashes BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX copies_by_report ON copies(report);
CREATE TABLE copy_keys(
    key INTEGER NOT NULL, article_id TEXT NOT NULL REFERENCES copies(article_id) ON DELETE CASCADE,
    PRIMARY KEY(key, article_id)) STRICT, WITHOUT ROWID;
CREATE INDEX copy_keys_by_article ON copy_keys(article_id);
CREATE TABLE vectors(
    text_sha256 BLOB NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY(text_sha256, model)) STRICT, WITHOUT ROWID;
CREATE TABLE pending(derived TEXT NOT NULL, article_id TEXT NOT NULL, PRIMARY KEY(derived, article_id)) STRICT, WITHOUT ROWID;
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
ARTICLE = "id, root, path, sha256, text, title, published, publisher, url, language, boilerplate"


class Home(Value, frozen=True, kw_only=True):
    """Where an article came from."""

    root: str
    path: str
    sha256: str

    def still_there(self) -> bool:
        """Whether the file is still where it came from."""
        root = Path(self.root)
        return root.is_file() or (root / self.path).is_file()


class Ledger:
    """The ledger of one store folder. Reading needs no lock; writing goes through `writing()`, one process at a time."""

    def __init__(self, store: Path, connection: sqlite3.Connection) -> None:
        self.store = store
        self._db = connection
        self._turn = RLock()  # of one reader at a time, and of none while it closes
        self._languages: tuple[tuple[int, int], dict[str | None, int]] | None = (
            None  # as of which state, and what there was
        )

    @classmethod
    def open(cls, store: Path) -> Ledger:
        """The ledger of a store that exists; NoStore where nothing has been indexed, StoreError where it cannot be read.

        In a folder that may only be read it is read as it stands: whoever may write there should not, meanwhile.
        """
        path = store / "ledger.db"
        if not path.is_file():
            raise NoStore(f"no articles are indexed in {store}; run: isnad index FOLDER --store {store}")
        return cls(store, _connect(path) if writable(store) else _connect_closed(path))

    @classmethod
    def create(cls, store: Path) -> Ledger:
        """The ledger of a store, made where there is none."""
        try:
            store.mkdir(mode=0o700, parents=True, exist_ok=True)
            (store / "ledger.db").touch(mode=0o600)
        except OSError as error:
            raise StoreError(
                f"cannot write to {store}: {error.strerror}; choose another folder with --store"
            ) from error
        return cls(store, _connect(store / "ledger.db"))

    def close(self) -> None:
        with self._turn:
            self._db.close()

    # --- writing ---

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer. A second process is refused at once with the first one's pid and start; a dead one's lock is free.

        Raises StoreBusy for that, StoreClosed where the folder may only be read.
        """
        if not writable(self.store):
            raise StoreClosed(f"{self.store} may only be read, not written; copy it to a folder of your own for that")
        lock = os.open(self.store / "writer.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(lock, 100, 0).decode(errors="replace").strip() or "another process"
                raise StoreBusy(
                    f"{self.store} is being written by {holder}; wait for it, or stop it, and run again"
                ) from None
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._turn, transaction(self._db):
                yield self._db
        except sqlite3.Error as error:
            raise _readable(error, self.store) from error

    def replace(
        self, entries: Iterable[tuple[Article, Sequence[Passage]]], sketches: Sequence[Sketch | None] | None = None
    ) -> None:
        """Put articles in, whole, in one transaction; an article that was there gives way to its new version.

        `sketches` are those of the articles, in their order, where they were made already.
        """
        listed = list(entries)
        made = sketches or [sketch(article.text, article.boilerplate) for article, _ in listed]
        prepared = [(*entry, found) for entry, found in zip(listed, made, strict=True)]
        with self._transaction() as db:
            there = set(self.homes([article.id for article, _, _ in prepared]))
            for article, passages, found in prepared:
                if article.id in there:
                    db.execute("DELETE FROM articles WHERE id = ?", (article.id,))
                there.add(article.id)
                db.execute(f"INSERT INTO articles({ARTICLE}, digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", _row(article))
                rows = ((passage.id, article.id, passage.start, passage.end) for passage in passages)
                db.executemany("INSERT INTO passages VALUES (?,?,?,?)", rows)
                if found:
                    report = group_of(found, self) or article.id
                    db.execute("INSERT INTO copies VALUES (?,?,?)", (article.id, report, found.hashes))
                    db.executemany("INSERT INTO copy_keys VALUES (?,?)", ((key, article.id) for key in found.keys))
                _mark(db, article.id)

    def delete(self, ids: Iterable[str]) -> None:
        """Take articles out, in one transaction."""
        with self._transaction() as db:
            for item_id in ids:
                db.execute("DELETE FROM articles WHERE id = ?", (item_id,))
                _mark(db, item_id)

    def adopt(self, root: str, paths: Mapping[str, str]) -> None:
        """Give articles (id → path) another home: the folder was moved, their bytes are the same."""
        with self._transaction() as db:
            rows = ((root, path, key) for key, path in paths.items())
            db.executemany("UPDATE articles SET root = ?, path = ? WHERE id = ?", rows)

    def settle(self, derived: str, ids: Iterable[str]) -> None:
        """Note that an index has taken these articles over."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM pending WHERE derived = ? AND article_id = ?", ((derived, item_id) for item_id in ids)
            )

    def mark_all(self, derived: str) -> None:
        """Have an index take everything over again."""
        with self._transaction() as db:
            db.execute("DELETE FROM pending WHERE derived = ?", (derived,))
            db.execute("INSERT INTO pending SELECT ?, id FROM articles", (derived,))

    def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Keep paid vectors (text → little-endian float32 bytes), so that no text is ever embedded twice by a model."""
        with self._transaction() as db:
            rows = ((_digest(text), model, vector, zlib.crc32(vector)) for text, vector in vectors.items())
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", rows)

    def set_state(self, key: str, value: str) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (key, value))

    # --- reading ---

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._turn:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _readable(error, self.store) from error

    def state(self, key: str) -> str | None:
        rows = self._read("SELECT value FROM state WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def known(self, root: str) -> set[str]:
        """Ids of the articles that came from a PATH."""
        return {row[0] for row in self._read("SELECT id FROM articles WHERE root = ?", (root,))}

    def homes(self, ids: Collection[str]) -> dict[str, Home]:
        """Where those of the articles that are there came from."""
        rows = self._among("SELECT id, root, path, sha256 FROM articles WHERE id IN", ids)
        return {one: Home(root=root, path=path, sha256=sha256) for one, root, path, sha256 in rows}

    def article(self, article_id: str) -> Article:
        """One article; NotFound where there is none of that id."""
        found = self.articles((article_id,))
        if not found:
            raise NotFound(f"no article {article_id!r}; see them all with: isnad articles --store {self.store}")
        return found[article_id]

    def place(self, place: str) -> tuple[Article, Span | None]:
        """The article and the stretch that `FILE_ID` or `FILE_ID:START-END` names; NotFound where the article ends before."""
        if place in self.articles((place,)):
            return self.article(place), None
        if match := re.fullmatch(r"(.+):(\d{1,9})-(\d{1,9})", place):
            article, span = self.article(match[1]), Span(int(match[2]), int(match[3]))
            if not span.start <= span.end <= len(article.text):
                raise NotFound(
                    f"{match[1]} has {len(article.text)} characters; {match[2]}-{match[3]} is no stretch of it"
                )
            return article, span
        return self.article(place), None

    def articles(self, ids: Collection[str]) -> dict[str, Article]:
        """Those of the articles that are there, by id."""
        rows = self._among(f"SELECT {ARTICLE} FROM articles WHERE id IN", ids)
        return {row[0]: _article(row) for row in rows}

    def every_article(self) -> Iterator[Article]:
        """All articles, in order of id, a page at a time."""
        last = ""
        while rows := self._read(f"SELECT {ARTICLE} FROM articles WHERE id > ? ORDER BY id LIMIT 500", (last,)):
            yield from map(_article, rows)
            last = rows[-1][0]

    def passages(self, ids: Collection[str]) -> dict[str, tuple[str, int, int]]:
        """Passage id → (article id, start, end), for those that are there."""
        query = 'SELECT id, article_id, "start", "end" FROM passages WHERE id IN'
        return {one: (article, start, end) for one, article, start, end in self._among(query, ids)}

    def passages_of(self, article: Article) -> tuple[Passage, ...]:
        """The passages of an article, in reading order."""
        rows = self._read(
            'SELECT id, "start", "end" FROM passages WHERE article_id = ? ORDER BY "start"', (article.id,)
        )
        return tuple(
            Passage(id=one, article_id=article.id, start=start, end=end, text=article.text[start:end])
            for one, start, end in rows
        )

    def passage_ids(self, articles: Collection[str]) -> list[str]:
        """Ids of the passages of these articles."""
        return [row[0] for row in self._among("SELECT id FROM passages WHERE article_id IN", articles)]

    def matching(self, filters: Filters) -> set[str]:
        """Ids of the articles that filters allow. Languages and publishers are met whatever case and spelling they are asked in."""
        tests = [
            (f"published {sign} ?", day.isoformat())
            for sign, day in ((">=", filters.since), ("<=", filters.until))
            if day
        ]
        names = set(map(folded_name, filters.publishers))
        publishers = [publisher for publisher in self.publishers() if folded_name(publisher) in names] if names else []
        for column, asked, values in (
            ("language", filters.languages, [language.strip().lower() for language in filters.languages]),
            ("publisher", filters.publishers, publishers),
            ("id", filters.file_ids, filters.file_ids),
        ):
            if asked:
                tests.append((f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(values).decode()))
        where = " AND ".join(test for test, _ in tests) or "TRUE"
        return {row[0] for row in self._read(f"SELECT id FROM articles WHERE {where}", [value for _, value in tests])}

    def publishers(self) -> list[str]:
        """The publishers that articles name, in order."""
        return [row[0] for row in self._read("SELECT DISTINCT publisher FROM articles WHERE publisher > '' ORDER BY 1")]

    def vectors(self, model: str, texts: Collection[str]) -> dict[str, bytes]:
        """The vectors that a model was already paid for, by text. A damaged one counts as absent."""
        wanted = {_digest(text): text for text in texts}
        query = "SELECT text_sha256, vector, crc FROM vectors WHERE model = ? AND text_sha256 IN"
        rows = self._among(query, list(wanted), model)
        return {wanted[digest]: vector for digest, vector, crc in rows if zlib.crc32(vector) == crc}

    def near(self, keys: Sequence[int]) -> list[tuple[str, Sketch]]:
        """The report and the sketch of the articles that have the most of the keys: `index.near_duplicates.SketchStore`."""
        some = f"SELECT * FROM (SELECT article_id FROM copy_keys WHERE key = ? LIMIT {2 * MAX_CANDIDATES})"
        shared = Counter(row[0] for row in self._read(" UNION ALL ".join([some] * len(keys)), keys))
        nearest = [one for one, _ in shared.most_common(MAX_CANDIDATES)]
        return [
            (report, Sketch(hashes=hashes))
            for report, hashes in self._among("SELECT report, hashes FROM copies WHERE article_id IN", nearest)
        ]

    def reports(self, ids: Collection[str]) -> dict[str, str]:
        """Article id → the report that it carries; articles that carry one report are copies of each other."""
        return dict(self._among("SELECT article_id, report FROM copies WHERE article_id IN", ids))

    def carriers(self, reports: Collection[str]) -> dict[str, list[str]]:
        """Report → ids of all the articles that carry it."""
        carried: dict[str, list[str]] = {}
        for one, report in self._among("SELECT article_id, report FROM copies WHERE report IN", reports):
            carried.setdefault(report, []).append(one)
        return carried

    def pending(self, derived: str) -> list[str]:
        """Ids of the articles that an index has yet to take over, or to drop."""
        return [row[0] for row in self._read("SELECT article_id FROM pending WHERE derived = ?", (derived,))]

    def settled(self, derived: str) -> set[str]:
        """Ids of the passages that an index should hold by now."""
        query = "SELECT id FROM passages WHERE article_id NOT IN (SELECT article_id FROM pending WHERE derived = ?)"
        return {row[0] for row in self._read(query, (derived,))}

    def counts(self) -> dict[str, int]:
        """Articles, passages and paid vectors."""
        return {name: self._read(f"SELECT count(*) FROM {name}")[0][0] for name in ("articles", "passages", "vectors")}

    def languages(self) -> dict[str | None, int]:
        """Language → number of articles. Counted again only after a write: every question asks."""
        with self._turn:
            state = self._read("PRAGMA data_version")[0][0], self._db.total_changes  # others' writes, and one's own
            if self._languages is None or self._languages[0] != state:
                counted = self._read("SELECT language, count(*) FROM articles GROUP BY language")
                self._languages = state, dict(counted)
            return dict(self._languages[1])

    def span_of_dates(self) -> tuple[str | None, str | None]:
        """The first and the last publication date, ISO."""
        oldest, newest = self._read("SELECT min(published), max(published) FROM articles")[0]
        return oldest, newest

    def faults(self) -> list[str]:
        """What SQLite itself finds wrong with the file; the first hundred."""
        said = [row[0] for row in self._read("PRAGMA integrity_check")]
        astray = [f"row {row[1]} of {row[0]} belongs to nothing" for row in self._read("PRAGMA foreign_key_check")]
        return [text for text in said if text != "ok"] + astray

    def mend(self) -> None:
        """Build SQLite's own indexes anew, from the rows."""
        try:
            self._db.execute("REINDEX")
        except sqlite3.Error as error:
            raise _readable(error, self.store) from error

    def damaged(self) -> tuple[list[str], list[bytes]]:
        """What is no longer what was written: ids of articles, and keys of paid vectors."""
        try:
            texts = self._db.execute("SELECT id, text, digest FROM articles")
            articles = [one for one, text, digest in texts if _digest(text) != digest]
            vectors = self._db.execute("SELECT text_sha256, vector, crc FROM vectors")
            return articles, [key for key, vector, crc in vectors if zlib.crc32(vector) != crc]
        except sqlite3.Error as error:
            raise _readable(error, self.store) from error

    def distrust(self, articles: Iterable[str], vectors: Iterable[bytes]) -> None:
        """Have the next run read these articles from their files again, and forget these paid vectors."""
        with self._transaction() as db:
            db.executemany("UPDATE articles SET sha256 = '' WHERE id = ?", ((article,) for article in articles))
            db.executemany("DELETE FROM vectors WHERE text_sha256 = ?", ((key,) for key in vectors))

    def _among(self, query: str, values: Collection[Any], *before: Any) -> list[tuple[Any, ...]]:
        """`query (?,?,…)` for any number of values; SQLite takes 32,766 at a time."""
        rows, listed = [], list(values)
        for first in range(0, len(listed), 10_000):
            page = listed[first : first + 10_000]
            rows += self._read(f"{query} ({','.join('?' * len(page))})", (*before, *page))
        return rows


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that is written within it, or, where anything is raised, nothing; it waits for another process that writes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def writable(folder: Path) -> bool:
    """Whether this process may write in a folder; one on a disk that is mounted for reading it may not."""
    return os.access(folder, os.W_OK | os.X_OK)


def _connect_closed(path: Path) -> sqlite3.Connection:
    """The ledger in a folder that may only be read. SQLite wants to put files beside it, unless it is told that nobody writes."""
    log = path.with_name(path.name + "-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"{path.resolve().as_uri()}?mode=ro{still}"
    try:
        db = sqlite3.connect(address, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
        if _version(db, path):
            return db
    except sqlite3.Error as error:
        raise _readable(error, path.parent) from error
    raise NoStore(f"no articles are indexed in {path.parent}; choose another folder with --store")


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The format of a ledger, 0 where it is yet to be laid out."""
    version, application = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    if version > VERSION:
        raise StoreError(
            f"{path.parent} was written by a newer isnad (format {version}, this one reads {VERSION}); upgrade isnad"
        )
    if version and application != APPLICATION:
        raise StoreError(f"{path} is not a ledger of isnad; choose another folder with --store")
    return int(version)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        version = _version(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA cache_size = -32000")  # kB; sketches are found by keys from all over their table
        db.execute("PRAGMA wal_autocheckpoint = 10000")  # pages; a page that is written ten times is copied once
        if not version:
            _lay_out(db)
    except sqlite3.Error as error:
        db.close()
        raise _readable(error, path.parent) from error
    except StoreError:
        db.close()
        raise
    return db


def _lay_out(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("PRAGMA user_version").fetchone()[0]:  # another process may have been first
        for statement in SCHEMA.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def _readable(error: sqlite3.Error, store: Path) -> StoreError:
    """What SQLite says, in words with a next step."""
    text = str(error)
    if "full" in text:
        return StoreFull(f"the disk of {store} is full; make room and run again, nothing acknowledged is lost")
    if "locked" in text or "busy" in text:
        return StoreBusy(f"another program holds {store / 'ledger.db'}; close it and run again")
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return StoreError(f"{store / 'ledger.db'} is damaged ({text}); run: isnad doctor --store {store}")
    if not writable(store):
        return StoreClosed(
            f"{store} may only be read, and {store / 'ledger.db'} so cannot be opened ({text}); copy it to a folder of your own"
        )
    return StoreError(f"{store / 'ledger.db'}: {text}; run: isnad doctor --store {store}")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _mark(db: sqlite3.Connection, article_id: str) -> None:
    db.executemany("INSERT OR IGNORE INTO pending VALUES (?,?)", ((derived, article_id) for derived in INDEXES))


def _row(article: Article) -> tuple[Any, ...]:
    published = article.published.isoformat() if article.published else None
    marks = msgspec.json.encode(article.boilerplate).decode()
    own = (article.id, article.root, article.path, article.sha256, article.text, article.title, published)
    return (*own, article.publisher, article.url, article.language, marks, _digest(article.text))


def _article(row: tuple[Any, ...]) -> Article:
    one, root, path, sha256, text, title, published, publisher, url, language, marks = row
    return Article(
        id=one,
        root=root,
        path=path,
        sha256=sha256,
        text=text,
        title=title,
        published=date.fromisoformat(published) if published else None,
        publisher=publisher,
        url=url,
        language=language,
        boilerplate=msgspec.json.decode(marks, type=tuple[Span, ...]),
    )
