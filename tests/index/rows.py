"""Small stores of made-up articles, and an embedding model of ten lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from index.chunking import embedding_text
from index.errors import ProviderDown
from index.models import Article, Passage
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors


class Words:
    """A model whose vectors are sums of random directions, one a word: same words, same vector. It counts what it is
    asked.
    """

    def __init__(self, name: str = "words", *, dimensions: int = 32) -> None:
        self.name, self.dimensions = name, dimensions
        self.asked: list[str] = []
        self.fails = False

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        if self.fails:
            raise ProviderDown("the server of the model is down")
        self.asked += texts
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row += direction(word, self.dimensions)
        return rows


@lru_cache(4_096)
def direction(word: str, dimensions: int) -> Any:
    """The same random direction for the same word, in every process."""
    return np.random.default_rng(crc32(word.encode())).standard_normal(dimensions)


def entry(one: str, *texts: str, title: str | None = None) -> tuple[Article, tuple[Passage, ...]]:
    """An article of these passages."""
    text, passages = "\n".join(texts), []
    for part in texts:
        start = sum(len(done.text) + 1 for done in passages)
        span = {"start": start, "end": start + len(part)}
        passages.append(Passage(id=f"{one}:{start}-{start + len(part)}", article_id=one, text=part, **span))
    article = Article(
        id=one, text=text, sha256=f"{crc32(text.encode()):x}", title=title, root="/news", path=f"{one}.txt"
    )
    return article, tuple(passages)


def report(number: int, version: int = 0) -> tuple[Article, tuple[Passage, ...]]:
    """One of any number of articles, two passages each, all different."""
    return entry(
        f"r{number}",
        f"وصل الوفد رقم {number} إلى المدينة {number * 7 % 1009} صباحا في نسخة {version} من الخبر {number}-{version}",
        f"ثم غادر الوفد {number * 3 % 997} بعد لقاء دام {number % 60} دقيقة وفق النسخة {version} من {number}+{version}",
    )


def filled(store: Path, numbers: Iterable[int], embedder: Words) -> tuple[Ledger, Vectors]:
    """A store of these reports, vectors and all."""
    ledger = Ledger.create(store)
    vectors = Vectors(ledger, embedder)
    with ledger.writing():
        ledger.replace(map(report, numbers))
        vectors.refresh(nothing)
    return ledger, vectors


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def nothing(stage: str, done: int, total: int | None) -> None:
    """No progress shown."""


def astray(ledger: Ledger, vectors: Vectors, ids: Iterable[str] | None = None) -> list[str]:
    """The passages (of these articles) that their own vector does not bring up first."""
    lost = []
    for article in ledger.every_article() if ids is None else ledger.articles(list(ids)).values():
        for passage in ledger.passages_of(article):
            found = vectors.nearest(vectors.embedder.embed([embedding_text(article, passage)])[0], 1)
            if not found or found[0][0] != passage.id:
                lost.append(passage.id)
    return lost
