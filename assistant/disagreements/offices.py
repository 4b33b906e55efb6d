"""Find holders of offices: "the Syrian president Ahmed al-Sharaa".

Arabic has no capitals, so an Arabic name is trusted only if it begins with a known given name or occurs twice next to
an office.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from assistant.query.parse import content_words
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import skeleton, stem, words
from index.language.lexicons import load, load_groups
from index.models import Span, Value

_ROLE_AR = (
    "رئيسة?|وزيرة?|ملكة?|أميرة?|سفيرة?|محافظة?|والي|مديرة?|مدربة?|قائدة?|الرئيسة?|الوزيرة?|الملكة?|الأميرة?|المحافظ|الوالي"
    "|المديرة?|المدربة?|القائد"
)
_START = r"(?<![\w\u064d-\u0652])"  # of an Arabic word; vowel signs are no \w
_WORD_AR = r"[\u0621-\u064a\u064d-\u0652\u0671-\u06d3]+"  # without the accusative tanwin, which no name has
_TITLE_AR = rf"(?:(?:نائبة?|مساعدة?) )?(?:{_ROLE_AR})(?: (?:ال{_WORD_AR}|مجلس|هيئة|شركة|بنك)){{0,4}}"
_PERSON_AR = rf"{_WORD_AR} (?:(?:أبو|ابو|بن|ابن|عبد|آل|بك) )?{_WORD_AR}"
_TITLE_EN = (
    r"(?:[A-Z][\w-]+ ){0,2}(?i:(?:deputy |prime |vice )?"
    r"(?:president|minister|king|governor|mayor|ambassador|director|coach|chairman|secretary))"
)
_PERSON_EN = r"[A-Z][\w'’-]+(?: (?:al-|bin |abu )?[A-Z][\w'’-]+)+"
_OFFICES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_START}(?:و|ف|ب|ل)?(?P<role>{_TITLE_AR}) (?P<name>{_PERSON_AR})(?!\w)",
        rf"{_START}(?P<name>{_PERSON_AR})،? (?P<role>{_TITLE_AR})(?!\w)",
        rf"\b(?P<role>{_TITLE_EN}) (?P<name>{_PERSON_EN})",
        rf"\b(?P<name>{_PERSON_EN}), (?:the )?(?P<role>{_TITLE_EN})\b",
    )
)
_QUALIFIERS, _OFFICIAL = (frozenset(map(stem, load_groups("roles")[group])) for group in ("qualifiers", "official"))
_NAMES = load_groups("person_names")
_GIVEN_NAMES = _NAMES["given"] | _NAMES["maybe"] | load("first_names")


class OfficeHolder(Value, frozen=True, kw_only=True):
    """An office, as stems without qualifiers such as "new", and its holder."""

    role: frozenset[str]
    name: str
    span: Span  # of the name


@lru_cache(maxsize=2048)
def office_holders(text: str) -> tuple[OfficeHolder, ...]:
    """Return the offices that a text names in full with their holders.

    >>> [(sorted(holder.role), holder.name) for holder in office_holders("وصل وزير النقل السراجي كمال الراوي")]
    [(['سراج', 'نقل', 'وزير'], 'كمال الراوي')]
    """
    return tuple(_search(text))


def _search(text: str) -> Iterator[OfficeHolder]:
    for pattern in _OFFICES:
        for match in pattern.finditer(text):
            role = frozenset(map(stem, content_words(words(match["role"])))) - _QUALIFIERS
            if len(role) >= 2:
                start, end = match.span("name")
                start += _prefix_length(match["name"])
                yield OfficeHolder(role=role, name=text[start:end], span=Span(start, end))


def _prefix_length(name: str) -> int:
    """Return the length of a particle before a given name: 1 in "بأسعد"."""
    first = words(name)[0]
    return int(first not in _GIVEN_NAMES and first[0] in "وبلف" and first[1:] in _GIVEN_NAMES)


def repeated_holders(texts: Iterable[str]) -> frozenset[str]:
    """Return the keys of names that occur more than once next to an office."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({_key(holder.name) for holder in office_holders(text)})
    return frozenset(name for name, count in counts.items() if count > 1)


def is_name(name: str, known: frozenset[str] = frozenset()) -> bool:
    """Test whether a name has capitals or a given name, or is among the `known` keys.

    >>> is_name("كمال الراوي"), is_name("على رفض"), is_name("Kamal al-Rawi")
    (True, False, True)
    """
    tokens = words(name)
    if not tokens or any(word in FUNCTION_WORDS or stem(word) in _OFFICIAL for word in tokens):
        return False
    return name.isascii() or tokens[0] in _GIVEN_NAMES or _key(name) in known


def same_name(left: str, right: str) -> bool:
    """Test whether two names share a part, in any spelling.

    >>> same_name("أندريه بيلوسوف", "أندري بيلاوسوف"), same_name("كمال الراوي", "سليم حداد")
    (True, False)
    """
    parts, other_parts = ({word.removeprefix("ال") for word in words(name)} for name in (left, right))
    keys, other_keys = ({skeleton(part) for part in side if len(part) > 2} for side in (parts, other_parts))
    return bool(parts & other_parts) or any(len(key) > 1 for key in keys & other_keys)


def _key(name: str) -> str:
    return " ".join(skeleton(word) for word in words(name))
