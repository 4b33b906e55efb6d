"""Path 1: a PATH of articles into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec.structs import replace

from index.errors import StoreBusy, StoreError
from index.ledger import Ledger
from index.lexical import LexicalIndex, LexicalWriter
from index.meaning.paid import Bill, bill
from index.passages import WHOLE, cut
from index.reading.articles import Found, given, scan
from index.records import Article, Passage, Skipped, SyncReport
from index.text.hygiene import clean, unseen

if TYPE_CHECKING:
    from index.meaning.embedding import Embedder

BATCH = 100  # articles a transaction
COMMIT = 5_000  # articles a commit of the lexical index
READING = "5"  # raise it when reading or cutting changes: stored articles are then read anew

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

    def sound(self) -> bool:
        """Whether the index can be opened."""
        try:
            LexicalIndex.open(self.folder)
        except StoreBusy:
            raise
        except StoreError:
            return False
        return True

    def refresh(self, progress: Progress) -> None:
        anew = not self.sound()
        if anew:
            self._ledger.mark_all("lexical")
        pending = self._ledger.pending("lexical")
        if not pending and not anew:
            return
        with LexicalWriter(self.folder, anew=anew, threads=2 if len(pending) > COMMIT else 1) as writer:
            done = 0
            for batch in batched(pending, COMMIT):
                articles = self._ledger.articles(batch)
                for one in batch:
                    if article := articles.get(one):
                        passages = self._ledger.passages_of(article)
                        writer.replace(one, article.title, ((passage.id, clean(passage.text)) for passage in passages))
                    else:
                        writer.remove(one)
                writer.commit()
                self._ledger.settle("lexical", batch)
                done += len(batch)
                progress("searchable", done, len(pending))
            if anew:
                writer.commit()


def quiet(stage: str, done: int, total: int | None) -> None:
    """No progress shown."""


def sync(path: Path, ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet) -> SyncReport:
    """Folder → read → clean → cut into passages → ledger → (lexical index, Chroma).

    Unchanged files are passed over, changed ones replaced, and what is missing from PATH is dropped: only what came from this
    PATH, and only where all of PATH could be told; where not, `kept` names what stays for that. A file that is refused keeps the
    version that was indexed before.
    Raises SourceError where PATH is gone or holds no article, StoreBusy where another process is writing.
    """
    with ledger.writing():
        root = str(path.resolve())
        tally = _read(scan(path), root, ledger, progress)
        report = tally.report(ledger.known(root), dropping=True)
        ledger.delete(report.deleted)
        for one in derived:
            one.refresh(progress)
    return report


def plan(path: Path, ledger: Ledger, embedder: Embedder, *, progress: Progress = quiet) -> tuple[SyncReport, Bill]:
    """What `sync` would do, and what it would have to pay an embedding model for; nothing is written.

    Raises as `sync` does, but for StoreBusy: nobody is kept from writing.
    """
    root = str(path.resolve())
    tally, due = _Tally(), Bill()
    for batch in batched(scan(path), BATCH):
        due += bill(_fresh(batch, root, ledger, tally, adopting=False), embedder, ledger)
        progress("read", tally.seen, None)
    return tally.report(ledger.known(root), dropping=True), due


def take(
    records: Iterable[Mapping[str, object]], ledger: Ledger, derived: Iterable[Derived], *, progress: Progress = quiet
) -> SyncReport:
    """Articles given one by one, with the keys of a JSON Lines record, into the store; nothing that is there is dropped.

    One whose id is there is replaced; where its file still stands in an indexed folder, it is refused. StoreBusy where another
    process is writing.
    """
    with ledger.writing():
        report = _read(given(records), "", ledger, progress).report(ledger.known(""), dropping=False)
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


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; the last may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _read(found: Iterable[Found | Skipped], root: str, ledger: Ledger, progress: Progress) -> _Tally:
    """Put what is new or changed into the ledger."""
    tally = _Tally()
    for batch in batched(found, BATCH):
        ledger.replace(_fresh(batch, root, ledger, tally))
        progress("read", tally.seen, None)
    ledger.set_state("reading", READING)
    return tally


class _Tally:
    """What the run has done so far."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.skipped: list[Skipped] = []
        self.unseen: Counter[str] = Counter()
        self.unchanged = 0
        self.present: set[str] = set()  # ids of the articles that could be read
        self.refused: set[str] = set()  # and of those that could not

    @property
    def seen(self) -> int:
        return len(self.added) + len(self.changed) + self.unchanged

    def skip(self, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        if skipped.id is not None:
            self.refused.add(skipped.id)

    def report(self, known: set[str], *, dropping: bool) -> SyncReport:
        """What was done, and of the articles that are `known` of this PATH, those to be dropped."""
        stays = known & self.refused - self.present
        report = SyncReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            unchanged=self.unchanged,
            skipped=tuple(
                replace(one, reason=f"{one.reason}; its earlier version stays indexed") if one.id in stays else one
                for one in self.skipped
            ),
            unseen=dict(self.unseen),
        )
        if not dropping:
            return report
        missing = tuple(sorted(known - self.present - self.refused))
        return replace(report, kept=missing) if report.unread else replace(report, deleted=missing)


def _fresh(
    batch: list[Found | Skipped], root: str, ledger: Ledger, tally: _Tally, *, adopting: bool = True
) -> list[tuple[Article, tuple[Passage, ...]]]:
    """The articles of a batch that are new or changed, with their passages."""
    homes = ledger.homes([one.id for one in batch if isinstance(one, Found)])
    current = ledger.state("reading") in (None, READING)
    entries, adopted = [], {}
    for found in batch:
        if isinstance(found, Skipped):
            tally.skip(found)
            continue
        home = homes.get(found.id)
        if home and home.root != root and home.still_there():
            reason = (
                f"the id {found.id} belongs to {home.root} ({home.path}); rename one, or run: isnad remove {found.id}"
            )
            tally.skip(Skipped(path=found.place, id=found.id, reason=reason))
        elif home and home.sha256 == found.sha256 and current:
            tally.present.add(found.id)
            tally.unchanged += 1
            if (home.root, home.path) != (root, found.path):
                adopted[found.id] = found.path
        elif isinstance(article := found.load(), Skipped):
            tally.skip(article)
        else:
            tally.present.add(found.id)
            (tally.changed if home else tally.added).append(found.id)
            tally.unseen.update(unseen(article.text))
            entries.append((replace(article, root=root), cut(article, whole=WHOLE)))
    if adopted and adopting:
        ledger.adopt(root, adopted)
    return entries
