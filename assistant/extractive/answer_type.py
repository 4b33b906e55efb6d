"""What a question after a number seeks: an age, an amount of money, how many of a thing; and whether a sentence has it.

The sorts are those of question classification (Li and Roth 2002, "Learning Question Classifiers"), as far as a sentence shows them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from assistant.extractive.amounts import PEOPLE
from assistant.extractive.overlap import strength, term
from assistant.extractive.type_markers import figures, pairs
from assistant.query.parse import Question
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import stem, words
from index.language.normalize import folded
from index.language.numbers.number_mentions import numbers
from index.models import Value

Sort = Literal["age", "money", "percent", "period", "measure", "count", "amount"]

NEAR = 4  # words between a number and what it counts
ALIKE = 0.6  # the strength from which two words are one


def _set(listed: str) -> frozenset[str]:
    return frozenset(folded(listed).split())


_CURRENCIES = frozenset("dollar euro pound yen yuan riyal dirham dinar lira rouble rupee".split())
_PERIODS = frozenset("second minute hour day week month year".split())
_MONEY = _set(
    "سعر ثمن تكلفة كلفة تكاليف ميزانية موازنة قيمة راتب رواتب مبلغ أجر غرامة أرباح خسائر إيرادات مبيعات ديون دين قرض تعويض "
    "price cost costs budget salary wage fine profit profits revenue sales debt loan value money worth fee compensation"
)
_COIN = _set(
    "دولار دولارا ريال ريالا يورو اموال الأموال مال مالا دينار دينارا درهم درهما جنيه جنيها ليرة روبل dollars euros pounds riyals money dollar pound euro"
)
_TIME = _set(
    "وقت الوقت سنة عام عاما يوم يوما شهر شهرا ساعة دقيقة أسبوع أسبوعا ثانية قرن قرنا سنوات أعوام أيام أشهر ساعات دقائق أسابيع "
    "years year days day months month hours hour minutes minute weeks week seconds centuries decades"
)
_LASTS = _set("استمر استمرت يستمر تستمر دام دامت يدوم تدوم استغرق استغرقت يستغرق تستغرق مدة المدة ظل ظلت مكث بقي long")
_SIZES = _set(
    "طول ارتفاع مساحة مسافة وزن سرعة عمق حجم عرض بعد حرارة كيلومترا كيلومتر مترا متر طنا طن ميلا برميلا برميل لترا كيلوغراما هكتارا درجة "
    "height length distance weight speed depth size width area temperature tall far high deep wide heavy fast big large "
    "miles kilometres kilometers metres meters feet tonnes tons barrels degrees"
)
_SHARE = _set("نسبة بالمئة percentage percent proportion share rate")
_AGE = _set("عمر عمره عمرها أعمار age")
_NUMBER_OF = _set("عدد العدد تعداد number")
_INDEFINITE = re.compile(r"(?:ا|[^ا]ه|اء)$")  # what follows كم stands in the accusative, with a tanwin or a ة
_PARTS = _set("ثلث ثلثا ثلثي الثلثين نصف ربع half third thirds quarter quarters")
_SPANS = _set(
    "يومين ساعتين شهرين عامين سنتين أسبوعين دقيقتين يومان ساعتان شهران عامان سنتان أسبوعان عقود قرون عقد قرن عقدين قرنين "
    "decade decades century centuries حتى منذ until since"
)
_SOULS = PEOPLE | _set(
    "نسمة رجال رجلا نساء امرأة جنود جنديا عمال men women soldiers troops residents inhabitants settlers workers population"
)
_MANY = _set("عشرات مئات آلاف ملايين dozens scores hundreds thousands millions")
_BORN = re.compile(
    r"\bage \d|(?:سن|عمر|العمر) (?:ال)?\d|\(\d{1,3}\)|, \d{1,3},|\d-year-old|\baged \d|(?:ال|بال|لل)(?:عشرين|ثلاثين|اربعين|خمسين|ستين|سبعين|ثمانين|تسعين|عقد)"
)
_VERBAL = _set("بلغ بلغت يبلغ تبلغ كان كانت وصل وصلت يصل تصل هو هي عدد العدد")
_AUXILIARY = _set("is are was were do does did has have had will would can could may might should a an the per each")
_ASKS = re.compile(r"^(?:[وفب]?كم|كام|قديش|شحال|قداش|اديش|اشكد)$")


class Sought(Value, frozen=True, kw_only=True):
    """What a number is asked of: its sort, and the words, folded, for what is counted."""

    sort: Sort
    counted: tuple[str, ...] = ()


def sought(question: Question) -> Sought | None:
    """What a question that asks for a number seeks; None for every other question.

    >>> from assistant.query.parse import understand
    >>> for asked in ("كم عمر العمدة؟", "كم وزيرا حضر القمة؟", "How much did the bridge cost?", "Who built the bridge?"):
    ...     found = sought(understand(asked, ()))
    ...     print(found and (found.sort, found.counted))
    ('age', ())
    ('count', ('وزيرا',))
    ('amount', ())
    None
    """
    if question.kind != "number":
        return None
    said = words(question.text)
    bare = {word.removeprefix("ال") for word in said} | set(said)
    counted = _counted(said)
    heads = {word.removeprefix("ال") for word in counted} | set(counted)
    first = _heads(said)
    if first & _AGE or ("old" in bare and "how" in bare):
        return Sought(sort="age")
    if heads & _TIME:
        return Sought(sort="period")
    if first & _SHARE or {"سعر", "الفايده"} <= bare:
        return Sought(sort="percent")
    if heads & _COIN or first & _MONEY:
        return Sought(sort="money")
    if heads & _SIZES or first & _SIZES:
        return Sought(sort="measure")
    if bare & _LASTS:
        return Sought(sort="period")
    if counted:
        return Sought(sort="count", counted=counted)
    return Sought(sort="amount")


def _heads(said: Sequence[str]) -> set[str]:
    """The first content words behind what asks: السعر in "كم بلغ سعر القمح"."""
    at = next((at for at, word in enumerate(said) if _ASKS.match(word) or word in ("how", "what", "ما", "اي")), -1)
    content = [word for word in said[at + 1 :] if word not in FUNCTION_WORDS and word not in _VERBAL]
    return {form for word in content[:2] for form in (word, word.removeprefix("ال"))}


def _counted(said: Sequence[str]) -> tuple[str, ...]:
    """The noun that is counted; empty where the question asks how much."""
    for at, word in enumerate(said):
        rest = said[at + 1 :]
        if word in _NUMBER_OF:
            return tuple(rest[1:2] if rest[:1] in (["من"], ["of"]) else rest[:1])
        if _ASKS.match(word) and not _NUMBER_OF.intersection(said):
            if rest[:1] == ["من"]:
                return tuple(rest[1:2])
            return tuple(
                item
                for item in rest[:1]
                if item in _TIME | _COIN | _SIZES or _INDEFINITE.search(item) or item in PEOPLE
            )
        if word == "how" and rest[:1] == ["many"]:
            noun = list(takewhile(lambda item: item not in _AUXILIARY and item not in FUNCTION_WORDS, rest[1:4]))
            return tuple(noun) or ("people",)
    return ()


def meets(wanted: Sought, said: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Whether a sentence, as folded words and as it stands, has a number of this sort that the question does not.

    >>> ministers = Sought(sort="count", counted=("وزيرا",))
    >>> for text in ("حضر القمة سبعة وزراء", "حضر الوزراء قمة دامت سبعة أيام"):
    ...     print(meets(ministers, words(text), text, asked=()))
    True
    False
    """
    if wanted.sort == "count":
        return bool(_beside(wanted.counted, said, _figures(said, asked)) or _two(wanted.counted, said))
    if wanted.sort == "amount":
        return bool(_figures(said, asked))
    found = [number for number in numbers(text) if not set(words(number.span.of(text))) & set(asked)]
    units = {match.unit for match in found}
    if wanted.sort == "age":
        return "year" in units or bool(_BORN.search(folded(text)))
    if wanted.sort == "money":
        return bool(units & _CURRENCIES)
    if wanted.sort == "percent":
        return "%" in units or not _PARTS.isdisjoint(said)
    if wanted.sort == "period":
        return bool(units & _PERIODS) or not _SPANS.isdisjoint(said)
    return bool(found) and (bool(units - _CURRENCIES - {"%", None}) or not _SIZES.isdisjoint(said))


