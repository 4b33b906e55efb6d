"""Publish the typed endpoints `answer` and `passages` for programs.

Everything else on the page is private.

Nothing raises: what goes wrong is in `error`, with the next step, and in `why`, its name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from assistant.query.filters import parse_filters
from assistant.rendering import plain_text
from assistant.web.gradio_setup import gr
from assistant.web.rate_limit import Refused
from assistant.web.service import AnswerService, Asking
from index.errors import IsnadError

MOST = 50  # passages of one search


def answer_record(
    service: AnswerService,
    request: Asking,
    question: str,
    date_from: str,
    date_to: str,
    language: str,
    publisher: str,
    effort: str = "",
) -> dict[str, Any]:
    """Return an `Answer` as plain values, or `error` and `why`."""
    try:
        ticket = service.admit(service.visitor(request), question)
        chosen = parse_filters(date_from, date_to, [language], [publisher])
        wanted: Any = effort.strip() or None  # an unknown one is a UsageError
        record: dict[str, Any] = msgspec.to_builtins(service.ask(ticket, question, filters=chosen, effort=wanted))
        return record
    except Refused as error:
        return {"error": str(error), "why": error.refusal}
    except IsnadError as error:
        return {"error": str(error), "why": type(error).__name__}


def search_record(
    service: AnswerService,
    request: Asking,
    question: str,
    limit: int,
    date_from: str,
    date_to: str,
    language: str,
    publisher: str,
) -> dict[str, Any]:
    """Return the hits as `isnad search --json` prints them, or `error` and `why`."""
    if refusal := service.refusal(service.visitor(request), question):
        return {"error": str(Refused(refusal)), "why": refusal}
    try:
        chosen = parse_filters(date_from, date_to, [language], [publisher])
        hits = service.search(question, limit=max(1, min(int(limit), MOST)), filters=chosen)
        return {"hits": msgspec.to_builtins([plain_text.hit_record(hit) for hit in hits])}
    except IsnadError as error:
        return {"error": str(error), "why": type(error).__name__}


def publish(service: AnswerService, blocks: gr.Blocks) -> None:
    """Add the endpoints to a page."""

    def forget(request: gr.Request) -> None:
        """Let Gradio keep no session of a call.

        Each takes 110 kB, and enough of them would push out those of open pages.
        """
        blocks.state_holder.session_data.pop(str(request.session_hash), None)
        blocks.state_holder.time_last_used.pop(str(request.session_hash), None)

    def answer(
        question: str,
        request: gr.Request,
        date_from: str = "",
        date_to: str = "",
        language: str = "",
        publisher: str = "",
    ) -> dict[str, Any]:
        """Answer a question from the articles, with the effort that the server is set to.

        Dates as 2025-12-23, the language as ar, all filters may be empty.
        """
        forget(request)
        return answer_record(service, request, question, date_from, date_to, language, publisher)

    def passages(
        question: str,
        request: gr.Request,
        limit: int = 10,
        date_from: str = "",
        date_to: str = "",
        language: str = "",
        publisher: str = "",
    ) -> dict[str, Any]:
        """Find the passages for a question, best first; filters as for an answer."""
        forget(request)
        return search_record(service, request, question, limit, date_from, date_to, language, publisher)

    with blocks:
        gr.api(answer, api_name="answer")  # type: ignore[attr-defined]
        gr.api(passages, api_name="passages")  # type: ignore[attr-defined]
