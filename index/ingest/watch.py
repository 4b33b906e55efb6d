"""A folder of articles, followed: the only home of watchfiles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

QUIET = 300  # milliseconds without a change after which a burst of changes counts as over
LOOK = 500  # milliseconds of one look
ASIDE = 5.0  # seconds until a PATH that is gone, or is being replaced, is looked for again


def changes(path: Path, apart: Path) -> Iterator[None]:
    """Yields at once, and again after every burst of changes below a folder or to a file, until Ctrl-C; what changes below `apart`
    (the store, which a folder may hold) is none of it.

    A PATH that goes away is waited for: a folder that is swapped for another, a drive that comes back.
    """
    from watchfiles import DefaultFilter, watch

    seen = DefaultFilter(ignore_paths=[apart.resolve()])
    while True:
        try:
            begun = False
            for changed in watch(
                path.resolve(),
                watch_filter=seen,
                step=QUIET,
                rust_timeout=LOOK,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                if (
                    changed or not begun
                ):  # the first look is over: from now on no change is missed, not even while the caller works
                    begun = True
                    yield
                if not path.exists():
                    break
        except FileNotFoundError:
            pass
        while not path.exists():
            time.sleep(ASIDE)
