"""Classify questions for a number and test sentences for such a number.

The types are those of question classification (Li and Roth 2002, "Learning Question Classifiers"), as far as a sentence
shows them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from assistant.extractive.amounts import PEOPLE
from assistant.extractive.overlap import match_strength, term
from assistant.query.parse import Question
from assistant.query.question_type import FUNCTION_WORDS
from assistant.query.type_markers import duals, new_numbers
from index.language.analyzer import stem, words
from index.language.lexicons import load_groups
from index.language.normalize import folded
from index.language.numbers.number_mentions import numbers
from index.models import Value

NumberType = Literal["age", "money", "percent", "period", "measure", "count", "amount"]

NEAR = 4  # words between a number and what it counts
SAME_NOUN = 0.6  # the match strength from which two words are one noun

_LISTS = load_groups("quantities")
_TIME, _COINS, _SIZE = _LISTS["time"], _LISTS["coins"], _LISTS["size"]
_RESIDENTS = PEOPLE | _LISTS["residents"]
_INDEFINITE = re.compile(r"(?:ا|[^ا]ه|اء)$")  # a noun after كم is in the accusative, with a tanwin or a ة
_AGE_FORMS = re.compile(
    r"\bage \d|(?:سن|عمر|العمر) (?:ال)?\d|\(\d{1,3}\)|, \d{1,3},|\d-year-old|\baged \d"
    r"|(?:ال|بال|لل)(?:عشرين|ثلاثين|اربعين|خمسين|ستين|سبعين|ثمانين|تسعين|عقد)"
)
_HOW_MANY = re.compile(r"^(?:[وفب]?كم|كام|قديش|شحال|قداش|اديش|اشكد)$")


class AnswerType(Value, frozen=True, kw_only=True):
    """The type of number that a question asks for, and what is counted."""

    type: NumberType
    counted: tuple[str, ...] = ()


def answer_type(question: Question) -> AnswerType | None:
    """Return the type of number that a question asks for, if any.

    >>> from assistant.query.parse import parse_question
    >>> for text in ("كم عمر العمدة؟", "كم وزيرا حضر القمة؟", "How much did the bridge cost?", "Who built it?"):
    ...     wanted = answer_type(parse_question(text, ()))
    ...     print(wanted and (wanted.type, wanted.counted))
    ('age', ())
    ('count', ('وزيرا',))
    ('amount', ())
    None
    """
    if question.kind != "number":
        return None
    tokens = words(question.text)
    every = _with_bare(tokens)
    counted = _counted_noun(tokens)
    noun = _with_bare(counted)
    heads = _head_words(tokens)
    if heads & _LISTS["age"] or ("old" in every and "how" in every):
        return AnswerType(type="age")
    if noun & _TIME:
        return AnswerType(type="period")
    if heads & _LISTS["share"] or {"سعر", "الفايده"} <= every:
        return AnswerType(type="percent")
    if noun & _COINS or heads & _LISTS["money"]:
        return AnswerType(type="money")
    if noun & _SIZE or heads & _SIZE:
        return AnswerType(type="measure")
    if every & _LISTS["duration"]:
        return AnswerType(type="period")
    if counted:
        return AnswerType(type="count", counted=counted)
    return AnswerType(type="amount")


def _with_bare(tokens: Collection[str]) -> set[str]:
    """Return the words with and without their article."""
    return {*tokens, *map(_bare, tokens)}


def _head_words(tokens: Sequence[str]) -> set[str]:
    """Return the first content words behind the question word."""
    at = next(
        (at for at, word in enumerate(tokens) if _HOW_MANY.match(word) or word in ("how", "what", "ما", "اي")), -1
    )
    content = [word for word in tokens[at + 1 :] if word not in FUNCTION_WORDS and word not in _LISTS["verbal"]]
    return _with_bare(content[:2])


def _counted_noun(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return the noun that is counted; empty if the question asks how much."""
    for at, word in enumerate(tokens):
        rest = tokens[at + 1 :]
        if word in _LISTS["number of"]:
            return tuple(rest[1:2] if rest[:1] in (["من"], ["of"]) else rest[:1])
        if _HOW_MANY.match(word) and not _LISTS["number of"].intersection(tokens):
            if rest[:1] == ["من"]:
                return tuple(rest[1:2])
            return tuple(
                noun
                for noun in rest[:1]
                if noun in _TIME | _COINS | _SIZE or _INDEFINITE.search(noun) or noun in PEOPLE
            )
        if word == "how" and rest[:1] == ["many"]:
            nouns = takewhile(lambda item: item not in _LISTS["auxiliary"] and item not in FUNCTION_WORDS, rest[1:4])
            return tuple(nouns) or ("people",)
    return ()


