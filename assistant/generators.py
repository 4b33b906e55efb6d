"""Read generators that yield pieces and return a whole."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
Whole = TypeVar("Whole")


class ResultIterator(Generic[Piece, Whole]):
    """Iterate over a generator and keep what it returns in `result`.

    Leaving the loop early closes nothing: close the generator itself.

    >>> def count():
    ...     yield 1
    ...     return "done"
    >>> pieces = ResultIterator(count())
    >>> list(pieces), pieces.result
    ([1], 'done')
    """

    result: Whole  # set when the generator has returned

    def __init__(self, generator: Generator[Piece, None, Whole]) -> None:
        self._generator = generator

    def __iter__(self) -> Iterator[Piece]:
        self.result = yield from self._generator


def run_to_completion(generator: Generator[object, None, Whole]) -> Whole:
    """Read a generator to its end and return what it returns."""
    pieces = ResultIterator(generator)
    for _ in pieces:
        pass
    return pieces.result
