"""Bring a PATH of articles into the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from index.embeddings.embedding_cache import CostEstimate, estimate_cost
from index.errors import SourceError
from index.ingest.lexical_update import Derived as Derived
from index.ingest.lexical_update import Lexicon as Lexicon
from index.ingest.lexical_update import Progress as Progress
from index.ingest.lexical_update import batched
from index.ingest.lexical_update import quiet as quiet
from index.ingest.sync_plan import Batch, Tally, classify
from index.ingest.worker_pool import Job, WorkerPool, prepare
from index.loaders.article_ids import StoredIds
from index.loaders.article_loader import ArticleRef, from_records, scan
from index.models import Skipped, SyncReport
from index.store.ledger import Ledger
from index.store.sources import Refusal, SourceRecord

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

BATCH = 100  # articles in a transaction
ROOM = 50_000_000  # bytes of articles that are prepared at a time
READING = "8"  # raise it when reading or cutting changes: stored articles are then read anew


def sync(path: Path, ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet) -> SyncReport:
    """Bring a PATH into the store.

    Read, clean, cut into passages, ledger, then the derived indexes.

    Unchanged files are passed over, changed files replaced, and articles that are missing from PATH are deleted: only
    those that came from this PATH, and not what a file or a folder that could not be read may still hold: the report
    names what stays for that. A file that cannot be read keeps the version that was indexed before. Raises SourceError
    where PATH is gone or holds no article, StoreBusy where another process is writing.
    """
    with _writing(ledger, derived := list(derived)):
        report = read_path(path, ledger, derived, progress)
        for index in derived:
            index.refresh(progress)
    return report


def read_path(path: Path, ledger: Ledger, derived: Sequence[Derived], progress: Progress = quiet) -> SyncReport:
    """Bring the ledger up to a PATH, while it is `writing()`.

    The indexes are not refreshed. Raises as `sync` does.
    """
    root = str(path.resolve())
    report = _read(_entries(path, root, ledger), root, ledger, derived, progress).report(
        ledger.known(root), dropping=True, before=ledger.source(root).refusals
    )
    ledger.set_state("reading", READING)
    ledger.keep_source(root, _record(report))
    if report.deleted:  # what is new can be found before what it may replace, as a renamed file, is gone
        for lexicon in _lexicons(derived):
            lexicon.refresh(progress)
    ledger.delete(report.deleted)
    return report


def plan(
    path: Path, ledger: Ledger, embedder: Embedder | None, *, progress: Progress = quiet
) -> tuple[SyncReport, CostEstimate]:
    """Return what `sync` would do and what its embeddings would cost.

    Nothing is written.

    Raises as `sync` does, except StoreBusy: other processes may write.
    """
    root = str(path.resolve())
    tally, due, current = Tally(), CostEstimate(), _current(ledger)
    for batch in batched(_entries(path, root, ledger), BATCH):
        taken = tally.record(entries := classify(batch, root, ledger, current), map(prepare, entries.fresh), root)
        due += estimate_cost([(each.article, each.passages) for each in taken], embedder, ledger)
        progress("read", tally.seen, None)
    return tally.report(ledger.known(root), dropping=True, before=ledger.source(root).refusals), due


def take(
    records: Iterable[Mapping[str, object]], ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet
) -> SyncReport:
    """Add articles given as mappings with the keys of a JSON Lines record.

    No article is deleted.

    An article whose id is known is replaced; where its file still stands in an indexed folder, it is refused. Raises
    StoreBusy where another process is writing.
    """
    with _writing(ledger, derived := list(derived)):
        report = _read(from_records(records), "", ledger, derived, progress).report(ledger.known(""), dropping=False)
        ledger.set_state("reading", READING)
        for index in derived:
            index.refresh(progress)
    return report


def remove(ids: Iterable[str], ledger: Ledger, derived: Iterable[Derived]) -> None:
    """Delete articles from the store, not their files.

    NotFound names the first that is not there.
    """
    with ledger.writing():
        wanted = list(ids)
        for article_id in wanted:
            ledger.article(article_id)
        ledger.delete(wanted)
        for index in derived:
            index.refresh(quiet)


def read_again(ids: Iterable[str], ledger: Ledger, progress: Progress = quiet) -> list[str]:
    """Read articles from their files again, while the ledger is `writing()`.

    Return the ids of those that were there.

    Raises nothing for a PATH that is gone.
    """
    wanted, healed = set(ids), list[str]()
    roots = {location.root for location in ledger.locations(list(wanted)).values() if location.root}
    for root in sorted(roots):
        with suppress(SourceError):
            every = scan(Path(root), _stored(ledger, root))
            entries = [entry for entry in every if isinstance(entry, ArticleRef) and entry.id in wanted]
            healed += _read(entries, root, ledger, [], progress).changed
    return healed


@contextmanager
def _writing(ledger: Ledger, derived: Sequence[Derived]) -> Iterator[None]:
    """Be the only writer while the context lasts."""
    with ledger.writing():
        try:
            yield
        finally:
            for lexicon in _lexicons(derived):
                lexicon.close()


def _entries(path: Path, root: str, ledger: Ledger) -> Iterator[ArticleRef | Skipped]:
    """Yield the articles of a PATH.

    Where it held articles and holds none any more, not even one that cannot be read, its disk may not be mounted:
    SourceError says that the articles stay, and how to take them out.
    """
    known, empty = len(ledger.known(root)), True
    for entry in scan(path, _stored(ledger, root), may_be_empty=bool(known)):
        empty = empty and entry.id is None
        yield entry
    if known and empty:
        raise SourceError("report.emptied", path=path, articles=known)


def _record(report: SyncReport) -> SourceRecord:
    refusals = (Refusal(path=skip.path, reason=skip.reason, error=skip.error) for skip in report.skipped)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return SourceRecord(indexed=now, refusals=tuple(refusals))


def _stored(ledger: Ledger, root: str) -> StoredIds:
    """Return the ids that the articles of a PATH have."""

    def holder(key: str) -> str | None:
        location = ledger.locations([key]).get(key)
        return location.path if location and location.root == root else None

    return StoredIds(root, ledger.known(root).items(), holder)


def _current(ledger: Ledger) -> bool:
    """Return whether the ledger's articles were read as they would be now."""
    return ledger.state("reading") in (None, READING)


