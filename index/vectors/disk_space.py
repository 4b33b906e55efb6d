"""Room on the disk, asked for before anything is written.

A full disk is what Chroma bears worst.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from index.errors import StoreFull

ROOM = 500_000_000  # bytes


def require(store: Path, needed: int) -> None:
    """StoreFull where fewer bytes are free on the disk of the store."""
    free = shutil.disk_usage(store).free
    if free < needed:
        raise StoreFull("vectors.no_room", store=store, free=free / 1000000.0, needed=needed / 1000000.0)


def require_room(store: Path, least: int = ROOM) -> None:
    """Raise StoreFull if less room is left than `least` or three times the indexes.

    An index may have to be built while the old one is kept.
    """
    require(store, max(least, 3 * sum(index.stat().st_size for index in _indexes(store))))


def _indexes(store: Path) -> list[Path]:
    folders = [store / "lexical", *store.glob("vectors-*")]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
