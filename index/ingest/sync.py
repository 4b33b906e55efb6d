"""Path 1: a PATH of articles into the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from index.embeddings.embedding_cache import CostEstimate, estimate_cost
from index.errors import SourceError, StoreBusy, StoreError
from index.ingest.sync_plan import Batch, Tally, told_apart
from index.ingest.worker_pool import Crew, Job, Prepared, prepared
from index.language.invisible_chars import clean
from index.loaders.article_loader import Found, given, scan
from index.models import Article, Passage, Skipped, SyncReport
from index.search.lexical import LexicalIndex, LexicalWriter
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

BATCH = 100  # articles a transaction
COMMIT = 5_000  # articles a commit of the lexical index
ROOM = 50_000_000  # bytes of articles that are prepared at once
READING = "6"  # raise it when reading or cutting changes: stored articles are then read anew

Progress = Callable[[str, int, int | None], None]  # stage, articles done with it, of how many
T = TypeVar("T")


class Derived(Protocol):
    """An index kept equal to the ledger: it takes over what the ledger lists as pending for it."""

    def refresh(self, progress: Progress) -> None: ...


class Lexicon:
    """The lexical index, following the ledger; built anew where it is missing, damaged or of another version."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.folder = ledger.store / "lexical"
        self._writer: LexicalWriter | None = None
        self._following = True
        self._unsettled: list[str] = []  # ids of the articles that the writer has and no reader sees yet

    def sound(self) -> bool:
        """Whether the index can be opened."""
        try:
            LexicalIndex.open(self.folder)
        except StoreBusy:
            raise
        except StoreError:
            return False
        return True

    def follow(self, taken: Iterable[Prepared]) -> None:
        """Begin to take over what the ledger was just given, while more is read. `refresh` has it seen, `close` gives it up."""
        try:
            for one in taken if self._following else ():
                self._put(one.article, one.passages)
            if len(self._unsettled) >= COMMIT:
                self._settle()
        except StoreError:  # `refresh` meets it again, once all is read
            self.close()
            self._following = False

    def refresh(self, progress: Progress) -> None:
        """Take over all that the ledger lists as pending."""
        if not self._writer and not self._ledger.pending("lexical") and self.sound():
            return
        try:
            with self._opened() as writer:
                followed = frozenset(self._unsettled)
                pending, done = self._ledger.pending("lexical"), len(followed)
                for batch in list(batched((one for one in pending if one not in followed), COMMIT)) or [[]]:
                    articles = self._ledger.articles(batch)
                    for one in batch:
                        if article := articles.get(one):
                            self._put(article, self._ledger.passages_of(article))
                        else:
                            writer.remove(one)
                            self._unsettled.append(one)
                    self._settle()
                    done += len(batch)
                    progress("searchable", done, len(pending))
        finally:
            self._writer, self._unsettled, self._following = None, [], True

    def close(self) -> None:
        """Let another process write. What was not settled is still pending."""
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
        """Have readers see what the writer has."""
        self._opened().commit()
        self._ledger.settle("lexical", self._unsettled)
        self._unsettled = []


def quiet(stage: str, done: int, total: int | None) -> None:
    """No progress shown."""


def sync(path: Path, ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet) -> SyncReport:
    """Folder → read → clean → cut into passages → ledger → (lexical index, Chroma).

    Unchanged files are passed over, changed ones replaced, and what is missing from PATH is dropped: only what came from this
    PATH, and only where all of PATH could be told; where not, `kept` names what stays for that. A file that is refused keeps the
    version that was indexed before.
    Raises SourceError where PATH is gone or holds no article, StoreBusy where another process is writing.
    """
    with _writing(ledger, derived := list(derived)):
        root = str(path.resolve())
        tally = _read(scan(path), root, ledger, derived, progress)
        ledger.set_state("reading", READING)
        report = tally.report(ledger.known(root), dropping=True)
        ledger.delete(report.deleted)
        for one in derived:
            one.refresh(progress)
    return report


