"""Waiting with a limit that really holds: the work runs in a thread of its own, and whoever waits can stop at any moment.

A read timeout alone does not hold: a server that sends a comment every few seconds, or a header byte by byte, resets it for ever.
And who waits may be called away from another thread: `Leaving`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any


class TooLate(Exception):
    """Nothing came in time."""


class Ended(Exception):
    """The work is done: nothing more will come."""


class Left(GeneratorExit):
    """The reader was called away while it waited: every generator on the way ends as if it had been closed."""


class Leaving:
    """A reader who may go: whatever waits for a server inside `reading()` ends when any other thread says `now()`.

    >>> leaving = Leaving()
    >>> threading.Timer(0.01, leaving.now).start()
    >>> with leaving.reading():
    ...     rest(3_600.0)
    Traceback (most recent call last):
    ...
    index.model_api.cancellation.Left: the reader has left
    """

    def __init__(self) -> None:
        self._said = threading.Event()
        self._lock = threading.Lock()
        self._waits: list[Callable[[], None]] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within it, in this thread, waiting for a server raises Left as soon as `now` was called."""
        before = _LEAVING.set(self)
        try:
            yield
        finally:
            _LEAVING.reset(before)

    def now(self) -> None:
        """End every wait, and those to come; the connections are closed. From any thread, any number of times."""
        with self._lock:
            self._said.set()
            waits = tuple(self._waits)
        for wake in waits:
            wake()

    def check(self) -> None:
        """Raises Left once `now` was called."""
        if self._said.is_set():
            raise Left("the reader has left")

    def rest(self, seconds: float) -> None:
        """Wait, unless called away, which raises Left."""
        self._said.wait(seconds)
        self.check()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within it, `now` also calls `wake`."""
        with self._lock:
            self._waits.append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._waits.remove(wake)


_LEAVING: ContextVar[Leaving | None] = ContextVar("leaving", default=None)
_WORKING: ContextVar[Line | None] = ContextVar("working", default=None)


def rest(seconds: float) -> None:
    """Do nothing for so long; Left where the reader is called away meanwhile."""
    leaving = _LEAVING.get()
    leaving.rest(seconds) if leaving else time.sleep(seconds)


@contextmanager
def interruptible(hang_up: Callable[[], None]) -> Iterator[None]:
    """Around a call that may block in the work of a line: when the line's reader leaves, `hang_up` is what ends that call.

    Raises GeneratorExit where the reader has left already. Outside a line it changes nothing.
    """
    line = _WORKING.get()
    if line is None:
        yield
        return
    line.blocked(hang_up)
    try:
        yield
    finally:
        line.blocked(None)


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
        self._leaving = _LEAVING.get()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name="isnad-line")

    def __enter__(self) -> Line:
        if self._leaving:
            self._leaving.check()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._left = True
            if self._hang_up is not None:
                self._hang_up()

    def get(self, seconds: float | None = None) -> Any:
        """The next thing, waited for as long as it takes or for so many seconds. Raises TooLate, Ended, what the work raised, or Left where the reader was called away."""
        if self._leaving is None:
            return self._taken(seconds)
        with self._leaving.waking(lambda: self._things.put(_END)):
            self._leaving.check()
            try:
                return self._taken(seconds)
            finally:
                self._leaving.check()

    def _taken(self, seconds: float | None) -> Any:
        try:
            thing = self._things.get(timeout=None if seconds is None else max(0.0, seconds))
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

    def blocked(self, hang_up: Callable[[], None] | None) -> None:
        """How to end the call that the work is in; None: it is in none. Raises GeneratorExit once the reader has left."""
        with self._lock:
            self._hang_up = hang_up
            if self._left and hang_up is not None:
                raise GeneratorExit

    def _run(self, work: Callable[[Line], None]) -> None:
        _WORKING.set(self)
        try:
            work(self)
        except GeneratorExit:
            pass
        except BaseException as error:
            self._things.put(_Failed(error))
        else:
            self._things.put(_END)
