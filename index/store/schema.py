"""The SQLite file of a store.

Its tables, how it is opened, and what its errors mean.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import NoStore, StoreBusy, StoreClosed, StoreError, StoreFull

VERSION = 2
APPLICATION = 0x15AD  # "isnad": marks the file as ours
SCHEMA = """
CREATE TABLE articles(
    id TEXT PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
    text TEXT NOT NULL, digest BLOB NOT NULL,
    title TEXT, published TEXT, publisher TEXT, url TEXT, language TEXT, boilerplate TEXT NOT NULL) STRICT;
CREATE INDEX articles_by_root ON articles(root);
CREATE INDEX articles_by_language ON articles(language, id);
CREATE INDEX articles_by_publisher ON articles(publisher, id);
CREATE INDEX articles_by_published ON articles(published, id);
CREATE TABLE passages(
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, text_sha256 BLOB) STRICT, WITHOUT ROWID;
CREATE INDEX passages_by_article ON passages(article_id);
CREATE TABLE copies(
    article_id TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
    report TEXT NOT NULL, hashes BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX copies_by_report ON copies(report);
CREATE TABLE copy_keys(
    key INTEGER NOT NULL, article_id TEXT NOT NULL REFERENCES copies(article_id) ON DELETE CASCADE,
    PRIMARY KEY(key, article_id)) STRICT, WITHOUT ROWID;
CREATE INDEX copy_keys_by_article ON copy_keys(article_id);
CREATE TABLE vectors(
    text_sha256 BLOB NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY(text_sha256, model)) STRICT, WITHOUT ROWID;
CREATE TABLE pending(
    derived TEXT NOT NULL, article_id TEXT NOT NULL, PRIMARY KEY(derived, article_id)) STRICT, WITHOUT ROWID;
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
ADDED = {  # tables that earlier programs of format 2 neither need nor disturb
    "stand_ins": """(
        passage_id TEXT PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE, text_sha256 BLOB NOT NULL)
        STRICT, WITHOUT ROWID""",
    "retrieved": """(
        article_id TEXT PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE, day TEXT NOT NULL)
        STRICT, WITHOUT ROWID""",
}


def connect(path: Path, digest_passages: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """Open a ledger for reading and writing; create its tables in an empty file.

    `digest_passages` fills `passages.text_sha256` of a ledger of format 1, inside the transaction of its migration.
    Raises StoreError: the file is no ledger, or was written by a newer version.
    """
    db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        version = _version(db, path)
        _configure(db)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA cache_size = -32000")  # kB; sketches are looked up by keys from all over their table
        db.execute("PRAGMA wal_autocheckpoint = 10000")  # pages; a page that is written ten times is copied once
        if not version:
            _create_tables(db)
        elif version < VERSION:
            _migrate(db, digest_passages)
        _add_tables(db, "")
    except sqlite3.Error as error:
        db.close()
        raise store_error(error, path.parent) from error
    except StoreError:
        db.close()
        raise
    return db


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open a ledger in a folder that may only be read.

    SQLite creates files next to a database unless it is opened as immutable, which is right only while nobody
    writes it.
    """
    log = path.with_name(path.name + "-wal")
    immutable = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"{path.resolve().as_uri()}?mode=ro{immutable}"
    try:
        db = sqlite3.connect(address, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
        if _version(db, path):
            _configure(db)
            _add_tables(db, "TEMP")
            return db
    except sqlite3.Error as error:
        raise store_error(error, path.parent) from error
    raise NoStore("store.no_ledger", store=path.parent)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything written inside, or roll all of it back if anything is raised.

    Wait for another writing process.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def writable(folder: Path) -> bool:
    """Return whether this process may write in a folder.

    False on a disk that is mounted read-only.
    """
    return os.access(folder, os.W_OK | os.X_OK)


def store_error(error: sqlite3.Error, store: Path) -> StoreError:
    """Translate an error of SQLite into one that names the next step."""
    text = str(error)
    if "full" in text:
        return StoreFull("store.disk_full", store=store)
    if "locked" in text or "busy" in text:
        return StoreBusy("store.held", file=store / "ledger.db")
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return StoreError("store.damaged", file=store / "ledger.db", error=text, store=store)
    if not writable(store):
        return StoreClosed("store.read_only_unopened", store=store, file=store / "ledger.db", error=text)
    return StoreError("store.failed", file=store / "ledger.db", error=text, store=store)


def _configure(db: sqlite3.Connection) -> None:
    """Read text that is no UTF-8 with replacement characters.

    The digest of its article then tells the damage.
    """
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _version(db: sqlite3.Connection, path: Path) -> int:
    """Return the format of a ledger, 0 for a file without tables."""
    version, application = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    if version > VERSION:
        raise StoreError("store.newer", store=path.parent, version=version, readable=VERSION)
    if version and application != APPLICATION:
        raise StoreError("store.not_a_ledger", path=path)
    return int(version)


def _migrate(db: sqlite3.Connection, digest_passages: Callable[[sqlite3.Connection], None]) -> None:
    """Bring a ledger of format 1 to format 2.

    Which keeps the digest of what is embedded for each passage.
    """
    with transaction(db):
        if db.execute("PRAGMA user_version").fetchone()[0] < 2:  # another process may have been first
            db.execute("ALTER TABLE passages ADD COLUMN text_sha256 BLOB")
            digest_passages(db)
            db.execute("PRAGMA user_version = 2")


def _add_tables(db: sqlite3.Connection, kind: str) -> None:
    """Create the tables of `ADDED` that a ledger lacks.

    In the file, or as TEMP ones that stay empty.
    """
    present = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for name, columns in ADDED.items():
        if name not in present:
            columns = columns if not kind else re.sub(r"REFERENCES \w+\(id\) ON DELETE CASCADE", "", columns)
            db.execute(f"CREATE {kind} TABLE IF NOT EXISTS {name}{columns}")


def _create_tables(db: sqlite3.Connection) -> None:
    with transaction(db):
        if not db.execute("PRAGMA user_version").fetchone()[0]:  # another process may have been first
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
