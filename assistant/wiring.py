"""Settings → the real objects: the only place that names concrete classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answering import Writer
from assistant.config import Settings
from index.build import Derived, Lexicon, quiet
from index.errors import StoreBusy
from index.ledger import INDEXES, Ledger
from index.lexical import LexicalIndex
from index.retrieval import Retriever

if TYPE_CHECKING:
    from index.vectors import Vectors


def reading(store: Path, settings: Settings) -> Retriever:
    """The retriever of a store that exists. What a killed run left undone is caught up first, where nobody else is writing."""
    ledger = Ledger.open(store)
    _catch_up(ledger)
    return Retriever(ledger, LexicalIndex.open(store / "lexical"))


def writing(store: Path, settings: Settings) -> tuple[Ledger, list[Derived]]:
    """A ledger to write to, made where there is none, and the indexes that follow it."""
    ledger = Ledger.create(store)
    return ledger, [Lexicon(ledger), meaning(ledger, settings)]


def meaning(ledger: Ledger, settings: Settings) -> Vectors:
    """The search by meaning over Chroma: in the store's folder, or on a server."""
    from index.collection import Server
    from index.embedding import Hashed
    from index.vectors import Vectors

    return Vectors(ledger, Hashed(), Server.at(settings.chroma) if settings.chroma else None)


def writer(retriever: Retriever, settings: Settings) -> Writer:
    """What writes the answers: a model, where one is set; quotations otherwise."""
    if not settings.has_model:
        from assistant.extractive import Extractive

        return Extractive(retriever.lexical)
    from assistant.model import ChatModel, Prices
    from assistant.modelled import Modelled
    from index.provider import Provider, Wait
    from index.tokens import count

    wait = Wait(first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds)
    provider = Provider(key=settings.model_key(), base_url=settings.base_url, wait=wait)
    return Modelled(
        ChatModel(provider, settings.model, answer_tokens=settings.answer_tokens),
        count=count,
        budget=settings.context_tokens,
        prices=Prices(tokens_in=settings.price_in, tokens_out=settings.price_out),
    )


def status(store: Path, settings: Settings) -> dict[str, Any]:
    """What a store holds and what answers from it, as plain values; keys are masked."""
    ledger = Ledger.open(store)
    oldest, newest = ledger.span_of_dates()
    return {
        "store": str(store),
        **ledger.counts(),
        "languages": {language or "unknown": number for language, number in ledger.languages().items()},
        "oldest": oldest,
        "newest": newest,
        "behind": {derived: len(ledger.pending(derived)) for derived in INDEXES},
        "engine": f"model:{settings.model}" if settings.has_model else "extract",
        "passages_go_to": settings.destination,
        "search": ["lexical"],
        "settings": settings.shown(),
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
