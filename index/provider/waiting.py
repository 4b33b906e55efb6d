"""Waiting with a limit that really holds: the work runs in a thread of its own, and whoever waits can stop at any moment.

A read timeout alone does not hold: a server that sends a comment every few seconds, or a header byte by byte, resets it for ever.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any


class TooLate(Exception):
    """Nothing came in time."""


class Ended(Exception):
    """The work is done: nothing more will come."""


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


_END = object()


class Line:
    """The things that `work(line)` puts on it, one by one, each within the seconds its reader has.

    >>> def count(line: Line) -> None:
    ...     for number in range(2):
    ...         line.put(number)
    >>> with Line(count) as line:
    ...     line.get(1.0), line.get(1.0)
    (0, 1)
    """

    def __init__(self, work: Callable[[Line], None]) -> None:
        self._things: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._left = False
        self._hang_up: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name="isnad-line")

    def __enter__(self) -> Line:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._left = True
            hang_up = self._hang_up
        if hang_up is not None:
            hang_up()

    def get(self, seconds: float) -> Any:
        """The next thing. Raises TooLate, Ended, or what the work raised."""
        try:
            thing = self._things.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise TooLate from None
        if thing is _END:
            raise Ended
        if isinstance(thing, _Failed):
            raise thing.error
        return thing

    def put(self, thing: Any) -> None:
        """Hand a thing to the reader (called by the work). Raises GeneratorExit once the reader has left."""
        if self._left:
            raise GeneratorExit
        self._things.put(thing)

    def closes(self, hang_up: Callable[[], None]) -> None:
        """What to do when the reader leaves: how to end a read that is under way (called by the work)."""
        with self._lock:
            self._hang_up = hang_up
            left = self._left
        if left:
            hang_up()

    def _run(self, work: Callable[[Line], None]) -> None:
        try:
            work(self)
        except GeneratorExit:
            pass
        except BaseException as error:
            self._things.put(_Failed(error))
        else:
            self._things.put(_END)
        finally:
            with self._lock:
                self._hang_up = None
