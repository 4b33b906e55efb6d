"""Extract several quotes: one for each part of a question, or for each day."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from assistant.extractive.extraction import COPY, Ranked, model, probability, rank
from assistant.extractive.overlap import Frequency
from assistant.extractive.sentence_scoring import Candidate, candidates
from assistant.query.parse import Question, parse_question
from index.models import Hit

DAYS = 8  # of a timeline, at most
ON_SUBJECT = 0.6  # the share of the best sentence's coverage that a further day must reach
SAME_SUBJECT = 0.75  # the share of the best passage's coverage that the passage of a part's quote must reach
_PARTS = re.compile(
    r"(?<!\s)\s++و(?=(?:على |في |من |إلى |عن |ب)?(?:ماذا|كم|متى|أين|كيف|لماذا|من هو|من هي|هل)\s)"
    r"|(?<!\s),?(?<!\s)\s++and\s++(?=(?:what|how|when|where|who|why)\b)",
    re.IGNORECASE,
)


def asked_parts(question: str) -> list[str]:
    """Return the parts of a question; of most questions the question itself.

    >>> asked_parts("كم طلب الممرضون وكم نالوا؟"), asked_parts("When did it open, and who opened it?")
    (['كم طلب الممرضون', 'كم نالوا؟'], ['When did it open', 'who opened it?'])
    >>> asked_parts("من كتب القصة وكيف؟")
    ['من كتب القصة وكيف؟']
    """
    return [part.strip() for part in _PARTS.split(question) if part.strip()]


def best_of_parts(question: Question, hits: Sequence[Hit], frequency: Frequency) -> list[Candidate]:
    """Return the best sentence for each part of a question, none twice.

    Empty where no part is answered. A part that names less than the others ("and how many got it?") is asked with the
    words of the first.
    """
    parts = asked_parts(question.text)
    first = parse_question(parts[0], ()).terms
    chosen: list[Candidate] = []
    for part in parts:
        terms = parse_question(part, ()).terms
        named = f"{part} ({' '.join(term for term in first if term not in terms)})" if part != parts[0] else part
        asked = replace(parse_question(named, ()), shared=question.shared, language=question.language)
        ranked = rank(candidates(asked, hits, frequency), model())
        least = SAME_SUBJECT * max((candidate.features["passage_share"] for candidate, _ in ranked), default=0.0)
        left = [
            pair
            for pair in ranked
            if pair[0].features["passage_share"] >= least and not any(_is_same(pair[0], other) for other in chosen)
        ]
        if left and probability(asked, left, model()) >= model().threshold:
            chosen.append(left[0][0])
    return chosen


def best_of_days(ranked: Ranked) -> list[Candidate]:
    """Return the best sentence on the subject of each day of publication, in order.

    `ranked`: sentences with their scores, best first.
    """
    least = ON_SUBJECT * ranked[0][0].features["cover_context"] if ranked else 0.0
    days: dict[object, Candidate] = {}
    for candidate, _ in ranked:
        day = candidate.hit.article.published
        wanted = day and day not in days and len(days) < DAYS and candidate.features["cover_context"] >= least
        if wanted and not any(_is_same(candidate, other) for other in days.values()):
            days[day] = candidate
    return [days[day] for day in sorted(days, key=str)]


def _is_same(left: Candidate, right: Candidate) -> bool:
    here, there = set(left.words), set(right.words)
    return len(here & there) >= COPY * len(here | there)
