"""Plan an index run: which articles are to be read, and what is reported of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from index.ingest.worker_pool import Prepared
from index.loaders.article_loader import ArticleRef
from index.messages.reason import Reason
from index.models import Skipped, SyncReport, Value
from index.store.ledger import Ledger


class Batch(Value, frozen=True, kw_only=True):
    """Some articles of a PATH: which are to be read, and which were known before."""

    steps: list[tuple[ArticleRef | Skipped, bool]]  # in order, each with whether it is to be read
    known: frozenset[str]  # ids of those that have an earlier version
    adopted: dict[str, str]  # id -> path of those that only moved

    @property
    def ids(self) -> set[str]:
        return {entry.id for entry, _ in self.steps if entry.id is not None}

    @property
    def size(self) -> int:
        return sum(ref.size for ref in self.fresh)

    @property
    def fresh(self) -> list[ArticleRef]:
        return [entry for entry, fresh in self.steps if fresh and isinstance(entry, ArticleRef)]


def classify(entries: list[ArticleRef | Skipped], root: str, ledger: Ledger, current: bool) -> Batch:
    """Decide what to do about each article; `current`: what was read before need not be read anew."""
    locations = ledger.locations([entry.id for entry in entries if isinstance(entry, ArticleRef)])
    steps: list[tuple[ArticleRef | Skipped, bool]] = []
    adopted = {}
    for entry in entries:
        location = locations.get(entry.id) if isinstance(entry, ArticleRef) else None
        if isinstance(entry, Skipped) or location is None:
            steps.append((entry, isinstance(entry, ArticleRef)))
        elif location.root != root and location.exists():
            reason = Reason.of("loaders.id_taken", id=entry.id, root=location.root, path=location.path)
            steps.append((Skipped(path=entry.place, id=entry.id, detail=reason), False))
        elif location.sha256 == entry.sha256 and current:
            steps.append((entry, False))
            if (location.root, location.path) != (root, entry.path):
                adopted[entry.id] = entry.path
        else:
            steps.append((entry, True))
    return Batch(steps=steps, known=frozenset(locations), adopted=adopted)


class Tally:
    """What the run has done so far."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.changed: list[str] = []
        self.skipped: list[Skipped] = []
        self.invisible: Counter[str] = Counter()
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

    def record(self, batch: Batch, outcomes: Iterable[Prepared | Skipped], root: str) -> list[Prepared]:
        """Record the outcomes of a batch; return those of its articles that are new or changed."""
        rest = iter(outcomes)
        taken = []
        for entry, fresh in batch.steps:
            outcome = next(rest) if fresh else entry
            if isinstance(outcome, Skipped):
                self.skip(outcome)
                continue
            article = outcome.article if isinstance(outcome, Prepared) else outcome
            self.present.add(article.id)
            if isinstance(outcome, Prepared):
                (self.changed if article.id in batch.known else self.added).append(article.id)
                self.invisible.update(outcome.invisible)
                taken.append(replace(outcome, article=replace(outcome.article, root=root)))
            else:
                self.unchanged += 1
        return taken

    def report(self, known: set[str], *, dropping: bool) -> SyncReport:
        """Return what was done and, of the articles `known` of this PATH, which are to be dropped."""
        stays = known & self.refused - self.present
        report = SyncReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            unchanged=self.unchanged,
            skipped=tuple(
                replace(skip, detail=Reason.of("loaders.earlier_stays", why=skip.detail or skip.reason))
                if skip.id in stays
                else skip
                for skip in self.skipped
            ),
            invisible_characters=dict(self.invisible),
        )
        if not dropping:
            return report
        missing = tuple(sorted(known - self.present - self.refused))
        return replace(report, retained=missing) if report.unreadable else replace(report, deleted=missing)