def _lexicons(derived: Iterable[Derived]) -> list[Lexicon]:
    return [index for index in derived if isinstance(index, Lexicon)]


def _read(
    entries: Iterable[ArticleRef | Skipped], root: str, ledger: Ledger, derived: Sequence[Derived], progress: Progress
) -> Tally:
    """Put new and changed articles into the ledger in order.

    Batch by batch, while the next are prepared.
    """
    lexicons = _lexicons(derived)
    tally, current = Tally(), _current(ledger)
    under_way: deque[tuple[Batch, Job]] = deque()

    def keep_oldest() -> None:
        batch, job = under_way.popleft()
        taken = tally.record(batch, job.result(), root)
        if batch.adopted:
            ledger.adopt(root, batch.adopted)
        ledger.replace([(item.article, item.passages) for item in taken], [item.sketch for item in taken])
        progress("read", tally.seen, None)
        for lexicon in lexicons:
            lexicon.follow(taken)

    with WorkerPool() as pool:
        for some in batched(entries, BATCH):
            ids = {entry.id for entry in some if entry.id is not None}
            while any(batch.ids & ids for batch, _ in under_way):  # given twice: the later replaces the earlier
                keep_oldest()
            batch = classify(some, root, ledger, current)
            while under_way and under_way[0][1].done and not pool.idle():
                keep_oldest()
            under_way.append((batch, pool.begin(batch.fresh)))
            while len(under_way) > pool.size or sum(batch.size for batch, _ in under_way) > ROOM:
                keep_oldest()
        while under_way:
            keep_oldest()
    return tally
