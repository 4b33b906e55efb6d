"""The lexical index: passages ranked by BM25. The only user of tantivy.

Its terms are those of `index.language.analyzer`.
It is derived from the ledger. A single process writes; readers in any process see a commit at their next question.
Title and text are searched together. Weights were chosen on arcd and squad2 and checked on the other sets of `make
bench-retrieval`.
"""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Literal

import tantivy

from index.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from index.language.analyzer import index_terms, question_terms
from index.search.lexical_files import changed, damaged
from index.store.file_lock import exclusive
from index.store.schema import writable

VERSION = "1"  # raise it when words or fields change: an index of another version has to be built anew
FIELDS: tuple[Field, ...] = ("c", "h", "k")
Field = Literal["c", "h", "k"]

K1 = 1.2  # of BM25, fixed in tantivy
LONGEST_QUESTION = 20_000  # letters of a question that are read
MOST_TERMS = 256  # of a question, the rarest; asking by more finds nothing better and takes longer
COMMON = 0.5  # in a large index, terms in more of the passages than this discriminate little and cost the most
LARGE = 20_000  # passages
FEW = (
    1_000  # articles, or a hundredth of the passages: the engine filters by so many; by more, its results are filtered
)
OVERFETCH = 20  # times the limit, fetched to be filtered

_MEMORY = 64_000_000  # bytes a writing thread fills before it writes a segment
_LOCK = ".tantivy-writer.lock"  # held by flock while the engine writes
_should = tantivy.Occur.Should
_must = tantivy.Occur.Must


