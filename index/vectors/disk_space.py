"""Room on the disk, asked for before anything is written.

A full disk is what Chroma bears worst.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from index.errors import StoreFull


def require(store: Path, needed: int) -> None:
    """StoreFull where fewer bytes are free on the disk of the store."""
    free = shutil.disk_usage(store).free
    if free < needed:
        raise StoreFull("vectors.no_room", store=store, free=free / 1000000.0, needed=needed / 1000000.0)
