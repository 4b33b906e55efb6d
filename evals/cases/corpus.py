"""The articles that cases ask about: their texts, where a quotation stands in them, and a fingerprint of it all."""

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

SAMPLE = PACKAGE.parent / "articles"
INVENTED = (PACKAGE / "cases" / "articles", PACKAGE / "cases" / "injected")


class Corpus:
    """Articles by file id. Folding and looking up are remembered: cases ask for the same quotations again and again."""

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self.articles = dict(articles)
        self._fold = lru_cache(maxsize=None)(self._folded)
        self.find = lru_cache(maxsize=None)(self._find)

    def _folded(self, file_id: str) -> Folded:
        return fold(self.articles[file_id].text)

    def _find(self, file_id: str, quote: str) -> Span | None:
        """Where a quotation stands in a file, whatever its spelling; None where it does not, or the file is not there."""
        return find_folded(quote, self._fold(file_id)) if file_id in self.articles else None

    def says(self, file_id: str, folded_words: str) -> bool:
        """Whether a file holds these words, already folded."""
        return file_id in self.articles and folded_words in self._fold(file_id).text

    def text(self, file_id: str) -> str | None:
        """The text of a file, None where it is not there."""
        article = self.articles.get(file_id)
        return article.text if article else None

    def hashes(self) -> dict[str, str]:
        """File id → the first 16 digits of the file's hash, for the manifest."""
        return {one: article.sha256[:16] for one, article in sorted(self.articles.items())}


def fingerprint(hashes: Mapping[str, str]) -> str:
    """Twelve hexadecimal digits for a corpus.

    >>> fingerprint({"a": "1"}) == fingerprint({"a": "1"}) != fingerprint({"a": "2"})
    True
    """
    return hashlib.sha256("\n".join(f"{hash_} {hashes[hash_]}" for hash_ in sorted(hashes)).encode()).hexdigest()[:12]


def build(folders: Sequence[Path], store: Path, *, searchable: bool = True) -> Corpus:
    """Index folders into a store of their own, with the lexical index where it is to be searched, and return what is in it.

    Raises SourceError where a folder is gone or a file in it was refused: a case about an article that is not there proves nothing.
    """
    ledger = Ledger.create(store)
    try:
        derived: list[Derived] = [Lexicon(ledger)] if searchable else []
        for folder in folders:
            report = sync(folder, ledger, derived)
            if report.failed:
                first = next(one for one in report.skipped if one.error)
                raise SourceError(f"{folder}: {first.path} was refused: {first.reason}")
        return Corpus({article.id: article for article in ledger.every_article()})
    finally:
        ledger.close()


def default_folders() -> tuple[Path, ...]:
    """The sample reports and the invented articles of the suites."""
    return (SAMPLE, *INVENTED)