class LexicalIndex:
    """The index as readers see it; safe to use from several threads."""

    def __init__(self, folder: Path, index: tantivy.Index, links: TemporaryDirectory[str] | None = None) -> None:
        self._folder = folder
        self._index = index
        self._links = links  # of a folder that may only be read, whose index does not change
        self._lock = Lock()
        self._seen = changed(folder)  # before loading: a commit in between is then loaded again, not missed
        index.reload()
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Open the index in a folder as of its last commit.

        Raises StoreDamaged: unreadable, or of another version.
        """
        _check(folder)
        with _engine(folder):
            links = None if writable(folder) else _linked(folder)
            index = tantivy.Index.open(links.name if links else str(folder))
            index.config_reader("manual")
            return cls(folder, index, links)

    def search(
        self, question: str, limit: int = 10, articles: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return (passage id, score) of the best matches of a question, best first.

        A score is the BM25 score as a share, 0 to 1, of the bound that no text can exceed (every term of the
        question with infinite frequency); so it means the same for every question. Question words are not searched
        for. `articles` filters exactly. Any text is safe to ask.
        """
        with _engine(self._folder):
            self._refresh()
            query, bound = self._query(question)
            if limit < 1 or query is None or (articles is not None and not articles):
                return []
            matches = self._best(query, limit, articles)
            shares = ((passage_id, min(score / bound, 1.0)) for score, passage_id in matches)
            return sorted(shares, key=lambda hit: (-hit[1], hit[0]))

    def document_frequency(self, field: Field, term: str) -> int:
        """Return the number of passages that contain a term; about 3 µs."""
        with _engine(self._folder):
            return int(self._searcher.doc_freq(field, term))

    def articles_with(self, field: Field, term: str) -> set[str]:
        """Return the ids of all articles with a term in one of their passages.

        About 10 µs a passage.
        """
        with _engine(self._folder):
            self._refresh()
            passages = int(self._searcher.doc_freq(field, term))
            if not passages:
                return set()
            query = tantivy.Query.const_score_query(self._term(1, field, term), 0.0)
            return {article for _, _, article in self._fetch(query, passages)}

    @property
    def passages(self) -> int:
        """The number of indexed passages."""
        return int(self._searcher.num_docs)

    def _refresh(self) -> None:
        if self._links:
            return
        with self._lock:
            stamp = changed(self._folder)
            if stamp != self._seen:
                self._index.reload()
                self._searcher, self._seen = self._index.searcher(), stamp

    def _query(self, question: str) -> tuple[tantivy.Query | None, float]:
        """Return the engine's query of a question, and the score that no text exceeds."""
        wanted = question_terms(question[:LONGEST_QUESTION])
        weighted = [
            (self._searcher.doc_freq(field, term), times * _weight(field, term), field, term)
            for field in FIELDS
            for term, times in Counter(wanted.by_field[field]).items()
        ]
        missing = sum(boost for count, boost, _, _ in weighted if not count)
        most = math.inf if self.passages < LARGE else COMMON * self.passages
        present = [term for term in weighted if 0 < term[0] <= most] or [term for term in weighted if term[0]]
        known = [(self._idf(count) * boost, boost, field, term) for count, boost, field, term in present]
        known.sort(reverse=True)
        del known[MOST_TERMS:]
        bound = (K1 + 1) * (sum(weight for weight, *_ in known) + min(missing, MOST_TERMS) * self._idf(0))
        if not known:
            return None, bound
        clauses = [(_should, self._term(boost, field, term)) for _, boost, field, term in known]
        return tantivy.Query.boolean_query(clauses), bound

    def _idf(self, count: int) -> float:
        return math.log(1 + max(self.passages - count + 0.5, 0.5) / (count + 0.5))

    def _term(self, boost: float, field: str, term: str) -> tantivy.Query:
        query = tantivy.Query.term_query(self._index.schema, field, term, "freq")
        return query if boost == 1 else tantivy.Query.boost_query(query, boost)

    def _best(self, query: tantivy.Query, limit: int, articles: Collection[str] | None) -> list[tuple[float, str]]:
        if articles is None:
            return [(score, passage_id) for score, passage_id, _ in self._fetch(query, limit)]
        allowed = frozenset(articles)
        if len(allowed) > max(FEW, self.passages // 100):
            fetched = self._fetch(query, OVERFETCH * limit)
            kept = [(score, passage_id) for score, passage_id, article in fetched if article in allowed]
            if len(kept) >= limit or len(fetched) < OVERFETCH * limit:
                return kept[:limit]
        within = tantivy.Query.term_set_query(self._index.schema, "article", sorted(allowed))
        narrowed = tantivy.Query.boolean_query([(_must, tantivy.Query.const_score_query(within, 0.0)), (_must, query)])
        return [(score, passage_id) for score, passage_id, _ in self._fetch(narrowed, limit)]

    def _fetch(self, query: tantivy.Query, limit: int) -> list[tuple[float, str, str]]:
        searcher = self._searcher  # an address belongs to its searcher, which another thread may replace meanwhile
        hits = searcher.search(query, limit, count=False).hits  # counting would have it visit every match
        documents = ((score, searcher.doc(address)) for score, address in hits)
        return [(score, document["passage"][0], document["article"][0]) for score, document in documents]


class LexicalWriter:
    """The only writer of an index. What was not committed is dropped when it closes.

    with LexicalWriter(folder) as writer:
        writer.replace("report-1", "A title", [("report-1#0", "its first passage"), ("report-1#1", "its second")])
        writer.remove("report-0")
        writer.commit()
    """

    def __init__(self, folder: Path, *, anew: bool = False, threads: int = 1) -> None:
        """Open the index of a folder for writing.

        Create it if missing, empty it if `anew`. Raises StoreBusy where another process writes, StoreDamaged where
        the index cannot be read or is of another version. More threads are faster for thousands of passages and
        leave more pieces to search.
        """
        self._folder = folder
        with _engine(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if anew:
                _empty(folder)
            if (folder / "meta.json").exists():
                _check(folder)
            else:
                (folder / "version").write_text(VERSION)
            self._index = tantivy.Index(_schema(), str(folder))
            spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
            self._index.register_tokenizer("terms", spaces)
            self._writer = self._index.writer(_MEMORY * threads, threads)
            self._unsaved = False
            self._writer.garbage_collect_files()  # a killed writer's, whose names this one would come to use again

    def replace(self, article_id: str, title: str | None, passages: Iterable[tuple[str, str]]) -> None:
        """Index an article by exactly these passages, each an id and the text to search."""
        listed = list(passages)  # outside of the engine's error handling
        with _engine(self._folder):
            self._unsaved = True
            self._writer.delete_documents_by_term("article", article_id)
            for passage_id, text in listed:
                c, h, k = index_terms(f"{title}\n{text}" if title else text)
                fields = {"passage": passage_id, "article": article_id, "c": c, "h": h, "k": k}
                self._writer.add_document(tantivy.Document(**fields))

    def remove(self, article_id: str) -> None:
        """Remove an article."""
        with _engine(self._folder):
            self._unsaved = True
            self._writer.delete_documents_by_term("article", article_id)

    def commit(self) -> None:
        """Write everything since the last commit to the disk, atomically."""
        with _engine(self._folder):
            self._writer.commit()
            self._unsaved = False

    def close(self) -> None:
        """Finish merging and let another process write."""
        with _engine(self._folder):
            if self._unsaved:
                self._writer.rollback()  # and with it merges under way, without which pieces would pile up
            self._writer.wait_merging_threads()

    def __enter__(self) -> LexicalWriter:
        return self

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except StoreError:
            if raised is None:
                raise


def _weight(field: Field, term: str) -> float:
    """Return the weight of a term: phonetic keys 1.5, for misspelt names.

    Latin stems 2, as English has few grams.
    """
    if field == "k":
        return 1.5
    return 2.0 if field == "h" and term.isascii() else 1.0


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("passage", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("article", stored=True, tokenizer_name="raw", index_option="basic")
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="terms", index_option="freq")
    return builder.build()


def _check(folder: Path) -> None:
    """Raise StoreDamaged for an index that the engine cannot open safely."""
    try:
        version = (folder / "version").read_text()
    except (OSError, ValueError) as error:
        raise StoreDamaged("search.no_index", folder=folder, error=error, store=folder.parent) from error
    if version != VERSION:
        raise StoreDamaged("search.other_version", folder=folder, store=folder.parent)
    if bad := damaged(folder, quick=True):
        raise StoreDamaged("search.damaged", folder=folder, files=bad, store=folder.parent)


def _linked(folder: Path) -> TemporaryDirectory[str]:
    """Link the files of an index into a writable folder.

    The engine creates a lock file even to read.
    """
    links = TemporaryDirectory(prefix="isnad-")
    for path in folder.resolve().iterdir():
        if not path.name.endswith(".lock"):
            (Path(links.name) / path.name).symlink_to(path)
    return links


def _empty(folder: Path) -> None:
    """Remove an index. Raises StoreBusy where another process is writing it."""
    with exclusive(folder / _LOCK, lambda _: _busy(folder)):
        for path in folder.iterdir():
            if path.name != _LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _busy(folder: Path) -> StoreBusy:
    return StoreBusy("search.busy", folder=folder)


@contextmanager
def _engine(folder: Path) -> Iterator[None]:
    """Translate errors of the engine and the disk into StoreErrors.

    The engine's panics are no `Exception`s.
    """
    try:
        yield
    except StoreError:
        raise
    except BaseException as error:
        text = str(error)
        if "LockBusy" in text:
            raise _busy(folder) from error
        if "No space left" in text or "os error 28" in text:
            raise StoreFull("search.disk_full", folder=folder) from error
        if isinstance(error, (ValueError, OSError, RuntimeError)) or type(error).__name__ == "PanicException":
            reason = text.splitlines()[0][:200] if text else type(error).__name__
            raise StoreDamaged("search.failed", folder=folder, error=reason, store=folder.parent) from error
        raise
