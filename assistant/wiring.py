"""Settings → the real objects: the only place that names concrete classes."""

from __future__ import annotations

from pathlib import Path

from index.build import Derived, Lexicon
from index.errors import StoreBusy
from index.ledger import Ledger
from index.lexical import LexicalIndex
from index.retrieval import Retriever


def reading(store: Path) -> Retriever:
    """The retriever of a store that exists. What a killed run left undone is caught up first, where nobody else is writing."""
    ledger = Ledger.open(store)
    _catch_up(ledger)
    return Retriever(ledger, LexicalIndex.open(store / "lexical"))


def writing(store: Path) -> tuple[Ledger, list[Derived]]:
    """A ledger to write to, made where there is none, and the indexes that follow it."""
    from index.embedding import Hashed
    from index.vectors import Vectors

    ledger = Ledger.create(store)
    return ledger, [Lexicon(ledger), Vectors(ledger, Hashed())]


def _catch_up(ledger: Ledger) -> None:
    if not ledger.pending("lexical"):
        return
    try:
        with ledger.writing():
            Lexicon(ledger).refresh(lambda stage, done, total: None)
    except StoreBusy:
        pass  # the writer will do it
