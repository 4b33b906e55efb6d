"""Read what a question wants counted.

Articles, mentions, stories, papers, places or days, and by which words.

"How many were killed" is no such question: a report states it.
"""

from __future__ import annotations

import re
from functools import cache

from assistant.models import Plan
from assistant.query.parse import content_words
from index.language.analyzer import word_spans, words
from index.language.dates.date_mentions import dates
from index.language.lexicons import lines, load
from index.language.normalize import fold, folded
from index.models import GroupBy, Value

_PAPERS = r"(?:ال)?(?:صحيفه|صحف|جريده|جرايد|موقع|مواقع|وكاله|وكالات|وسائل (?:ال)?اعلام|جهات (?:ال)?اعلاميه)"
_PLACES = r"(?:ال)?(?:مدن|دول|بلدان)"  # in the singular a fact is asked for
_REPORTS = r"(?:خبرا?|اخبار|مقالا?|مقاله|مقالات|تقريرا?|تقارير|ماده|نصا?|نصوص)"
_ENGLISH = r"(?:articles|reports|news items|pieces|news stories)"
COUNTRY = 4  # spellings, at least, on the line of a country: name, people and both in Latin script; a city has fewer
_BY: dict[GroupBy, re.Pattern[str]] = {
    "mention": re.compile(
        r"\bكم مره (?:ذكر|ورد|تكرر|جاء ذكر|يذكر|ترد)\w*|\bعدد المرات التي (?:ذكر|ورد|تكرر)\w*"
        r"|\bhow (?:often|many times) (?:is|are|was|were|does|do|did|has|have)\b.*\b(?:mention|appear|name)\w*"
    ),
    "article": re.compile(
        rf"\bكم (?:من )?(?:ال)?{_REPORTS}\b|\bعدد (?:ال)?{_REPORTS}\b|\bhow many {_ENGLISH}\b|\bnumber of {_ENGLISH}\b"
    ),
    "story": re.compile(r"\bكم (?:من )?(?:ال)?(?:قصه|قصص)\b|\bhow many stories\b"),
    "publisher": re.compile(
        rf"\b(?:ما|ماهي|ما هي|اي|كم|من اي|اذكر) {_PAPERS}\b|^من (?:نشر|كتب|غطي)\b.*{_PAPERS}"
        r"|\b(?:which|what|how many) (?:papers|newspapers|outlets|publishers|agencies)\b"
    ),
    "place": re.compile(
        rf"\b(?:في|من) اي {_PLACES}\b|\b(?:ما|ماهي|ما هي|اذكر) {_PLACES} التي\b"
        r"|\bin (?:which|what) (?:cities|countries)\b"
    ),
    "day": re.compile(r"\bفي (?:اي|كم) (?:ال)?(?:ايام|يوم) (?:نشر|كتب|ذكر|ورد)\w*|\bon (?:which|what|how many) days\b"),
}


class CountRequest(Value, frozen=True, kw_only=True):
    """What to count, and the words that every counted article must have.

    As the question spells them.
    """

    by: GroupBy
    words: tuple[str, ...]


def count_request(question: str, plan: Plan | None) -> CountRequest | None:
    """Return what a question wants counted, None for any other question.

    The days and the publishers of the plan are no words to search for: they filter.

    >>> count_request("كم خبرا نشر عن معبر وادي الحجل في تموز؟", None)
    CountRequest(by='article', words=('معبر', 'وادي', 'الحجل'))
    >>> count_request("كم قتيلا سقط في الانفجار؟", None) is None
    True
    """
    text = folded(question)
    by = next((by for by, pattern in _BY.items() if pattern.search(text)), None)
    if by is None:
        return None
    rest = question
    for mention in sorted(dates(question), key=lambda mention: -mention.span.start):
        rest = f"{rest[: mention.span.start]} {rest[mention.span.end :]}"
    names = {word for publisher in (plan.publishers if plan else ()) for word in words(publisher)}
    spans = {word: span.of(rest) for word, span in word_spans(fold(rest)) if len(word) > 1 and not word.isdecimal()}
    frame = load("counting_words") | names
    sought = [word for word in content_words(spans) if word not in frame and word.removeprefix("و") not in frame]
    if by in ("mention", "place") and not sought:
        return None
    return CountRequest(by=by, words=tuple(spans[word] for word in sought))


def places_in(text: str) -> list[str]:
    """Return the cities that a text names.

    In order, each as the lexicons spell it in the same script.

    >>> places_in("وقعت انفجارات في بغداد وفي حلب."), places_in("Rain fell in Riyadh.")
    (['بغداد', 'حلب'], ['Riyadh'])
    """
    named = (_cities().get(form) for word in words(text) for form in _forms(word))
    return list(dict.fromkeys(city for city in named if city))


def _forms(word: str) -> list[str]:
    """Return a word with and without an attached preposition."""
    return [word, word[1:]] if word[0] in "وفبل" and len(word) > 4 else [word]


@cache
def _cities() -> dict[str, str]:
    """Map the folded spellings of cities to their first spelling in the same script."""
    named = [line.split() for name in ("capitals", "cities") for line in lines(name)]
    named += [line.split() for line in lines("places") if len(line.split()) < COUNTRY]
    cities: dict[str, str] = {}
    for spellings in named:
        for spelling in spellings:
            first = next(other for other in spellings if other.isascii() == spelling.isascii())
            cities.setdefault(folded(spelling), first)
    return cities
