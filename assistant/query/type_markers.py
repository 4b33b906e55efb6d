"""Recognise sentences that can answer a kind of question by their cues."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise

from assistant.query.question_type import FUNCTION_WORDS, Kind
from index.language.analyzer import words
from index.language.dates.date_patterns import month_names
from index.language.lexicons import load, load_groups
from index.language.numbers.number_words import WORDS as NUMBER_WORDS

_CUES = load_groups("answer_cues")
TITLES = load_groups("roles")["titles"]
_REPORTING = load("reporting_verbs")
_IN_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|outside|off|across|around|into|toward|towards|on) (?:the )?([A-Z][\w'’-]+)"
)
_YEAR = re.compile(r"^(?:\d{3,4}(?:s|م|ه|هـ|ق)?|\d\d?(?:st|nd|rd|th)|ال\w+ينيات|ال\w+ينات)$")
_MID_CAPITAL = re.compile(r"(?<=[\w,;] )[A-Z][a-zà-ÿ]+")


def has_cue(kind: Kind, tokens: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Test whether a sentence has a new cue for an answer of this kind.

    The kinds yes-no, definition and other have no cues. `asked` are the words of the question, which are not new.

    >>> has_cue("number", ["قتل", "خمسه"], "قتل خمسة", asked={"قتل"})
    True
    >>> has_cue("date", ["في", "ايار"], "في أيار", asked=set())
    True
    """
    new = [word for word in tokens if word not in asked]
    if kind == "number":
        return bool(new_numbers(tokens, asked))
    if kind == "date":
        return any(_YEAR.match(word) or word in _date_words() for word in new)
    if kind == "statement":
        reports = any(word in _REPORTING or (word[0] == "و" and word[1:] in _REPORTING) for word in new)
        return reports or any(mark in text for mark in ':«"“')
    if kind == "person":
        names = (word.casefold() for word in _MID_CAPITAL.findall(text))
        return any(word in TITLES for word in new) or any(name not in asked for name in names)
    if kind == "place":
        return any(word in _CUES["places"] for word in new) or _names_place(tokens, text, asked)
    return kind == "reason" and any(word in _CUES["reasons"] for word in new)


def _names_place(tokens: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Test for a preposition of place before a word that can be a name."""
    if any(not {*words(word)} <= {*asked, *_date_words()} for word in _IN_PLACE.findall(text)):
        return True
    return any(
        preposition in _CUES["in"]
        and len(word) > 2
        and not word[0].isdigit()
        and word not in asked
        and word not in _CUES["not places"]
        and word not in _date_words()
        for preposition, word in pairwise(tokens)
    )


def new_numbers(tokens: Sequence[str], asked: Collection[str]) -> list[int]:
    """Return the positions of new numbers that are not part of a date.

    >>> new_numbers(["قتل", "خمسه", "في", "14", "ايار"], asked=())
    [1]
    """
    new = [at for at, word in enumerate(tokens) if (word[0].isdigit() or word in NUMBER_WORDS) and word not in asked]
    return [at for at in new if not _date_words() & {*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2]}]


def duals(noun: str, tokens: Sequence[str]) -> list[int]:
    """Return the positions of the duals of a folded Arabic noun.

    >>> duals("لجنه", ["اتفقا", "علي", "لجنتين"]), duals("لجنه", ["اللجنه", "المشتركه"])
    ([2], [])
    """
    base = noun.removeprefix("ال")
    if len(base) < 3 or not "\u0621" <= base[0] <= "\u064a":
        return []
    base = base[:-1] + "ت" if base.endswith("ه") else base
    return [at for at, word in enumerate(tokens) if word.endswith((f"{base}ين", f"{base}ان"))]


@lru_cache(maxsize=1)
def _date_words() -> frozenset[str]:
    """Return the words of dates: month names of every tradition, weekdays."""
    parts = words(" ".join(month_names()))
    return frozenset(word for word in parts if len(word) > 2 and word not in FUNCTION_WORDS) | _CUES["dates"]
