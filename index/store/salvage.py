"""Carry what can still be read of a damaged ledger into a new one.

Articles are taken where their text has its digest, vectors where they have their checksum; passages are cut anew, and
every index follows. A ledger that was cut short, or is no database, is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from index.chunking import WHOLE, cut
from index.models import Value
from index.store.articles import STORED, read_row
from index.store.ledger import Ledger
from index.store.sources import PREFIX

BATCH = 100  # articles in a transaction
KEPT_STATE = (PREFIX, "embedding_model", "vector_weight:", "reading")  # beginnings of keys; the rest is of the indexes


class Salvaged(Value, frozen=True, kw_only=True):
    """What was carried over, and where the damaged ledger is now."""

    articles: int
    kept_as: str


def salvage(store: Path) -> Salvaged | None:
    """Replace a damaged ledger by one with all that can be read of it.

    For the process that is the only writer.

    Returns None, and changes nothing, where neither an article nor an indexed PATH can be read.
    """
    damaged = store / "ledger.db"
    if not _is_whole(damaged):
        return None
    with tempfile.TemporaryDirectory(dir=store, prefix="salvage-") as folder:
        with closing(Ledger.create(Path(folder))) as ledger:
            with closing(sqlite3.connect(f"{damaged.resolve().as_uri()}?mode=ro", uri=True)) as db:
                db.text_factory = lambda raw: raw.decode("utf-8", "replace")
                _copy(db, ledger)
            articles = ledger.counts()["articles"]
            if not articles and not ledger.sources():
                return None
            ledger.checkpoint()
        kept = next(name for number in range(1, 1000) if not (name := store / f"ledger-damaged-{number}.db").exists())
        os.replace(damaged, kept)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{damaged}{suffix}", f"{kept}{suffix}")
        os.replace(Path(folder) / "ledger.db", damaged)
    return Salvaged(articles=articles, kept_as=kept.name)


def _is_whole(file: Path) -> bool:
    """Return whether a file is an SQLite database and as long as its header says."""
    with file.open("rb") as opened:
        head = opened.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        return False
    page = int.from_bytes(head[16:18], "big")
    return file.stat().st_size >= (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")


def _copy(db: sqlite3.Connection, ledger: Ledger) -> None:
    days = dict(_rows(db, "SELECT article_id, day FROM retrieved", "article_id"))
    rows = (row for row in _rows(db, f"SELECT {STORED} FROM articles", "rowid") if isinstance(row[4], str))
    articles = (article for row in rows if (article := read_row((*row, days.get(row[0])))))
    while batch := list(islice(articles, BATCH)):
        ledger.replace([(article, cut(article, whole=WHOLE)) for article in batch])
    vectors = _rows(db, "SELECT text_sha256, model, vector, crc FROM vectors", "text_sha256")
    ledger.keep_rows(row for row in vectors if isinstance(row[2], bytes) and zlib.crc32(row[2]) == row[3])
    for key, value in _rows(db, "SELECT key, value FROM state", "key"):
        if key.startswith(KEPT_STATE):
            ledger.set_state(key, value)


def _rows(db: sqlite3.Connection, query: str, key: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that can be read.

    From the front up to the first damage, then from the back.
    """
    seen = set[tuple[Any, ...]]()
    for order in ("", "DESC"):
        with suppress(sqlite3.Error):
            for row in db.execute(f"{query} ORDER BY {key} {order}"):
                if row[:2] in seen:
                    return
                seen.add(row[:2])
                yield row