def has_answer_type(wanted: AnswerType, tokens: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Test whether a sentence has a number of this type that the question lacks.

    `tokens` are its folded words, `asked` those of the question.

    >>> ministers = AnswerType(type="count", counted=("وزيرا",))
    >>> for text in ("حضر القمة سبعة وزراء", "حضر الوزراء قمة دامت سبعة أيام"):
    ...     print(has_answer_type(ministers, words(text), text, asked=()))
    True
    False
    """
    if wanted.type == "count":
        return _is_counted(wanted.counted, tokens, _number_positions(tokens, asked)) or _in_dual(wanted.counted, tokens)
    if wanted.type == "amount":
        return bool(_number_positions(tokens, asked))
    new = [number for number in numbers(text) if not set(words(number.span.of(text))) & set(asked)]
    units = {number.unit for number in new}
    if wanted.type == "age":
        return "year" in units or bool(_AGE_FORMS.search(folded(text)))
    if wanted.type == "money":
        return bool(units & _LISTS["currencies"])
    if wanted.type == "percent":
        return "%" in units or not _LISTS["parts"].isdisjoint(tokens)
    if wanted.type == "period":
        return bool(units & _LISTS["periods"]) or not _LISTS["spans"].isdisjoint(tokens)
    return bool(new) and (bool(units - _LISTS["currencies"] - {"%", None}) or not _SIZE.isdisjoint(tokens))


def _number_positions(tokens: Sequence[str], asked: Collection[str]) -> list[int]:
    many = [at for at, word in enumerate(tokens) if word in _LISTS["many"] and word not in asked]
    return new_numbers(tokens, asked) + many


def _is_counted(nouns: Sequence[str], tokens: Sequence[str], positions: Sequence[int]) -> bool:
    """Test whether one of the numbers stands within a few words of one of the nouns."""
    if not PEOPLE.isdisjoint(map(_bare, nouns)):
        named = [at for at, word in enumerate(tokens) if word in _RESIDENTS or word[1:] in _RESIDENTS]
    else:
        named = [at for at, word in enumerate(tokens) if any(same_noun(noun, word) for noun in nouns)]
    measures = _TIME | _COINS | _SIZE  # "seven days" counts no ministers
    return any(
        abs(at - place) <= NEAR and measures.isdisjoint(tokens[at + 1 : at + 2]) for at in positions for place in named
    )


def _bare(word: str) -> str:
    return word.removeprefix("ال")


def _in_dual(nouns: Sequence[str], tokens: Sequence[str]) -> bool:
    """Test whether one of the nouns is in the dual, by which Arabic counts two."""
    candidates = [word for word in tokens if word.endswith(("تان", "تين"))]
    return any(duals(noun, tokens) or any(same_noun(noun, word) for word in candidates) for noun in nouns)


@lru_cache(maxsize=20_000)
def same_noun(left: str, right: str) -> bool:
    """Test whether two words are forms of the same noun.

    >>> same_noun("وزيرا", "وزراء"), same_noun("سكان", "سكانها"), same_noun("وزيرا", "وزن")
    (True, True, False)
    """
    if left == right or match_strength(term(left), term(right)) >= SAME_NOUN:
        return True
    left, right = _bare(left), _bare(right)
    if min(len(left), len(right)) >= 4 and (left.startswith(right) or right.startswith(left)):
        return True
    return len(_strong_letters(left)) >= 2 and _strong_letters(left) == _strong_letters(right)


def _strong_letters(word: str) -> str:
    """Return the letters that the plurals of an Arabic noun keep."""
    return _WEAK.sub("", stem(word)) if not word.isascii() else ""


_WEAK = re.compile("[اويءه]")
