"""Render a step of the second look as one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.models import Days, Step
from assistant.rendering.plan_text import days_text
from index.messages.reason import Reason

if TYPE_CHECKING:
    from assistant.agent.tools import Repeated


def step_line(step: Step, language: str = "en") -> str:
    """Return what a step did and found, in Arabic or English.

    >>> step_line(Step(tool="search", query="جسر نور", result_ids=("a:0-10", "b:0-12")))
    'searched: جسر نور: 2 passages'
    >>> step_line(Step(tool="search", query="جسر نور", result_ids=("a:0-10", "b:0-12")), "ar")
    'بُحث عن: جسر نور: مقطعان'
    """
    if step.refused is not None:
        return Reason.of("look.refused", why=step.refused, asked=step.query).text(language)
    if step.tool == "count":
        return Reason.of("look.counted", what=_asked(step, language), number=step.number or 0).text(language)
    unit = "look.events" if step.tool == "stories" else "look.passages"
    results = Reason.of(unit, count=len(step.result_ids))
    code = {"search": "look.searched", "read": "look.read"}.get(step.tool, "look.stories")
    return Reason.of(code, what=_asked(step, language), article=step.article, results=results).text(language)


def repeated_line(repeated: Repeated, language: str = "en") -> str:
    """Return a step with whether it finds the same today.

    A refused one finds nothing again.
    """
    step = repeated.step
    before = len(step.result_ids) if step.number is None else step.number
    code = "look.same" if repeated.same else "look.changed"
    return f"{step_line(step, language)}; {Reason.of(code, count=repeated.count, before=before).text(language)}"


def _asked(step: Step, language: str) -> str:
    """Return the words, the days and the publishers of a step."""
    filters = step.filters
    days = ""
    if filters and (filters.since or filters.until):
        days = days_text(Days(since=filters.since, until=filters.until), language)
    separator = "، " if language == "ar" else ", "
    return separator.join(filter(None, [step.query, days, *(filters.publishers if filters else ())]))
