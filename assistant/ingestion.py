"""Add articles from Python: a path, texts or records.

The indexes stay open between calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from assistant import container
from index.errors import UsageError
from index.models import SyncReport

if TYPE_CHECKING:
    from index.ingest.sync import Derived, Progress
    from index.store.ledger import Ledger

ArticleInput = (
    str | Path | Mapping[str, str] | Iterable[Mapping[str, Any]]
)  # a PATH; id → text; records as in JSON Lines


class Ingestor:
    """Adds articles to one store, for one thread at a time.

    `open_writer(reembed)` opens the ledger and its indexes, which takes Chroma seconds.
    """

    def __init__(self, open_writer: Callable[[bool], tuple[Ledger, list[Derived]]]) -> None:
        self._open_writer = open_writer
        self._lock = Lock()
        self._writer: tuple[Ledger, list[Derived]] | None = None
        self._closed = False

    def add(self, articles: ArticleInput, *, reembed: bool, progress: Progress | None) -> SyncReport:
        """Add articles as `Assistant.add` does."""
        with self._lock:
            if self._closed:
                raise UsageError("assistant.closed")
            if reembed:
                self._close_indexes()
            self._writer = self._writer or self._open_writer(reembed)
            try:
                return _add(articles, *self._writer, progress)
            finally:
                if reembed:
                    self._close_indexes()

    def close(self) -> None:
        """Close what was opened, after the addition under way."""
        with self._lock:
            self._closed = True
            self._close_indexes()

    def _close_indexes(self) -> None:
        if self._writer is not None:
            container.close(*self._writer)
        self._writer = None


def _add(articles: ArticleInput, ledger: Ledger, indexes: list[Derived], progress: Progress | None) -> SyncReport:
    from index.ingest.sync import quiet, sync, take

    if isinstance(articles, str | Path):
        return sync(Path(articles), ledger, indexes, progress=progress or quiet)
    if isinstance(articles, Mapping):
        articles = ({"id": key, "text": text} for key, text in articles.items())
    return take(articles, ledger, indexes, progress=progress or quiet)
