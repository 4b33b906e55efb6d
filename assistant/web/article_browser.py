"""Browse titles and publishers in the ledger without reading texts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from index.language.normalize import folded, folded_name
from index.models import Article

MOST = 50  # articles in a list


def browse(store: Path, query: str = "", ids: Collection[str] | None = None) -> tuple[tuple[Article, ...], int]:
    """Return at most 50 articles without their texts.

    Newest first, and how many match.

    An article matches if title, publisher or id hold every word of the query, in any spelling; `ids` limits the
    choice.
    """
    wanted = folded(query).split()
    articles: list[Article] = []
    every = 0
    with _reading(store) as db:
        rows = db.execute(
            "SELECT id, title, published, publisher, language FROM articles "
            "ORDER BY published IS NULL, published DESC, id"
        )
        for article_id, title, published, publisher, language in rows:
            if ids is not None and article_id not in ids:
                continue
            where = folded(f"{title or ''} {publisher or ''} {article_id}") if wanted else ""
            if any(word not in where for word in wanted):
                continue
            every += 1
            if len(articles) < MOST:
                day = date.fromisoformat(published) if published else None
                articles.append(
                    Article(
                        id=article_id,
                        text="",
                        sha256="",
                        title=title,
                        published=day,
                        publisher=publisher,
                        language=language,
                    )
                )
    return tuple(articles), every


def publishers(store: Path) -> tuple[str, ...]:
    """Return the publishers of the articles, the most frequent first."""
    with _reading(store) as db:
        rows = db.execute(
            "SELECT publisher FROM articles WHERE publisher > '' GROUP BY publisher ORDER BY count(*) DESC, publisher"
        )
        spelt: dict[str, str] = {}
        for (publisher,) in rows:
            spelt.setdefault(folded_name(publisher), publisher)
        return tuple(spelt.values())


@contextmanager
def _reading(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{(store / 'ledger.db').resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
        yield db
