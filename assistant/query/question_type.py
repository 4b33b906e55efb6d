"""Classify questions by patterns over folded Arabic, dialect and English words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from index.language.lexicons import load, load_groups

Kind = Literal["person", "date", "place", "number", "reason", "yes-no", "definition", "statement", "other"]

FUNCTION_WORDS = load("function_words")
_NOUNS = load_groups("question_types")
_ROLES = load_groups("roles")
GENERIC = _NOUNS["generic"]  # words that questions contain and answers often leave out
ROLES = _ROLES["people"] | _ROLES["persons"] | _ROLES["offices"] | _ROLES["further"]


def _any_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(f"(?:ال)?{word}" for word in sorted(words)) + ")"


def _phrases(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\S)(?:" + "|".join(alternatives) + r")(?!\S)")


_IS = r"(?:ما|ماهو|ماهي|شو|ايش|وش|شنو|ماذا)(?: (?:هو|هي|كان|كانت))?"
_WHICH = r"(?:ب|ل|ف|و)?(?:اي|ايه|اية)"
_WHAT = r"(?:what|which)(?: (?:is|was|are|were))?(?: the)?"
_FIRST = r"^(?:(?!what|which|how|why|who|when|where)\S+ )*+"  # in "what changed when …" the question word is "what"
_PERSONS = "|".join(sorted(_ROLES["persons"]))
_STATES = "say|said|state|announce|declare|claim|claimed|argue|call|describe|warn|respond|comment"

# Kind → its pattern. The match that begins first decides; of matches that begin together, the one listed first.
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("yes-no", re.compile(r"^(?:و?هل|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)(?!\S)")),
    (
        "reason",
        _phrases("[وف]?لماذا", "ليش", "ليه", "علاش", "لشو", f"{_IS} (?:ال)?(?:سبب|اسباب|دوافع|دافع)", "[بل]اي سبب"),
    ),
    ("reason", _phrases("why", f"{_WHAT}(?: main)? (?:reasons?|causes?|motives?)", "how come")),
    (
        "statement",
        _phrases(
            f"(?:و?ماذا|شو|ايش|وش|بماذا|بم|عم|ما الذي|كيف) (?:{'|'.join(sorted(load('reporting_verbs')))})",
            f"{_IS} (?:ال)?(?:موقف|راي|رد|تصريح|تصريحات|تعليق)",
            rf"(?:what|how) (?:did|does|do|has|had|have|was|were)(?: \S+){{1,6}} (?:{_STATES})",
        ),
    ),
    ("date", _phrases("[وف]?متي", "ايمتي?", "امت[يه]", "وقتاش", "فوقاش", f"{_WHICH} {_any_of(_NOUNS['dates'])}")),
    (
        "date",
        _phrases(
            f"{_IS} (?:ال)?(?:تاريخ|موعد|توقيت|سنه|عام|يوم)", rf"{_WHAT} (?:year|date|day|month|century|decade|time)"
        ),
    ),
    ("date", re.compile(rf"{_FIRST}when(?!\S)(?!.* (?:what|which|who|how|why)(?!\S))")),
    (
        "place",
        _phrases(
            *("[وف]?اين", "وين", "فين", "منين", "لوين"),
            f"{_WHICH} {_any_of(_NOUNS['places'])}",
            f"{_IS} (?:ال)?(?:عاصمه|موقع|مقر|مكان)",
        ),
    ),
    ("place", re.compile(rf"{_FIRST}where(?!\S)")),
    (
        "place",
        _phrases(
            rf"{_WHAT}(?: \S+)? (?:city|cities|country|countries|state|states|place|region|location|town|continent"
            r"|province|capital|venue|stadium|nation)"
        ),
    ),
    (
        "number",
        re.compile(
            r"(?<![^ ])(?<!\d )[وفب]?(?:كم|كام|قديش|شحال|قداش|اديش|اشكد)"
            r"(?: (?:(?:ال)?(?:عدد|نسبه)|يبلغ|بلغ|بلغت|تبلغ|كان|كانت))*(?!\S)"
        ),
    ),
    ("number", _phrases(f"{_IS} {_any_of(_NOUNS['amounts'])}", f"{_WHICH} (?:ال)?(?:نسبه|عدد|سعر|عمر)")),
    (
        "number",
        _phrases(
            "how (?:many|much|long|old|tall|far|high|deep|big|large|fast|often|wide|heavy|few)",
            rf"{_WHAT}(?: \S+)? (?:number|percentage|percent|population|price|cost|amount|size|height|length|rate|total"
            "|age|distance|speed|weight|temperature|fraction|proportion)",
        ),
    ),
    (
        "person",
        re.compile(
            r"^[وف]?(?:مين|منو|منه|منهو|لمن|بمن|ممن|عمن|(?:(?:مع|الي|علي|عن|ضد|بين|قبل) )?(?:من|مين))"
            r"(?! (?:اين|وين|متي|كم|اي|خلال|بين|ضمن|اجل|قبل)(?!\S))(?: (?:هو|هي|هم|كان|كانت|الذي|التي|الذين))*(?!\S)"
        ),
    ),
    (
        "person",
        _phrases(
            *("مين", "منو", f"{_IS} (?:اسم|اسماء) {_any_of(_ROLES['people'])}", f"{_WHICH} {_any_of(_ROLES['people'])}")
        ),
    ),
    ("person", re.compile(rf"{_FIRST}(?:who|whom|whose)(?!\S)")),
    (
        "person",
        _phrases(
            rf"{_WHAT}(?: \S+)? (?:{_PERSONS})",
            rf"what (?:is|was|are|were) the names? of the(?: \S+)? (?:{_PERSONS})s?",
        ),
    ),
)

DEFINES = re.compile(r"^(?:[وف]?ما|ماهو|ماهي|شو|ايش|وش|شنو|عرف|what (?:is|are|was|were)|define)(?!\S)")
HOLDS_OFFICE = re.compile(
    rf"^(?:من|مين|منو|who)(?: (?:هو|هي|is|the|current|new))* (?:ال)?(?:{'|'.join(sorted(_ROLES['offices']))})(?!\S)"
)
ASKS_WHO = re.compile(
    r"^[وف]?(?:(?:من|مين|منو|ما|شو|ايش|وش|who|what)"
    r"(?: (?:هو|هي|كان|كانت|هم|is|was|are|were|the|name|names|of|اسم|اسماء))*) "
)
