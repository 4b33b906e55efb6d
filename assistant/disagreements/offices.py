"""Who holds an office, as a text says it: "the Syrian president Ahmed al-Sharaa", "أحمد الشرع، الرئيس السوري".

Pure. Arabic has no capitals, so a name is trusted only where it begins with a known given name or is met twice beside an office.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import QUESTION_WORDS, skeleton, stem, words
from index.models import Span, Value

_ROLE_AR = "رئيسة?|وزيرة?|ملكة?|أميرة?|سفيرة?|محافظة?|والي|مديرة?|مدربة?|قائدة?|الرئيسة?|الوزيرة?|الملكة?|الأميرة?|المحافظ|الوالي|المديرة?|المدربة?|القائد"
_WORD_AR = r"[\u0621-\u064a\u064d-\u0652\u0671-\u06d3]+"  # no tanwin of the accusative: no name has it
_TITLE_AR = rf"(?:(?:نائبة?|مساعدة?) )?(?:{_ROLE_AR})(?: (?:ال{_WORD_AR}|مجلس|هيئة|شركة|بنك)){{0,4}}"
_PERSON_AR = rf"{_WORD_AR} (?:(?:أبو|ابو|بن|ابن|عبد|آل|بك) )?{_WORD_AR}"
_TITLE_EN = r"(?:[A-Z][\w-]+ ){0,2}(?i:(?:deputy |prime |vice )?(?:president|minister|king|governor|mayor|ambassador|director|coach|chairman|secretary))"
_PERSON_EN = r"[A-Z][\w'’-]+(?: (?:al-|bin |abu )?[A-Z][\w'’-]+)+"
_OFFICES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\w)(?:و|ف|ب|ل)?(?P<role>{_TITLE_AR}) (?P<name>{_PERSON_AR})(?!\w)",
        rf"(?<!\w)(?P<name>{_PERSON_AR})،? (?P<role>{_TITLE_AR})(?!\w)",
        rf"\b(?P<role>{_TITLE_EN}) (?P<name>{_PERSON_EN})",
        rf"\b(?P<name>{_PERSON_EN}), (?:the )?(?P<role>{_TITLE_EN})\b",
    )
)
_PASSING = frozenset(
    map(stem, "جديد حالي سابق راحل مخلوع انتقالي منتخب اسبق new former current late interim outgoing".split())
)
_OFFICIAL = frozenset(
    map(
        stem,
        "رئيس وزير ملك سفير محافظ مدير مدرب قائد مجلس نائب مساعد وزراء هيئة شركة بنك لجنة مهندس دكتور لواء عميد".split(),
    )
)
_GIVEN = frozenset(
    words(
        "محمد أحمد محمود مصطفى علي حسن حسين عمر عثمان خالد سعد سعيد سالم سليم سليمان سامي سمير سامر ماهر مازن ماجد مجدي مراد مروان معاذ منصور "
        "منير مهدي موسى ناصر نبيل نادر نزار نوري هاني هشام هيثم وائل وليد وسيم ياسر ياسين يحيى يوسف يونس إبراهيم إسماعيل إدريس أسامة أسعد أشرف أكرم "
        "أمجد أنس أنور أيمن إياد بدر بسام بشار بلال تامر توفيق ثامر جابر جاسم جلال جمال جميل جواد حاتم حازم حافظ حبيب حسام حمد حمدان حمزة حيدر "
        "خليل داود رائد راشد رامي ربيع رجب رشيد رضا رفيق رياض زياد زيد سلطان سلمان شادي شريف صالح صباح صدام صلاح طارق طاهر طلال عادل عاصم عباس "
        "عبدالله عبدالرحمن عبدالعزيز عبدالفتاح عبدالملك عدنان عدي عصام عماد عمار غازي غسان فؤاد فادي فارس فاروق فاضل فهد فواز فيصل قاسم قصي كامل كريم "
        "كمال لؤي مبارك مرهف نواف هادي هلال فاطمة عائشة مريم زينب ليلى منى هدى سارة نور هند أمل رنا ريم سلمى سعاد سميرة نادية نجلاء هالة"
    )
)


class Held(Value, frozen=True, kw_only=True):
    """An office as the stems of its words, without "new" and "former", its holder's name, and where that stands."""

    role: frozenset[str]
    name: str
    span: Span


@lru_cache(maxsize=2048)
def offices(text: str) -> tuple[Held, ...]:
    """The offices that a text names in full (of which country, of what) with their holders.

    >>> [(sorted(one.role), one.name) for one in offices("وصل وزير النقل السراجي كمال الراوي")]
    [(['سراج', 'نقل', 'وزير'], 'كمال الراوي')]
    """
    return tuple(_found(text))


def _found(text: str) -> Iterator[Held]:
    for pattern in _OFFICES:
        for match in pattern.finditer(text):
            role = (
                frozenset(stem(word) for word in words(match["role"]) if word not in FUNCTION_WORDS | QUESTION_WORDS)
                - _PASSING
            )
            if len(role) >= 2:
                start, end = match.span("name")
                start += _written_on(match["name"])
                yield Held(role=role, name=text[start:end], span=Span(start, end))


def _written_on(name: str) -> int:
    """The length of a particle before a given name: 1 in "بأسعد", 0 in "بشار"."""
    first = words(name)[0]
    return int(first not in _GIVEN and first[0] in "وبلف" and first[1:] in _GIVEN)


def met_twice(texts: Iterable[str]) -> frozenset[str]:
    """The names that these texts have beside an office more than once, by their skeletons."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({_spelt(held.name) for held in offices(text)})
    return frozenset(name for name, count in counts.items() if count > 1)


def is_name(name: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether it can be trusted to be a name: written with capitals, begun by a given name, or among the known.

    >>> is_name("كمال الراوي"), is_name("على رفض"), is_name("Kamal al-Rawi")
    (True, False, True)
    """
    said = words(name)
    if not said or any(word in FUNCTION_WORDS or stem(word) in _OFFICIAL for word in said):
        return False
    return name.isascii() or said[0] in _GIVEN or _spelt(name) in known


def one_name(one: str, two: str) -> bool:
    """Whether two names share a part, however each is spelt.

    >>> one_name("أندريه بيلوسوف", "أندري بيلاوسوف"), one_name("كمال الراوي", "سليم حداد")
    (True, False)
    """
    left, right = ({word.removeprefix("ال") for word in words(name)} for name in (one, two))
    spelt, other = ({skeleton(part) for part in parts if len(part) > 2} for parts in (left, right))
    return bool(left & right) or bool({one for one in spelt if len(one) > 1} & other)


def _spelt(name: str) -> str:
    return " ".join(skeleton(word) for word in words(name))
