"""Isnad: questions answered from a folder of news articles, every sentence tied to the words that bear it out.

>>> from assistant import Assistant, ask  # doctest: +SKIP
>>> ask("من استقبل الشيباني؟", store=".isnad").text  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.api import Assistant, ask
    from assistant.records import Answer, Citation, Sentence, Source

__all__ = ["Answer", "Assistant", "Citation", "Sentence", "Source", "ask"]
_RECORDS = ("Answer", "Citation", "Sentence", "Source")


def __getattr__(name: str) -> Any:  # names are loaded when they are used: `import assistant` costs next to nothing
    if name not in __all__:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("assistant.records" if name in _RECORDS else "assistant.api"), name)
