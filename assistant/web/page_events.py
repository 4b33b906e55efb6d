"""What page.js sends along with an event, read as the words of a stranger; and how a callback that fails says so."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from assistant.rendering.reasons import worded_error
from assistant.web import sidebar
from assistant.web.words import WORDS, Language
from index.errors import IsnadError

if TYPE_CHECKING:
    import gradio as gr

    from assistant.web.page import Page

Updates = dict[Any, Any]
LOG = logging.getLogger("isnad.web")


class OfPage(Protocol):
    """Whatever holds callbacks of a page."""

    page: Page


def spoken(call: Callable[..., Updates]) -> Callable[..., Updates]:
    """The callback, with what it raises said to the visitor in the language of the page, if the callback is told which that is;
    what nobody foresaw goes to the log, without its text."""
    parameters = list(inspect.signature(call).parameters)
    told = parameters.index("language") - 1 if "language" in parameters else None

    def language(values: Sequence[Any]) -> Language:
        return "en" if told is not None and told < len(values) and values[told] == "en" else "ar"

    @functools.wraps(call)
    def said(self: OfPage, *values: Any) -> Updates:
        try:
            return call(self, *values)
        except IsnadError as error:
            return {self.page.bridge: sidebar.told(toast=worded_error(error, language(values)))}
        except Exception as error:
            LOG.error("%s failed: %s", call.__name__, type(error).__name__)
            failed = WORDS[language(values)].failed.format(why=type(error).__name__)
            return {self.page.bridge: sidebar.told(toast=failed)}

    return said


def value(event: gr.EventData, name: str) -> object:
    """What page.js sent along; None where it did not."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def number(said: object) -> int:
    """A turn's number; 0, which no turn has, where it is none.

    >>> number("3"), number(-1), number(["x"])
    (3, 0, 0)
    """
    return int(said) if isinstance(said, int | str) and str(said).isdecimal() else 0
