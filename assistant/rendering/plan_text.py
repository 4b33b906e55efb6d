"""Render the plan of a question as one line."""

from __future__ import annotations

from assistant.models import Days, Plan, PlanChoice
from index.messages.reason import Reason


def plan_line(plan: Plan, language: str = "en") -> str:
    """Return what a plan makes of the search, in Arabic or English.

    Empty where it changes nothing.

    >>> from datetime import date
    >>> plan_line(Plan(days=Days(since=date(2015, 8, 7), until=date(2015, 8, 11)), newest_first=True))
    '7–11 Aug 2015; newest first'
    """
    return ("؛ " if language == "ar" else "; ").join(plan_parts(plan, language).values())


def plan_parts(plan: Plan, language: str = "en") -> dict[PlanChoice, str]:
    """Return each part of a plan that changes the search, in words.

    >>> plan_parts(Plan(newest_first=True))
    {'newest_first': 'newest first'}
    """
    days = days_text(plan.days, language) if plan.days else ""
    publishers = Reason.of("plan.publishers", publishers=plan.publishers).text(language) if plan.publishers else ""
    order = Reason("plan.newest_first").text(language) if plan.newest_first else ""
    texts: dict[PlanChoice, str] = {"days": days, "publishers": publishers, "newest_first": order}
    return {
        part: Reason.of("plan.relaxed", parts=text).text(language) if part in plan.relaxed else text
        for part, text in texts.items()
        if text
    }


def days_text(days: Days, language: str = "en") -> str:
    """Return a span of days in words.

    >>> from datetime import date
    >>> days_text(Days(since=date(2015, 8, 7), until=date(2015, 8, 7)), "ar")
    '7 أغسطس 2015'
    >>> days_text(Days(until=date(2015, 8, 7)))
    'to 7 Aug 2015'
    """
    from babel.dates import format_date, format_interval

    known = "ar" if language == "ar" else "en_GB"
    since, until = (format_date(day, "d MMM y", known) if day else "" for day in (days.since, days.until))
    if days.since and days.until:
        return since if since == until else str(format_interval(days.since, days.until, "yMMMd", locale=known))
    return Reason.of("plan.since" if since else "plan.until", since=since, until=until).text(language)