def _figures(said: Sequence[str], asked: Collection[str]) -> list[int]:
    return figures(said, asked) + [at for at, word in enumerate(said) if word in _MANY and word not in asked]


def _beside(nouns: Sequence[str], said: Sequence[str], places: Sequence[int]) -> list[int]:
    """The numbers that stand within a few words of one of the nouns."""
    if not PEOPLE.isdisjoint(map(_bare, nouns)):
        named = [at for at, word in enumerate(said) if word in _SOULS or word[1:] in _SOULS]
    else:
        named = [at for at, word in enumerate(said) if any(one_noun(noun, word) for noun in nouns)]
    other = _TIME | _COIN | _SIZES  # "seven days" counts no ministers
    return [
        at for at in places if any(abs(at - one) <= NEAR for one in named) and other.isdisjoint(said[at + 1 : at + 2])
    ]


def _bare(word: str) -> str:
    return word.removeprefix("ال")


def _two(nouns: Sequence[str], said: Sequence[str]) -> bool:
    """Whether one of the nouns stands in the dual, which is how two of a thing are counted in Arabic."""
    duals = [word for word in said if word.endswith(("تان", "تين"))]
    return any(pairs(noun, said) or any(one_noun(noun, word) for word in duals) for noun in nouns)


@lru_cache(maxsize=20_000)
def one_noun(one: str, other: str) -> bool:
    """Whether two words are one noun, in the singular or the plural, with an ending or without.

    >>> one_noun("وزيرا", "وزراء"), one_noun("سكان", "سكانها"), one_noun("وزيرا", "وزن")
    (True, True, False)
    """
    if one == other or strength(term(one), term(other)) >= ALIKE:
        return True
    one, other = _bare(one), _bare(other)
    if min(len(one), len(other)) >= 4 and (one.startswith(other) or other.startswith(one)):
        return True
    return len(_strong(one)) >= 2 and _strong(one) == _strong(other)


def _strong(word: str) -> str:
    """The letters of an Arabic noun that its plurals keep; none of a word in Latin letters."""
    return _WEAK.sub("", stem(word)) if not word.isascii() else ""


_WEAK = re.compile("[اويءه]")
