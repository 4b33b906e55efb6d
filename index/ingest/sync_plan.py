"""What a run of path 1 finds and does: which articles are to be read, and what is reported of all of them in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from index.ingest.worker_pool import Prepared
from index.loaders.article_loader import Found
from index.models import Skipped, SyncReport, Value
from index.store.ledger import Ledger


class Batch(Value, frozen=True, kw_only=True):
    """Some articles that were found: which of them are to be read, which were, and which cannot be told."""

    steps: list[tuple[Found | Skipped, bool]]  # in order; whether it is to be read
    known: frozenset[str]  # ids of those that have an earlier version
    adopted: dict[str, str]  # id -> path of those that only moved

    @property
    def ids(self) -> set[str]:
        return {one.id for one, _ in self.steps if one.id is not None}

    @property
    def size(self) -> int:
        return sum(one.size for one in self.fresh)

    @property
    def fresh(self) -> list[Found]:
        return [one for one, fresh in self.steps if fresh and isinstance(one, Found)]


def told_apart(some: list[Found | Skipped], root: str, ledger: Ledger, current: bool) -> Batch:
    """What is to be done about each of these articles; `current`: whether what was read before need not be read anew."""
    homes = ledger.locations([one.id for one in some if isinstance(one, Found)])
    steps: list[tuple[Found | Skipped, bool]] = []
    adopted = {}
    for found in some:
        home = homes.get(found.id) if isinstance(found, Found) else None
        if isinstance(found, Skipped) or home is None:
            steps.append((found, isinstance(found, Found)))
        elif home.root != root and home.exists():
            reason = (
                f"the id {found.id} belongs to {home.root} ({home.path}); rename one, or run: isnad remove {found.id}"
            )
            steps.append((Skipped(path=found.place, id=found.id, reason=reason), False))
        elif home.sha256 == found.sha256 and current:
            steps.append((found, False))
            if (home.root, home.path) != (root, found.path):
                adopted[found.id] = found.path
        else:
            steps.append((found, True))
    return Batch(steps=steps, known=frozenset(homes), adopted=adopted)


class Tally:
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

    def take(self, batch: Batch, outcomes: Iterable[Prepared | Skipped], root: str) -> list[Prepared]:
        """Note what became of a batch; the articles of it that are new or changed."""
        rest = iter(outcomes)
        taken = []
        for one, fresh in batch.steps:
            outcome = next(rest) if fresh else one
            if isinstance(outcome, Skipped):
                self.skip(outcome)
                continue
            article = outcome.article if isinstance(outcome, Prepared) else outcome
            self.present.add(article.id)
            if isinstance(outcome, Prepared):
                (self.changed if article.id in batch.known else self.added).append(article.id)
                self.unseen.update(outcome.unseen)
                taken.append(replace(outcome, article=replace(outcome.article, root=root)))
            else:
                self.unchanged += 1
        return taken

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
            invisible_characters=dict(self.unseen),
        )
        if not dropping:
            return report
        missing = tuple(sorted(known - self.present - self.refused))
        return replace(report, retained=missing) if report.unreadable else replace(report, deleted=missing)