def plan(
    path: Path, ledger: Ledger, embedder: Embedder, *, progress: Progress = quiet
) -> tuple[SyncReport, CostEstimate]:
    """What `sync` would do, and what it would have to pay an embedding model for; nothing is written.

    Raises as `sync` does, but for StoreBusy: nobody is kept from writing.
    """
    root = str(path.resolve())
    tally, due, current = Tally(), CostEstimate(), _current(ledger)
    for batch in batched(scan(path), BATCH):
        taken = tally.take(one := told_apart(batch, root, ledger, current), map(prepared, one.fresh), root)
        due += estimate_cost([(each.article, each.passages) for each in taken], embedder, ledger)
        progress("read", tally.seen, None)
    return tally.report(ledger.known(root), dropping=True), due


def take(
    records: Iterable[Mapping[str, object]], ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet
) -> SyncReport:
    """Articles given one by one, with the keys of a JSON Lines record, into the store; nothing that is there is dropped.

    One whose id is there is replaced; where its file still stands in an indexed folder, it is refused. StoreBusy where another
    process is writing.
    """
    with _writing(ledger, derived := list(derived)):
        report = _read(given(records), "", ledger, derived, progress).report(ledger.known(""), dropping=False)
        ledger.set_state("reading", READING)
        for one in derived:
            one.refresh(progress)
    return report


def remove(ids: Iterable[str], ledger: Ledger, derived: Iterable[Derived]) -> None:
    """Take articles out of the store; NotFound names the first that is not there. The files themselves stay."""
    with ledger.writing():
        wanted = list(ids)
        for one in wanted:
            ledger.article(one)
        ledger.delete(wanted)
        for index in derived:
            index.refresh(quiet)


def read_again(ids: Iterable[str], ledger: Ledger, progress: Progress = quiet) -> list[str]:
    """Read articles from their files again, while the ledger is `writing()`; return the ids of those that were there.

    Raises nothing for a PATH that is gone.
    """
    wanted, healed = set(ids), list[str]()
    roots = {location.root for location in ledger.locations(list(wanted)).values() if location.root}
    for root in sorted(roots):
        with suppress(SourceError):
            entries = [entry for entry in scan(Path(root)) if isinstance(entry, Found) and entry.id in wanted]
            healed += _read(entries, root, ledger, [], progress).changed
    return healed


@contextmanager
def _writing(ledger: Ledger, derived: Sequence[Derived]) -> Iterator[None]:
    """Be the only writer; whatever happens, let the next one write."""
    with ledger.writing():
        try:
            yield
        finally:
            for lexicon in _lexicons(derived):
                lexicon.close()


def _current(ledger: Ledger) -> bool:
    """Whether what is in the ledger was read as it would be now."""
    return ledger.state("reading") in (None, READING)


def _lexicons(derived: Iterable[Derived]) -> list[Lexicon]:
    return [one for one in derived if isinstance(one, Lexicon)]


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; the last may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _read(
    found: Iterable[Found | Skipped], root: str, ledger: Ledger, derived: Sequence[Derived], progress: Progress
) -> Tally:
    """Put what is new or changed into the ledger, batch by batch in their order; the next ones are prepared meanwhile."""
    lexicons = _lexicons(derived)
    tally, current = Tally(), _current(ledger)
    under_way: deque[tuple[Batch, Job]] = deque()

    def keep_oldest() -> None:
        batch, job = under_way.popleft()
        taken = tally.take(batch, job.result(), root)
        if batch.adopted:
            ledger.adopt(root, batch.adopted)
        ledger.replace([(one.article, one.passages) for one in taken], [one.sketch for one in taken])
        progress("read", tally.seen, None)
        for lexicon in lexicons:
            lexicon.follow(taken)

    with Crew() as crew:
        for some in batched(found, BATCH):
            ids = {one.id for one in some if one.id is not None}
            while any(batch.ids & ids for batch, _ in under_way):  # given twice: the later one replaces the earlier
                keep_oldest()
            batch = told_apart(some, root, ledger, current)
            while under_way and under_way[0][1].done and not crew.idle():
                keep_oldest()
            under_way.append((batch, crew.begin(batch.fresh)))
            while len(under_way) > crew.size or sum(batch.size for batch, _ in under_way) > ROOM:
                keep_oldest()
        while under_way:
            keep_oldest()
    return tally
