"""Settings → the real objects: the only place that names concrete classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.answering import Writer
from index.build import Derived, Lexicon, quiet
from index.errors import StoreBusy
from index.ledger import INDEXES, Ledger
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


def writer(retriever: Retriever) -> Writer:
    """What writes the answers: quotations, where no model is set."""
    from assistant.extractive import Extractive

    return Extractive(retriever.lexical)


def status(store: Path) -> dict[str, Any]:
    """What a store holds and what answers from it, as plain values."""
    ledger = Ledger.open(store)
    oldest, newest = ledger.span_of_dates()
    return {
        "store": str(store),
        **ledger.counts(),
        "languages": {language or "unknown": number for language, number in ledger.languages().items()},
        "oldest": oldest,
        "newest": newest,
        "behind": {derived: len(ledger.pending(derived)) for derived in INDEXES},
        "engine": "extract",
        "search": ["lexical"],
    }


def _catch_up(ledger: Ledger) -> None:
    lexicon = Lexicon(ledger)
    if not ledger.pending("lexical") and lexicon.sound():
        return
    try:
        with ledger.writing():
            lexicon.refresh(quiet)
    except StoreBusy:
        pass  # the one that is writing will do it
