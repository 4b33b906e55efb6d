"""Plan a question by rules: its kind, days, publishers and order.

Dates are read by `index.language.dates`. Relative ones ("last week") count from today, or from the newest article where
the archive ends long before today.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta

from assistant.models import Days, Plan, PlanKind
from assistant.query.parse import Question
from index.language.analyzer import words
from index.language.dates.date_mentions import DateMention, PartialDate, dates
from index.language.normalize import folded
from index.models import Value
from index.search.temporal import LATEST

OLD = timedelta(days=30)  # an archive whose newest article is older than this has its own "today"
WEAK = 0.6  # hits of the plan's articles count if their best score reaches this share of the best score of all


class Archive(Value, frozen=True, kw_only=True):
    """The first and the last day of the articles; None where no article is dated."""

    oldest: date | None = None
    newest: date | None = None

    def reference_day(self, today: date) -> date:
        """Return the day from which relative dates count.

        >>> Archive(newest=date(2015, 8, 11)).reference_day(date(2026, 1, 1))
        datetime.date(2015, 8, 11)
        """
        return self.newest if self.newest and today - self.newest > OLD else today


NO_DAYS = Archive()


def plan_question(
    question: Question, archive: Archive, today: date, publishers: Callable[[], Collection[str]] = tuple
) -> Plan:
    """Return the plan of a parsed question.

    `publishers` lists those of the articles when needed.

    >>> from assistant.query.parse import parse_question
    >>> archive = Archive(oldest=date(2015, 7, 1), newest=date(2015, 8, 31))
    >>> plan = plan_question(parse_question("ما آخر أخبار التفجير بين 7 و11 آب؟", ["ar"]), archive, date(2026, 1, 1))
    >>> plan.kind, plan.newest_first, plan.days.since, plan.days.until
    ('latest', True, datetime.date(2015, 8, 7), datetime.date(2015, 8, 11))
    """
    text = folded(question.text)
    kind = _kind(question, text)
    return Plan(
        kind=kind,
        parts=_compared(question.text) if kind == "comparison" else (),
        days=_days(question, archive, archive.reference_day(today)),
        publishers=_publishers(text, publishers),
        language=question.language,
        newest_first=kind == "latest" or _asks_latest(text),
    )


# --- kind ---

_KIND_PATTERNS: dict[PlanKind, re.Pattern[str]] = {
    "comparison": re.compile(
        r"\b(?:قارن[ويى]?|مقارنه|الفرق بين|الفروق بين|compare|comparison|difference between|versus|vs)\b"
    ),
    "timeline": re.compile(
        r"\b(?:تسلسل\w*|التسلسل الزمني|زمنيا|مراحل|كيف (?:تطور|تغير|تدرج)\w*|يوما بعد يوم|من يوم الي يوم|خط زمني"
        r"|رتبي? (?:ال)?(?:احداث|اخبار|وقايع)|timeline|chronolog\w*|day by day|sequence of events"
        r"|how did .{2,60} (?:develop|unfold|evolve))\b"
    ),
    "count": re.compile(
        r"\b(?:كم (?:خبرا?|مقالا?|مقاله|تقريرا?|ماده|مره)|عدد (?:الاخبار|المقالات|التقارير|المرات)"
        r"|how many (?:articles|reports|stories|times|news))\b"
    ),
    "list": re.compile(
        r"\b(?:اذكر|عدد لي|(?:ما|ماهي|ما هي) (?:الصحف|المواقع|المدن|الدول|المناطق|الجهات)|في اي (?:مدن|دول|مناطق)"
        r"|list|which (?:papers|newspapers|cities|countries|places))\b"
    ),
    "summary": re.compile(
        r"\b(?:لخص\w*|ملخص|خلاصه|اهم (?:ال)?(?:اخبار|احداث)|ابرز (?:ال)?(?:اخبار|احداث)|summari[sz]e|summary|overview"
        r"|main (?:news|events))\b"
    ),
}
_LATEST = re.compile(r"\b(?:حتي (?:الان|اليوم)|الي الان|لحد الان|so far|to date|up to now)\b")
_YES_NO = re.compile(r"^(?:و?هل|do|does|did|is|are|was|were|has|have|had|will|would|can|could|should)\b", re.IGNORECASE)


def _kind(question: Question, text: str) -> PlanKind:
    for kind, pattern in _KIND_PATTERNS.items():
        if pattern.search(text):
            return kind
    if question.kind == "statement":
        return "statement"
    if _asks_latest(text):
        return "latest"
    return "yes_no" if _YES_NO.match(text) else "fact"


def timeline_subject(question: str) -> str:
    """Return a question's folded words without those that only ask for a timeline.

    >>> timeline_subject("كيف تطور عدد القتلى يوما بعد يوم؟"), timeline_subject("رتب أحداث الإضراب بحسب أيامها.")
    ('عدد القتلي', 'الاضراب')
    """
    text = folded(question)
    for pattern in (_KIND_PATTERNS["timeline"], _BY_DAY):
        text = pattern.sub(" ", text)
    return " ".join(text.split()).strip(" ؟?.!")


_BY_DAY = re.compile(r"\b(?:ب?حسب|وفق) (?:ال)?(?:ايام|تاريخ|تسلسل)\w*|\b(?:by day|in order)\b")


def _asks_latest(text: str) -> bool:
    return bool(_LATEST.search(text)) or not LATEST.isdisjoint(words(text))


_BETWEEN = re.compile(
    r"\b(?:بين|compare|between|مقارنة|قارن|قارني|قارنوا)\s+(?!بين\b)(?P<parts>.+?)\s*(?:[؟?.!]|$)", re.IGNORECASE
)
_AND = re.compile(
    r"[،,]\s*+(?:و(?=\w)|and\s+)?|\s(?:و\s*(?=\w)|and\s+|with\s+|to\s+|versus\s+|vs\.?\s+)", re.IGNORECASE
)


def _compared(question: str) -> tuple[str, ...]:
    """Return the parts of a comparison.

    >>> _compared("قارن بين ديون تونس والأردن ومصر؟"), _compared("Compare the tolls of Siraj and Noor.")
    (('ديون تونس', 'الأردن', 'مصر'), ('the tolls of Siraj', 'Noor'))
    """
    match = _BETWEEN.search(question)
    parts = tuple(part.strip() for part in _AND.split(match["parts"]) if part.strip()) if match else ()
    return parts if len(parts) > 1 else ()


# --- publishers ---

_PUBLISHED = "نشرت نشرته كتبت كتبته اوردت اوردته بثت".split()
_MEDIA = "صحيفه جريده موقع وكاله قناه شبكه newspaper paper agency channel site".split()


def _publishers(text: str, publishers: Callable[[], Collection[str]]) -> tuple[str, ...]:
    """Return the publishers that a question names behind "صحيفة", "نشرت" and the like."""
    media = "|".join((*_MEDIA, *_PUBLISHED))
    if not re.search(rf"\b(?:{media})\b", text):
        return ()
    named = []
    for publisher in publishers():
        name = re.sub(rf"^(?:{media})\s+", "", folded(publisher)).strip()
        if name and re.search(
            rf"\b[وفبلك]?(?:{media})\s+{re.escape(name)}(?!\w)|\b{re.escape(name)} (?:{media})\b", text
        ):
            named.append(publisher)
    return tuple(named)


# --- days ---

_SINCE = frozenset("بعد منذ ومنذ وبعد after since from".split())
_UNTIL = frozenset("قبل حتي before until till by".split())
_PREPOSITIONS = _SINCE | _UNTIL | frozenset(
    "في خلال اثناء يوم يومي ايام شهر تاريخ بتاريخ ليله صباح مساء بين من الي و ظهر فجر اول مطلع نهايه منتصف "
    "on in of during between and to the early late mid night morning evening".split()
)  # fmt: skip
_FUTURE = re.compile(r"\b(?:س[ينتا]\w{3,}|سوف|المقرر|المزمع|will|scheduled|due|expected|planned)\b")
_LAST_DAYS = re.compile(
    r"\b(?:اخر|خلال|في|the|last|past)\s+(?:(?:ال)?(?P<before>\d+|\w+)\s+)(?:ايام|يوما|days)"
    r"(?:\s+(?:الماضيه|الاخيره|الفائته))?\b"
    r"|\b(?:ال)?ايام (?:ال)?(?P<after>\d+|\w+) (?:الماضيه|الاخيره)\b"
)
_LAST_WEEK = re.compile(r"\b(?:(?:ال)?اسبوع (?:الماضي|الفائت|المنصرم|السابق)|last week|previous week|past week)\b")
_THIS_WEEK = re.compile(r"\b(?:هذا الاسبوع|الاسبوع (?:الحالي|الجاري)|this week)\b")
_COUNTS = dict(zip("يومين ثلاثه اربعه خمسه سته سبعه ثمانيه تسعه عشره".split(), range(2, 11), strict=True)) | dict(
    zip("الثلاثه الاربعه الخمسه السته السبعه العشره".split(), (3, 4, 5, 6, 7, 10), strict=True)
) | dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True))  # fmt: skip


def _days(question: Question, archive: Archive, reference: date) -> Days | None:
    """Return the days that a question asks about.

    None where it names none or none within the archive.
    """
    if archive.newest is None or archive.oldest is None:
        return None
    text = folded(question.text)
    days = _relative_span(text, question.language, reference) or _named_days(question.text, archive, reference)
    if days is None:
        return None
    since, until = days.since or date.min, days.until or date.max
    outside = since > archive.newest or until < archive.oldest
    if outside or (days.exact and since == until and _FUTURE.search(text)):
        return None
    return days


def _relative_span(text: str, language: str | None, reference: date) -> Days | None:
    """Return the days of "last week", "the last three days".

    Weeks begin on Sunday in Arabic.
    """
    start = reference - timedelta(days=reference.isoweekday() % 7 if language == "ar" else reference.weekday())
    if _LAST_WEEK.search(text):
        return Days(since=start - timedelta(days=7), until=start - timedelta(days=1))
    if _THIS_WEEK.search(text):
        return Days(since=start, until=reference)
    if match := _LAST_DAYS.search(text):
        count = match["before"] or match["after"]
        number = int(count) if count.isdecimal() else _COUNTS.get(count)
        if number and number < 1_000:
            return Days(since=reference - timedelta(days=number), until=reference)
    return None


def _named_days(text: str, archive: Archive, reference: date) -> Days | None:
    """Return the days that dates in the question name, as one span."""
    spans = []
    mentions = [mention for mention in dates(text, anchor=reference) if mention.values]
    for mention in mentions:
        before = folded(text[: mention.span.start]).split()
        word = before[-1] if before else ""
        sure = mention.relative or mention.values[0].year is not None or not before or word in _PREPOSITIONS
        if sure and (span := _span(mention, archive, reference)):
            spans.append((span, word if word not in ("يوم", "تاريخ", "شهر") else before[-2] if before[1:] else ""))
    if not spans:
        return None
    exact = all(day.exact for day, _ in spans)
    first, last = min(day.since for day, _ in spans if day.since), max(day.until for day, _ in spans if day.until)
    if len(spans) == 1:
        word = spans[0][1]
        if word in _SINCE:
            return Days(since=last + timedelta(days=1) if word in ("بعد", "after", "وبعد") else first, exact=exact)
        if word in _UNTIL:
            return Days(until=first - timedelta(days=1) if word in ("قبل", "before") else last, exact=exact)
    return Days(since=first, until=last, exact=exact)


def _span(mention: DateMention, archive: Archive, reference: date) -> Days | None:
    """Return the days of a date, by its first reading that lies within the archive."""
    readings = [days for value in mention.values for days in _readings(value, reference)]
    within = (
        days
        for days in readings
        if days.since and days.until and archive.newest and archive.oldest
        if days.since <= archive.newest and days.until >= archive.oldest
    )
    return next(within, readings[0] if readings else None)


def _readings(value: PartialDate, reference: date) -> Iterator[Days]:
    """Yield the days of a Gregorian date.

    Without a year, of its last occurrence up to the reference day.
    """
    if value.calendar != "gregorian" or (value.year is None and value.month is None):
        return
    years = [value.year] if value.year else [reference.year, reference.year - 1]
    for year in years:
        try:
            since = date(year, value.month or 1, value.day or 1)
            last = value.day or monthrange(year, value.month or 12)[1]
            until = date(year, value.month or 12, last)
        except (ValueError, IndexError):  # no such day
            continue
        if value.year or since <= reference:
            yield Days(since=since, until=until, exact=value.month is not None)
