"""Fill the vectors of open stores in the background.

One thread a process, at low priority.

What is filled is kept after every few passages, so that it goes on wherever it was ended. Another process that fills
the same store, or writes it, goes first.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import IsnadError

if TYPE_CHECKING:
    from index.store.ledger import Ledger
    from index.vectors.vector_index import Vectors

DELAY = 3.0  # seconds that a store is open before its filling begins: most commands have ended by then
LONGEST = 10.0  # seconds that who lets go of a store waits for the passages under way
PAUSE = 5.0  # seconds until a store that is full, or is being written, is looked at again
NICENESS = 10  # not 19: the thread holds Python's lock now and then, and must get the processor to give it back

Opener = Callable[[], "tuple[Ledger, Vectors] | None"]


class BackgroundFilling:
    """Fills the stores that are held open, one after the other.

    release = FILLING.hold(store, lambda: (ledger, vectors))
    …
    release()
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[Path, list[Opener]] = {}
        self._filling: Path | None = None
        self._thread: threading.Thread | None = None

    def hold(self, store: Path, opener: Opener) -> Callable[[], None]:
        """Fill a store until the returned function is called.

        `opener` opens it, None where nothing is to be filled.
        """
        key = store.resolve()
        with self._changed:
            self._held.setdefault(key, []).append(opener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="isnad-filling", daemon=True)
                self._thread.start()

        def release() -> None:
            with self._changed:
                openers = self._held.get(key, [])
                if opener in openers:
                    openers.remove(opener)
                if not openers:
                    self._held.pop(key, None)
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._filling != key, timeout=LONGEST)

        return release

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere the priority is the process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        wait = DELAY
        while True:
            with self._changed:
                self._changed.wait(wait)
                if not self._held:
                    self._thread = None
                    return
                stores = [(store, openers[-1]) for store, openers in self._held.items()]
            for store, opener in stores:
                self._set_filling(store)
                try:
                    self._fill(store, opener)
                finally:
                    self._set_filling(None)
            wait = PAUSE

    def _set_filling(self, store: Path | None) -> None:
        with self._changed:
            self._filling = store
            self._changed.notify_all()

    def _fill(self, store: Path, opener: Opener) -> None:
        """Fill a store until it is full, or is let go of; what fails is tried again later."""
        opened = None
        try:
            opened = opener()
            if opened is not None:
                opened[1].fill_gently(lambda: store not in self._held)
        except IsnadError:
            pass  # another process fills or writes, or the model fails: `isnad status` says how far it is
        finally:
            if opened is not None:
                opened[1].close()
                opened[0].close()


FILLING = BackgroundFilling()
