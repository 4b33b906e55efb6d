"""Plan an index run: which articles are to be read.

And what is reported of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from index.ingest.worker_pool import Prepared
from index.loaders.article_ids import foreign_candidates
from index.loaders.article_loader import ArticleRef
from index.loaders.file_kinds import is_many
from index.loaders.folder import printable
from index.messages.reason import Reason
from index.models import Skipped, SyncReport, Value
from index.store.ledger import Ledger, Location
from index.store.sources import Refusal


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
    """Decide what to do about each article.

    `current`: what was read before need not be read anew.

    An article whose id another PATH, or another file of this one, still holds gets an id of its own.
    """
    locations = ledger.locations([entry.id for entry in entries if isinstance(entry, ArticleRef)])
    steps: list[tuple[ArticleRef | Skipped, bool]] = []
    adopted, known = {}, set[str]()
    for entry in entries:
        if isinstance(entry, Skipped):
            steps.append((entry, False))
            continue
        location = locations.get(entry.id)
        if location and _held(location, entry, root):
            if not root:
                reason = Reason.of("loaders.id_taken", id=entry.id, root=location.root, path=location.path)
                steps.append((Skipped(path=entry.place, id=entry.id, detail=reason), False))
                known.add(entry.id)
                continue
            entry, location = _renamed(entry, root, ledger)
        if location:
            known.add(entry.id)
        fresh = location is None or location.sha256 != entry.sha256 or not current
        steps.append((entry, fresh))
        if location and not fresh and (location.root, location.path) != (root, entry.path):
            adopted[entry.id] = entry.path
    return Batch(steps=steps, known=frozenset(known), adopted=adopted)


def _held(location: Location, entry: ArticleRef, root: str) -> bool:
    """Return whether an id is that of another article, whose file is still there."""
    if location.root != root:
        return location.exists()
    return location.path != entry.path and not is_many(location.path) and location.exists()


def _renamed(entry: ArticleRef, root: str, ledger: Ledger) -> tuple[ArticleRef, Location | None]:
    """Return an article under the first of its further ids that is free.

    And where that id came from before.
    """
    choices = foreign_candidates(entry.id, entry.path, root)
    locations = ledger.locations(choices)
    key = next((key for key in choices if key not in locations or not _held(locations[key], entry, root)), choices[-1])
    return replace(entry, id=key), locations.get(key)


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
        """Record the outcomes of a batch.

        Return those of its articles that are new or changed.
        """
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

    def report(self, known: Mapping[str, str], *, dropping: bool, before: Iterable[Refusal] = ()) -> SyncReport:
        """Return what was done and, of the articles `known` of this PATH.

        (id → file), which are to be dropped.

        One that was not met stays where its own file, or the folder of that, could not be read whole. `before` is what
        the last run refused.
        """
        reported = {(refusal.path, refusal.reason) for refusal in before}
        stays = known.keys() & self.refused - self.present
        report = SyncReport(
            added=tuple(self.added),
            changed=tuple(self.changed),
            unchanged=self.unchanged,
            skipped=tuple(
                replace(skip, repeated=(skip.path, skip.reason) in reported)
                for skip in (_kept(skip) if skip.id in stays else skip for skip in self.skipped)
            ),
            invisible_characters=dict(self.invisible),
        )
        if not dropping:
            return report
        missing = known.keys() - self.present - self.refused
        unread = [skip.path for skip in report.unreadable]
        retained = {key for key in missing if any(_may_hold(place, known[key]) for place in unread)}
        return replace(report, retained=tuple(sorted(retained)), deleted=tuple(sorted(missing - retained)))


def _kept(skip: Skipped) -> Skipped:
    """Say of a refused file that its earlier version stays."""
    return replace(skip, detail=Reason.of("loaders.earlier_stays", why=skip.detail or skip.reason))


def _may_hold(place: str, path: str) -> bool:
    """Return whether a place that could not be read may hold an article of a file.

    A line of it, or its folder.

    >>> _may_hold("wire.jsonl:6", "wire.jsonl"), _may_hold("wire.jsonl:6", "obituary.txt"), _may_hold("", "a.txt")
    (True, False, True)
    """
    file = printable(path)
    return not place or place == file or file.startswith(f"{place}/") or place.rpartition(":")[0] == file
