"""Let one process in at a time, by a lock on a file that ends with the process.

`filelock` does the same and empties the file before it has the lock, so that who holds it could not be named.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import StoreClosed, StoreError
from index.store.schema import writable


@contextmanager
def exclusive(file: Path, busy: Callable[[str], StoreError]) -> Iterator[None]:
    """Hold the lock of a file in a store's folder while the context lasts.

    Raises what `busy` makes of the holder's process id and start, if they are known, where another process has it, and
    StoreClosed where the folder may only be read.
    """
    if not writable(file.parent):
        raise StoreClosed("store.read_only", store=file.parent)
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy(os.pread(lock, 100, 0).decode(errors="replace").strip()) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0)
        yield
    finally:
        os.close(lock)
