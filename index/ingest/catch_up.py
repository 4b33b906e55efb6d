"""Finish, before a question, what a killed run left undone in the lexical index."""

from __future__ import annotations

from index.errors import StoreBusy, StoreClosed, StoreError
from index.ingest.lexical_update import Lexicon, quiet
from index.search.lexical import LexicalIndex
from index.store.ledger import Ledger


def catch_up(ledger: Ledger) -> None:
    """Bring the lexical index up to the ledger, if it can be written.

    It cannot while another process is writing, or where the store may only be read.
    Raises StoreBusy while the first articles are still being indexed by another process.
    """
    lexicon = Lexicon(ledger)
    if ledger.languages() and not ledger.pending("lexical") and lexicon.sound():
        return
    try:
        with ledger.writing():
            lexicon.refresh(quiet)
    except StoreClosed:
        pass  # what is there can be searched
    except StoreBusy as busy:  # the writing process will do it
        if not _searchable(lexicon):
            raise StoreBusy("store.still_indexing", holder=busy.params.get("holder", "")) from busy


def _searchable(lexicon: Lexicon) -> bool:
    """Return whether the lexical index can be opened and has a passage."""
    try:
        return LexicalIndex.open(lexicon.folder).passages > 0
    except StoreError:
        return False
