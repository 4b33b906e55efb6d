"""Give every article of a PATH an id of its own: short, stable, fit to be cited.

An article claims, as a file, its path in PATH without the extension, as a record its `id`. An article that is in the
store keeps the id it has there. Where several claim one id, the one that has it in the store keeps it, otherwise a
record goes before a file, and the first in order before the next. The others get the first of their `candidates` that
is free: report.md beside report.txt is `report.md`, a record of wire.jsonl `wire/17`; then a hash of the place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable

from index.loaders.file_kinds import MANY, is_many
from index.loaders.folder import clean_id
from index.loaders.jsonl import SUFFIXES

LONGEST = 120  # characters of an id that is made of a path
KEPT = 80  # of the file's name in the id of a longer path, before a hash
DIGITS = 6  # hexadecimal, of the hash that tells two articles apart

Claim = tuple[str, str, bool]  # the id that an article claims, its file, whether it is a record
Claimant = tuple[bool, str, str]  # whether it is a file of its own, its file, the id that it claims


class StoredIds:
    """The ids that the articles of a PATH have in the store."""

    def __init__(
        self, root: str = "", ids: Iterable[tuple[str, str]] = (), holder: Callable[[str], str | None] = lambda _: None
    ) -> None:
        """Take (id, file) of the articles of a PATH.

        `holder` returns the file in PATH of the article with an id.
        """
        self._root, self._holder = root, holder
        self._unusual: dict[str, set[str]] = {}  # file → ids that are not what its articles claim
        for key, path in ids:
            if "/" in key or "~" in key if is_many(path) else key != file_id(path):
                self._unusual.setdefault(path, set()).add(key)

    def given(self, own: str, path: str, record: bool) -> str | None:
        """Return the id that an article was given, where that is not what it claims."""
        if not (unusual := self._unusual.get(path)):
            return None
        if not record:
            return min(unusual)
        choices = (*candidates(own, path, record=True), *foreign_candidates(own, path, self._root))
        key = next((key for key in choices if key in unusual), None)
        return key if key and self._holder(own) != path else None

    def winner(self, key: str, claimants: list[Claimant]) -> tuple[str, str]:
        """Return file and own id of the article that has an id.

        By the store, else records go before files.
        """
        stored = self._holder(key)
        path, own = min(claimants, key=lambda claimant: (claimant[1] != stored, claimant[0]))[1:]
        return path, own


class ArticleIds:
    """The ids of all articles of a PATH, no two the same."""

    def __init__(self, claims: Iterable[Claim], stored: StoredIds) -> None:
        self._stored = stored
        self._repeated = set[tuple[str, str]]()  # (id, file): several records of a file claim this id
        first: dict[str, Claimant] = {}  # id → who claims it
        others: dict[str, list[Claimant]] = {}
        for own, path, record in claims:
            key, claimant = stored.given(own, path, record) or own, (not record, path, own)
            if first.setdefault(key, claimant) is claimant:
                continue
            rivals = others.setdefault(key, [first[key]])
            if claimant in rivals:
                self._repeated.add((key, path))
            else:
                rivals.append(claimant)
        self._holders = {key: claimant[1:] for key, claimant in first.items()}  # id → file and own id of its article
        self._holders |= {key: stored.winner(key, rivals) for key, rivals in others.items()}

    def assign(self, own: str, path: str, record: bool) -> str:
        """Return the id of an article; the same for the same article."""
        article = (path, own)
        keys = (self._stored.given(own, path, record) or own, *candidates(own, path, record))
        key = next(key for key in keys if self._holders.get(key, article) == article)
        self._holders[key] = article
        return key

    def repeats(self, own: str, path: str) -> bool:
        """Return whether several records of a file claim an id."""
        return (self._stored.given(own, path, record=True) or own, path) in self._repeated


def file_id(path: str) -> str:
    """Return the id that a file claims by its path.

    >>> file_id("politics/2025-08-01.txt"), file_id("تقرير [فيديو].txt")
    ('politics/2025-08-01', 'تقرير (فيديو)')
    """
    stem = clean_id(os.path.splitext(path)[0])
    if stem and len(stem) <= LONGEST:
        return stem
    return f"{os.path.basename(stem)[:KEPT]}~{_digest(path)}"


def candidates(own: str, path: str, record: bool) -> tuple[str, ...]:
    """Return the further ids of an article whose own is taken by another of its PATH.

    >>> candidates("17", "2025/wire.jsonl", True)[0], candidates("report", "report.md", False)[0]
    ('2025/wire/17', 'report.md')
    """
    longer = f"{clean_id(_unsuffixed(path))}/{own}" if record else f"{own}{os.path.splitext(path)[1].lower()}"
    return longer, f"{own}~{_digest(path, own)}"


def foreign_candidates(own: str, path: str, root: str) -> tuple[str, ...]:
    """Return the further ids of an article whose own is taken by another PATH.

    >>> foreign_candidates("report", "report.txt", "/news/north")[0]
    'north/report'
    """
    return f"{clean_id(_unsuffixed(os.path.basename(root)))}/{own}", f"{own}~{_digest(root, path, own)}"


def _unsuffixed(path: str) -> str:
    """Return the path of a file of many articles without its extension.

    Others as they are.
    """
    return next((path[: -len(suffix)] for suffix in (*SUFFIXES, *MANY) if path.lower().endswith(suffix)), path)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
