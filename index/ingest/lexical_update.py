"""Keep the lexical index of a store equal to its ledger.

Importing this must stay cheap: every command that asks a question does, and none of them reads files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from index.errors import StoreBusy, StoreError
from index.language.invisible_chars import clean
from index.models import Article, Passage
from index.search.lexical import LexicalIndex, LexicalWriter
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from index.ingest.worker_pool import Prepared

COMMIT = 5_000  # articles in a commit of the lexical index

Progress = Callable[[str, int, int | None], None]  # stage, articles done with it, of how many
T = TypeVar("T")


class Derived(Protocol):
    """An index that follows the ledger.

    It takes over what the ledger lists as pending for it.
    """

    def refresh(self, progress: Progress) -> None: ...


class Lexicon:
    """Keep the lexical index equal to the ledger.

    Build it anew where it is missing, damaged or outdated.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.folder = ledger.store / "lexical"
        self._writer: LexicalWriter | None = None
        self._following = True
        self._unsettled: list[str] = []  # ids of the articles that the writer has and no reader sees yet

    def sound(self) -> bool:
        """Return whether the index can be opened."""
        try:
            LexicalIndex.open(self.folder)
        except StoreBusy:
            raise
        except StoreError:
            return False
        return True

    def follow(self, taken: Iterable[Prepared]) -> None:
        """Begin to take over new articles while more are read.

        `refresh` publishes them, `close` discards them.
        """
        try:
            for item in taken if self._following else ():
                self._put(item.article, item.passages)
            if len(self._unsettled) >= COMMIT:
                self._settle()
        except StoreError:  # `refresh` tries again, once all is read
            self.close()
            self._following = False

    def refresh(self, progress: Progress) -> None:
        """Take over all articles that the ledger lists as pending."""
        if not self._writer and not self._ledger.pending("lexical") and self.sound():
            return
        try:
            with self._opened() as writer:
                followed = frozenset(self._unsettled)
                pending, done = self._ledger.pending("lexical"), len(followed)
                for batch in list(batched((id for id in pending if id not in followed), COMMIT)) or [[]]:
                    articles = self._ledger.articles(batch)
                    for article_id in batch:
                        if article := articles.get(article_id):
                            self._put(article, self._ledger.passages_of(article))
                        else:
                            writer.remove(article_id)
                            self._unsettled.append(article_id)
                    self._settle()
                    done += len(batch)
                    progress("searchable", done, len(pending))
        finally:
            self._writer, self._unsettled, self._following = None, [], True

    def close(self) -> None:
        """Let another process write; what was not committed is still pending."""
        writer, self._writer, self._unsettled = self._writer, None, []
        if writer:
            with suppress(StoreError):
                writer.close()

    def _opened(self) -> LexicalWriter:
        if self._writer is None:
            anew = not self.sound()
            if anew:
                self._ledger.mark_all("lexical")
            many = len(self._ledger.pending("lexical")) > COMMIT
            self._writer = LexicalWriter(self.folder, anew=anew, threads=2 if many else 1)
        return self._writer

    def _put(self, article: Article, passages: Iterable[Passage]) -> None:
        self._opened().replace(article.id, article.title, ((passage.id, clean(passage.text)) for passage in passages))
        self._unsettled.append(article.id)

    def _settle(self) -> None:
        """Commit, so that readers see what was written."""
        self._opened().commit()
        self._ledger.settle("lexical", self._unsettled)
        self._unsettled = []


def quiet(stage: str, done: int, total: int | None) -> None:
    """Show no progress."""


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of `size`; the last may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
