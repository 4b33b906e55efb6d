"""Bound every wait for a server, and let another thread cancel it.

A read timeout alone is no bound: a server that sends a comment every few seconds, or a header byte by byte, resets it
for ever. So a request runs in a thread of its own, a `BackgroundStream`, whose reader waits on a queue with a
deadline. Another thread ends that wait by `CancelScope.cancel`.
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


class DeadlineExceeded(Exception):
    """Nothing came in time."""


class StreamEnded(Exception):
    """The work is done: nothing more will come."""


class Cancelled(GeneratorExit):
    """Every generator on the way ends here, since the scope was cancelled."""


class CancelScope:
    """Cancel, from any thread, whatever waits for a server inside `active()`.

    >>> scope = CancelScope()
    >>> threading.Timer(0.01, scope.cancel).start()
    >>> with scope.active():
    ...     sleep(3_600.0)
    Traceback (most recent call last):
    ...
    index.model_api.cancellation.Cancelled: the reader has left
    """

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the scope of the current thread.

        Waits inside raise Cancelled once `cancel` was called.
        """
        token = _SCOPE.set(self)
        try:
            yield
        finally:
            _SCOPE.reset(token)

    def cancel(self) -> None:
        """End every wait, present and future, and close the connections.

        Any thread may call it repeatedly.
        """
        with self._lock:
            self._cancelled.set()
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback()

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled once `cancel` was called."""
        if self._cancelled.is_set():
            raise Cancelled("the reader has left")

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds; raise Cancelled as soon as the scope is cancelled."""
        self._cancelled.wait(seconds)
        self.raise_if_cancelled()

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have `cancel` call `callback`, too, as long as the context lasts."""
        with self._lock:
            self._callbacks.append(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)


_SCOPE: ContextVar[CancelScope | None] = ContextVar("cancel_scope", default=None)
_STREAM: ContextVar[BackgroundStream | None] = ContextVar("background_stream", default=None)


def sleep(seconds: float) -> None:
    """Wait for so many seconds.

    Raise Cancelled where the current scope is cancelled meanwhile.
    """
    scope = _SCOPE.get()
    scope.sleep(seconds) if scope else time.sleep(seconds)


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
    """Guard a blocking call: `interrupt` ends it when the reader of the stream leaves.

    Raises GeneratorExit where the reader has left already. Outside the work of a stream it changes nothing.
    """
    stream = _STREAM.get()
    if stream is None:
        yield
        return
    stream.set_interrupt(interrupt)
    try:
        yield
    finally:
        stream.set_interrupt(None)


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


_END = object()


class BackgroundStream:
    """Run `work(stream)` in a thread and read its items, each within a deadline.

    >>> def count(stream: BackgroundStream) -> None:
    ...     for number in range(2):
    ...         stream.put(number)
    >>> with BackgroundStream(count) as stream:
    ...     stream.get(1.0), stream.get(1.0)
    (0, 1)
    """

    def __init__(self, work: Callable[[BackgroundStream], None]) -> None:
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closed = False
        self._interrupt: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._scope = _SCOPE.get()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name="isnad-stream")

    def __enter__(self) -> BackgroundStream:
        if self._scope:
            self._scope.raise_if_cancelled()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            if self._interrupt is not None:
                self._interrupt()

    def get(self, seconds: float | None = None) -> Any:
        """Return the next item, waiting at most `seconds`, or without limit.

        Raises DeadlineExceeded, StreamEnded, what the work raised, or Cancelled.
        """
        if self._scope is None:
            return self._next(seconds)
        with self._scope.on_cancel(lambda: self._items.put(_END)):
            self._scope.raise_if_cancelled()
            try:
                return self._next(seconds)
            finally:
                self._scope.raise_if_cancelled()

    def _next(self, seconds: float | None) -> Any:
        try:
            item = self._items.get(timeout=None if seconds is None else max(0.0, seconds))
        except queue.Empty:
            raise DeadlineExceeded from None
        if item is _END:
            raise StreamEnded
        if isinstance(item, _Failure):
            raise item.error
        return item

    def put(self, item: Any) -> None:
        """Hand an item to the reader (called by the work).

        Raises GeneratorExit once the reader has left.
        """
        if self._closed:
            raise GeneratorExit
        self._items.put(item)

    def set_interrupt(self, interrupt: Callable[[], None] | None) -> None:
        """Set how to end the call that the work is in; None when it is in none.

        Raises GeneratorExit once the reader has left.
        """
        with self._lock:
            self._interrupt = interrupt
            if self._closed and interrupt is not None:
                raise GeneratorExit

    def _run(self, work: Callable[[BackgroundStream], None]) -> None:
        _STREAM.set(self)
        try:
            work(self)
        except GeneratorExit:
            pass
        except BaseException as error:
            self._items.put(_Failure(error))
        else:
            self._items.put(_END)
