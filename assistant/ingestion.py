"""Articles brought in from Python: a PATH, texts or records, into indexes that stay open until the end."""

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
    """Adds to one store, for one thread at a time. `opened` opens what is written to: Chroma takes seconds for it."""

    def __init__(self, opened: Callable[[bool], tuple[Ledger, list[Derived]]]) -> None:
        self._opened = opened
        self._turn = Lock()
        self._kept: tuple[Ledger, list[Derived]] | None = None
        self._closed = False

    def add(self, articles: ArticleInput, *, reembed: bool, progress: Progress | None) -> SyncReport:
        """What `Assistant.add` says."""
        with self._turn:
            if self._closed:
                raise UsageError("assistant.closed")
            if reembed:
                self._let_go()
            self._kept = self._kept or self._opened(reembed)
            try:
                return _added(articles, *self._kept, progress)
            finally:
                if reembed:
                    self._let_go()

    def close(self) -> None:
        """Let go of what was opened, once what is being added is in."""
        with self._turn:
            self._closed = True
            self._let_go()

    def _let_go(self) -> None:
        if self._kept is not None:
            container.close(*self._kept)
        self._kept = None


def _added(articles: ArticleInput, ledger: Ledger, derived: list[Derived], progress: Progress | None) -> SyncReport:
    from index.ingest.sync import quiet, sync, take

    if isinstance(articles, str | Path):
        return sync(Path(articles), ledger, derived, progress=progress or quiet)
    if isinstance(articles, Mapping):
        articles = ({"id": key, "text": text} for key, text in articles.items())
    return take(articles, ledger, derived, progress=progress or quiet)
