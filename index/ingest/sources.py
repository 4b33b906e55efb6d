"""The PATHs that a store was filled from.

What each holds, and how to take one out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.errors import NotFound
from index.ingest.lexical_update import Derived, quiet
from index.models import Value
from index.store.ledger import Ledger
from index.store.sources import Refusal


class Source(Value, frozen=True, kw_only=True):
    """An indexed PATH."""

    path: str  # "": given from Python, without a PATH
    exists: bool
    files: int
    articles: int
    indexed: str | None = None  # the time of its last run, ISO 8601
    refused: tuple[Refusal, ...] = ()


def list_sources(ledger: Ledger) -> list[Source]:
    """Return every PATH that has articles in the store or was indexed before.

    In order.
    """
    counts, records = ledger.roots(), ledger.sources()
    return [
        Source(
            path=root,
            exists=bool(root) and Path(root).exists(),
            articles=counts.get(root, (0, 0))[0],
            files=counts.get(root, (0, 0))[1],
            indexed=records[root].indexed if root in records else None,
            refused=records[root].refusals if root in records else (),
        )
        for root in sorted(counts.keys() | records.keys())
    ]


def refreshable(ledger: Ledger) -> list[Path]:
    """Return the PATHs that an index run without one goes over.

    All but what the page keeps in the store.
    """
    paths = [Path(source.path) for source in list_sources(ledger) if source.path]
    return [path for path in paths if ledger.store.resolve() not in path.parents]


def remove_source(path: Path, ledger: Ledger, derived: Iterable[Derived]) -> int:
    """Delete the articles that came from a PATH, not their files.

    Return how many there were.

    Raises NotFound for a PATH that was never indexed, StoreBusy where another process is writing.
    """
    with ledger.writing():
        known = {source.path for source in list_sources(ledger) if source.path}
        root = next((root for root in (str(path), str(path.resolve())) if root in known), None)
        if root is None:
            raise NotFound("store.no_source", path=path, sources=sorted(known))
        ids = ledger.known(root)
        ledger.delete(ids)
        ledger.forget_source(root)
        for index in derived:
            index.refresh(quiet)
    return len(ids)
