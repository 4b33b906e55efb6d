"""Who is asked for: the minister of a country, the speaker of a statement; and whether a sentence has them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from assistant.extractive.answer_type import one_noun
from assistant.query.parse import Question
from assistant.query.question_type import ASKS_WHO, ROLES
from index.language.analyzer import stem, words
from index.language.normalize import folded

BESIDE = 6  # words between a role and the country of who has it


def role(question: Question) -> str | None:
    """The word of a question that says what the person is who is asked for: the minister of "who is the minister of finance?".

    >>> from assistant.query.parse import understand
    >>> role(understand("من هو وزير المالية؟", ())), role(understand("من افتتح الجسر؟", ()))
    ('وزير', None)
    """
    line = " ".join(words(question.text))
    begun = ASKS_WHO.match(line) if question.kind == "person" else None
    if not begun:
        return None
    first = line[begun.end() :].split()[: 1 if "\u0621" <= line[0] <= "\u064a" else 4]
    return next((word for word in first if word in ROLES or word.removeprefix("ال") in ROLES), None)


def holds_office(role: str, places: frozenset[int], said: Collection[str], title: Collection[str]) -> bool:
    """Whether a sentence says the role, and with its title the country or city, of somebody who is asked for by both."""
    return any(one_noun(role, word) for word in said) and places <= located((*said, *title))


def abroad(role: str, places: frozenset[int], said: Sequence[str], around: Collection[str]) -> bool:
    """Whether a sentence is on people of other places than those asked for: it names others beside the role, or none, and neither do
    the words around it name these.

    >>> asked, sanaa = located(["اليمني"]), words("وصل إلى صنعاء")
    >>> abroad("وزير", asked, words("وزير الدفاع الفرنسي جان مورو"), sanaa), abroad("وزير", asked, words("قال وزير الدفاع"), sanaa)
    (True, False)
    """
    stands = [at for at, word in enumerate(said) if one_noun(role, word)]
    beside = {word for at in stands for word in said[max(0, at - BESIDE) : at + BESIDE + 1]}
    return not places <= (located(beside or said) or located((*said, *around)))


def located(said: Iterable[str]) -> frozenset[int]:
    """The countries and cities among some folded words, by their numbers in the list: روسيا and الروسي are one.

    >>> located(["وزير", "روسيا"]) == located(["الروسي"]) != located(["سوريا"])
    True
    """
    return _NO.union(*map(_located, said))


@lru_cache(maxsize=5_000)
def _located(word: str) -> frozenset[int]:
    found = _places().get(stem(word), _NO)
    return found or (_places().get(stem(word[1:]), _NO) if word[0] in "وفبل" and len(word) > 4 else _NO)


@lru_cache(maxsize=1)
def _places() -> dict[str, frozenset[int]]:
    """Each name of a place, stemmed, with the numbers of the lines of the check's list that have it; the check is not loaded."""
    listed = Path(__file__).parents[1].joinpath("grounding", "places.txt").read_text(encoding="utf-8")
    found: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(listed.splitlines()):
        for word in line.split() if not line.startswith("#") else ():
            for spelt in (folded(word), "ال" + folded(word)):  # فرنسي alone may be ف and رنسي
                found[stem(spelt)].add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


_NO: frozenset[int] = frozenset()


def subject(question: Question) -> tuple[str, ...]:
    """The words for who is asked to have said something: رئيس البلدية in "ماذا قال رئيس البلدية عن الجسر؟"; none in other questions.

    >>> from assistant.query.parse import understand
    >>> subject(understand("ماذا قال رئيس البلدية عن الجسر؟", ())), subject(understand("What did Lunde say about it?", ()))
    (('رييس', 'البلديه'), ('lunde',))
    """
    if question.kind != "statement":
        return ()
    match = _SPEAKS.search(" ".join(words(question.text)))
    said = (match[1] or match[2] or "").split() if match else []
    return tuple(word for word in said if word in question.terms)


_SPEAKS = re.compile(
    r"^(?:\S+ )?(?:ماذا|شو|ايش|وش|بماذا|بم|عم|الذي|كيف) \S+ (.+?)(?: (?:عن|في|حول|بشان|ان|انه|انها|خلال|بعد|عند|علي|من|الي|ب\S+|ل\S+)(?: |$)|$)"
    r"|^(?:what|how) (?:did|does|do|has|had|have|was|were) (.+?) (?:say|said|state|announce|declare|claim|argue|call|describe|warn|respond|comment)"
)
