"""Render the plan of a question as one line."""

from __future__ import annotations

from assistant.query.plan import Days, Plan
from index.messages.reason import Reason


def plan_line(plan: Plan, language: str = "en") -> str:
    """Return what a plan makes of the search, in Arabic or English; empty where it changes nothing.

    >>> from datetime import date
    >>> plan_line(Plan(days=Days(since=date(2015, 8, 7), until=date(2015, 8, 11)), newest_first=True))
    '7–11 Aug 2015; newest first'
    """
    days = days_text(plan.days, language) if plan.days else ""
    publishers = Reason.of("plan.publishers", publishers=plan.publishers).text(language) if plan.publishers else ""
    parts = [
        Reason.of("plan.relaxed", parts=text).text(language) if text and name in plan.relaxed else text
        for name, text in (("days", days), ("publishers", publishers))
    ]
    if plan.newest_first:
        parts.append(Reason("plan.newest_first").text(language))
    return ("؛ " if language == "ar" else "; ").join(part for part in parts if part)


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
