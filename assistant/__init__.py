"""Answer questions over news articles, each sentence tied to its source's words.

>>> from assistant import Assistant, ask
>>> ask("من استقبل الشيباني؟", store=sample).sources[0].file_id
'000_340ca49b287b2275'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.displays import register

if TYPE_CHECKING:
    from assistant.api import Assistant, ask
    from assistant.chat_session import Talk
    from assistant.models import Answer, Citation, Conflict, Sentence, Source, Usage
    from assistant.query.followups import Conversation, Turn
    from assistant.rendering.results import Articles, Hits
    from assistant.settings import Settings
    from assistant.streaming import AsyncStream, Stream
    from index.errors import IsnadError
    from index.models import Article, Filters, Hit, Passage, SyncReport

register(
    {
        ("Answer", "text"): "assistant.rendering.plain_text:answer_text",
        ("Answer", "markdown"): "assistant.rendering.markdown:answer_markdown",
        ("Answer", "html"): "assistant.rendering.html:answer_html",
        ("Answer", "frame"): "assistant.rendering.dataframe:answer_frame",
        ("Stream", "live"): "assistant.rendering.notebook:live",
        ("Citation", "html"): "assistant.rendering.html:citation_html",
        ("Hit", "html"): "assistant.rendering.html:hit_html",
        ("Article", "html"): "assistant.rendering.html:article_html",
        ("SyncReport", "html"): "assistant.rendering.html:report_html",
    }
)
_HOMES = {
    "assistant.api": ("Assistant", "ask"),
    "assistant.settings": ("Settings",),
    "assistant.query.followups": ("Conversation", "Turn"),
    "assistant.models": ("Answer", "Citation", "Conflict", "Sentence", "Source", "Usage"),
    "assistant.rendering.results": ("Articles", "Hits"),
    "assistant.streaming": ("AsyncStream", "Stream"),
    "assistant.chat_session": ("Talk",),
    "index.errors": ("IsnadError",),
    "index.models": ("Article", "Filters", "Hit", "Passage", "SyncReport"),
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
