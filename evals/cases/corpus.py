"""The articles that cases ask about, and where quotes stand in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from evals.cases.case import PACKAGE
from index.errors import SourceError
from index.ingest.sync import Derived, Lexicon, sync
from index.language.normalize import Folded, find_folded, fold
from index.models import Article, Span
from index.store.ledger import Ledger
from index.stories import StoryIndex

SAMPLE = PACKAGE.parent / "articles"
INVENTED = (PACKAGE / "cases" / "articles", PACKAGE / "cases" / "injected")
STORIES = PACKAGE / "cases" / "stories"  # of several papers over several days, for the suite `archive`


class Corpus:
    """Articles by file id, with cached folding and look-ups.

    Cases ask for the same quotes again and again.
    """

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self.articles = dict(articles)
        self._fold = lru_cache(maxsize=None)(self._folded)
        self.find = lru_cache(maxsize=None)(self._find)

    def _folded(self, file_id: str) -> Folded:
        return fold(self.articles[file_id].text)

    def _find(self, file_id: str, quote: str) -> Span | None:
        """Return where a quote stands in a file, spelling folded.

        None if it does not, or without such a file.
        """
        return find_folded(quote, self._fold(file_id)) if file_id in self.articles else None

    def text(self, file_id: str) -> str | None:
        """Return the text of a file, None without such a file."""
        article = self.articles.get(file_id)
        return article.text if article else None

    def hashes(self) -> dict[str, str]:
        """Return the first 16 digits of each file's hash, for the manifest."""
        return {file_id: article.sha256[:16] for file_id, article in sorted(self.articles.items())}


def articles_fingerprint(hashes: Mapping[str, str]) -> str:
    """Return twelve hexadecimal digits for a set of article hashes.

    >>> articles_fingerprint({"a": "1"}) == articles_fingerprint({"a": "1"}) != articles_fingerprint({"a": "2"})
    True
    """
    rows = "\n".join(f"{file_id} {hashes[file_id]}" for file_id in sorted(hashes))
    return hashlib.sha256(rows.encode()).hexdigest()[:12]


def build_corpus(folders: Sequence[Path], store: Path, *, searchable: bool = True) -> Corpus:
    """Index folders into a new store and return its articles.

    With `searchable` the lexical index and the stories are built, too.

    Raises SourceError for a missing folder or a refused file: a case about an absent article proves nothing.
    """
    ledger = Ledger.create(store)
    try:
        derived: list[Derived] = [Lexicon(ledger), StoryIndex(ledger)] if searchable else []
        for folder in folders:
            report = sync(folder, ledger, derived)
            if report.failed:
                first = next(skipped for skipped in report.skipped if skipped.error)
                raise SourceError("evals.article_refused", folder=folder, path=first.path, reason=first.reason)
        return Corpus({article.id: article for article in ledger.every_article()})
    finally:
        ledger.close()


def invented_folders(suite: str) -> tuple[Path, ...]:
    """Return the folders of the invented articles of a suite.

    >>> [folder.name for folder in invented_folders("archive")]
    ['articles', 'injected', 'stories']
    """
    return (*INVENTED, STORIES) if suite == "archive" else INVENTED


def default_folders(suite: str = "core") -> tuple[Path, ...]:
    """Return the folders of a suite's articles: sample reports and invented ones."""
    return (SAMPLE, *invented_folders(suite))
