"""Show an answer in Jupyter while it is written.

One place of the output is rewritten at most ten times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from assistant.rendering.plain_text import direction, escaped
from index.errors import UsageError

if TYPE_CHECKING:
    from assistant.models import Answer
    from assistant.streaming import Stream

PAUSE = 0.1  # seconds between two updates, at least


class Place(Protocol):
    """Stand for a place of the output that can be rewritten.

    `IPython.display.display(…, display_id=True)` returns one.
    """

    def update(self, shown: Any) -> None: ...


def live(stream: Stream) -> Answer:
    """Show a stream as it comes, then the answer; return the answer.

    Raises UsageError outside a notebook, and what asking raises.
    """
    try:
        shown: Any = import_module("IPython.display")
        around: Any = import_module("IPython").get_ipython()
    except ImportError:
        raise UsageError("assistant.not_a_notebook") from None
    if not hasattr(around, "kernel"):  # a terminal, where nothing can be rewritten
        shown.display(stream.answer)
        return stream.answer
    place: Place = shown.display(shown.HTML(""), display_id=True)
    for text in paced(stream):
        place.update(shown.HTML(under_way(text)))
    place.update(stream.answer)
    return stream.answer


def paced(pieces: Iterable[str], clock: Callable[[], float] = time.monotonic, pause: float = PAUSE) -> Iterable[str]:
    """Yield the text so far, at most once every `pause` seconds.

    The last pieces may not be yielded.

    >>> ticks = iter([0.0, 0.05, 0.2, 0.25])
    >>> list(paced(["a", "b", "c", "d"], lambda: next(ticks)))
    ['a', 'abc']
    """
    text, last = "", None
    for piece in pieces:
        text += piece
        now = clock()
        if last is None or now - last >= pause:
            last = now
            yield text


def under_way(text: str) -> str:
    """Render the text so far as HTML.

    >>> under_way("<b>")
    '<div class="isnad" dir="ltr" style="text-align:start;white-space:pre-line" aria-busy="true">&lt;b&gt; …</div>'
    """
    style = "text-align:start;white-space:pre-line"
    return f'<div class="isnad" dir="{direction(text)}" style="{style}" aria-busy="true">{escaped(text)} …</div>'
