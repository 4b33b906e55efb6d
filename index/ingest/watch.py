"""Follow the changes of a folder of articles; the only user of watchfiles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

QUIET = 300  # milliseconds without a change after which a burst of changes counts as over
POLL = 500  # milliseconds until watchfiles returns without a change
MISSING = 5.0  # seconds until a PATH that is gone, or is being replaced, is looked for again


def changes(path: Path, ignored: Path) -> Iterator[None]:
    """Yield at once, and again after every burst of changes of a path, until Ctrl-C.

    Changes below `ignored` (the store, which a folder may hold) do not count. A PATH that goes away is waited for: a
    folder that is swapped for another, a drive that comes back.
    """
    from watchfiles import DefaultFilter, watch

    watched = DefaultFilter(ignore_paths=[ignored.resolve()])
    while True:
        try:
            begun = False
            for changed in watch(
                path.resolve(),
                watch_filter=watched,
                step=QUIET,
                rust_timeout=POLL,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                # After the first poll no change is missed, not even while the caller works.
                if changed or not begun:
                    begun = True
                    yield
                if not path.exists():
                    break
        except FileNotFoundError:
            pass
        while not path.exists():
            time.sleep(MISSING)
