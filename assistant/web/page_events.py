"""Read events of page.js as untrusted input, send it messages, and report errors."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from assistant.rendering.plain_text import escaped
from assistant.web.gradio_setup import gr
from assistant.web.page_parts import Page
from assistant.web.words import WORDS, Language
from index.errors import IsnadError

Updates = dict[Any, Any]
LOG = logging.getLogger("isnad.web")


class OfPage(Protocol):
    """Whatever holds callbacks of a page."""

    page: Page


def handle_errors(callback: Callable[..., Updates]) -> Callable[..., Updates]:
    """Report what a callback raises to the visitor, in the language of the page.

    The language is an argument of the callback, or a value of its form. Errors that nobody foresaw are logged by
    their type alone, without their text.
    """

    parameters = list(inspect.signature(callback).parameters)
    at = parameters.index("language") - 1 if "language" in parameters else None

    def language(page: Page, values: Sequence[Any]) -> Language:
        if at is not None:
            chosen = values[at] if at < len(values) else None
        else:
            chosen = values[0].get(page.language) if values and isinstance(values[0], dict) else None
        return "en" if chosen == "en" else "ar"

    @functools.wraps(callback)
    def handled(self: OfPage, *values: Any) -> Updates:
        try:
            return callback(self, *values)
        except IsnadError as error:
            return {self.page.bridge: send_to_js(toast=error.in_language(language(self.page, values)))}
        except Exception as error:
            LOG.error("%s failed: %s", callback.__name__, type(error).__name__)
            failed = WORDS[language(self.page, values)].failed.format(why=type(error).__name__)
            return {self.page.bridge: send_to_js(toast=failed)}

    return handled


def send_to_js(**message: object) -> str:
    """Encode a message for page.js as escaped ASCII JSON.

    A nonce makes Gradio deliver a message that is sent again.
    """
    return escaped(json.dumps({**message, "nonce": secrets.token_hex(4)}))


def event_field(event: gr.EventData, name: str) -> object:
    """Return a field of what page.js sent along, None if it is missing."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def turn_number(value: object) -> int:
    """Parse the number of a turn; 0, which no turn has, for anything else.

    >>> turn_number("3"), turn_number(-1), turn_number(["x"])
    (3, 0, 0)
    """
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
