"""Isnad: questions answered from a folder of news articles, every sentence tied to the words that bear it out.

>>> from assistant import Assistant, ask
>>> ask("من استقبل الشيباني؟", store=sample).sources[0].file_id
'000_340ca49b287b2275'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.api import Assistant, ask
    from assistant.config import Settings
    from assistant.question.conversation import Conversation, Turn
    from assistant.records import Answer, Citation, Conflict, Sentence, Source, Usage
    from assistant.showing.shelves import Articles, Hits
    from assistant.streams import AsyncStream, Stream
    from assistant.talk import Talk
    from index.errors import IsnadError
    from index.records import Article, Filters, Hit, Passage, SyncReport

_HOMES = {
    "assistant.api": ("Assistant", "ask"),
    "assistant.config": ("Settings",),
    "assistant.question.conversation": ("Conversation", "Turn"),
    "assistant.records": ("Answer", "Citation", "Conflict", "Sentence", "Source", "Usage"),
    "assistant.showing.shelves": ("Articles", "Hits"),
    "assistant.streams": ("AsyncStream", "Stream"),
    "assistant.talk": ("Talk",),
    "index.errors": ("IsnadError",),
    "index.records": ("Article", "Filters", "Hit", "Passage", "SyncReport"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Answer",
    "Article",
    "Articles",
    "Assistant",
    "AsyncStream",
    "Citation",
    "Conflict",
    "Conversation",
    "Filters",
    "Hit",
    "Hits",
    "IsnadError",
    "Passage",
    "Sentence",
    "Settings",
    "Source",
    "Stream",
    "SyncReport",
    "Talk",
    "Turn",
    "Usage",
    "ask",
]


def __getattr__(name: str) -> Any:  # names are loaded when they are used: `import assistant` costs next to nothing
    if name not in _HOME:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
