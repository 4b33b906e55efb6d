"""What an answer to each kind of question is recognised by: a figure, a month, a "because", a title before a name."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from assistant.query.question_type import FUNCTION_WORDS, Kind
from index.language.analyzer import words
from index.language.normalize import folded
from index.language.numbers.number_words import WORDS as NUMBER_WORDS

_WEEKDAYS = (
    "الاحد الاثنين الثلاثاء الاربعاء الخميس الجمعه السبت monday tuesday wednesday thursday friday saturday sunday "
    "القرن قرن century centuries امس غدا yesterday tomorrow"
).split()


def _folded(listed: str) -> frozenset[str]:
    return frozenset(folded(listed).split())


_PLACES = _folded(
    """
    مدينه مدن دوله دول بلده بلاد قريه جنوب شمال شرق غرب وسط جنوبي شمالي شرقي غربي منطقه محافظه عاصمه عاصمتها عاصمته مقاطعه
    ولايه جزيره قاره قرب ساحل حدود اقليم مقره مقرها شارع حي مطار ميناء
    north south east west northern southern eastern western city town country state region province island located coast
    near village capital border street district headquarters
    """
)
_REASONS = _folded(
    """
    لان لانه لانها لانهم بسبب نتيجه لذلك لكي كي بهدف لاجل اجل نظرا بغيه سبب اسباب يعود يرجع بفضل جراء ادي ادت لهذا لدعم لتعزيز لبدء
    بدافع دافع بداعي بذريعه بحجه خشيه خوفا تحسبا حرصا رغبه احتجاجا ردا اثر خلفيه بعدما لوجود لعدم بعله تفاديا سعيا غايته هدفه
    as after response because due since so therefore reason reasons cause causes caused led owing order thus hence result
    """
)
_SAYS = _folded(
    """
    قال قالت وقال وقالت صرح صرحت اكد اكدت واكد اعلن اعلنت واعلن ذكر ذكرت اضاف اضافت واضاف اوضح اوضحت واوضح وصف وصفت اشار واشار
    اعتبر اعتبرت اعرب اعربت شدد شددت دعا دعت حذر حذرت يري تري مشيرا موكدا قوله
    اشارت كشف كشفت لفت لفتت افاد افادت نفي نفت تعهد تعهدت انتقد انتقدت توقع توقعت طالب طالبت ناشد ناشدت رد ردت علق علقت تابع تابعت
    said says stated states called described announced declared argued claimed wrote told warned added
    denied promised pledged criticised criticized explained insisted urged noted replied vowed
    """
)
TITLES = _folded(
    """
    الرئيس رئيس رئيسه الوزير وزير وزيره الملك ملك الامير امير السيد السيده الدكتور الشيخ اللواء العميد القائد قائد المهندس الامام
    السلطان الشاعر الكاتب المدير مدير السفير سفير المتحدث الناطق اللاعب المدرب نظيره بن ابن ابو ابي بنت عبد محمد احمد علي حسن حسين
    محافظ المحافظ محافظه عمده العمده نائب النائب النائبه عقيد العقيد مديره المديره وزيره الوزيره مهندس المهندسه متحدث المتحدثه
    president minister king queen prince mr mrs ms dr sir general captain director ambassador spokesman professor
    mayor governor senator judge colonel spokeswoman secretary chairman chairwoman
    """
)
_THERE = re.compile(
    r"\b(?:in|at|near|from|to|outside|off|across|around|into|toward|towards|on) (?:the )?([A-Z][\w'’-]+)"
)
_IN = _folded("في قرب نحو داخل خارج أمام وسط")
_TIMES = _folded(
    """
    عام سنة يوم شهر أسبوع ساعة وقت الوقت حين ظل إطار حال حالة شأن نفس هذا هذه ذلك تلك حد غضون أثناء نهاية بداية مطلع منتصف أعقاب ضوء بيان تصريح مقابلة
    كلمة إشارة المئة المائة الميه العام اليوم الشهر السنة الأسبوع أول آخر أي كل بعض ما من أن إن هو هي هم الفترة مجال سياق مواجهة حديث ختام مستهل
    """
)
_YEAR = re.compile(r"^(?:\d{3,4}(?:s|م|ه|هـ|ق)?|\d\d?(?:st|nd|rd|th)|ال\w+ينيات|ال\w+ينات)$")
_MID_CAPITAL = re.compile(r"(?<=[\w,;] )[A-Z][a-zà-ÿ]+")


def has_cue(kind: Kind, said: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Whether a sentence, given as its folded words and as it stands, holds what a question of this kind asks for, as news to it.

    Kinds without a mark of their own (yes-no, definition, other) have none.

    >>> has_cue("number", ["قتل", "خمسه"], "قتل خمسة", asked={"قتل"}), has_cue("date", ["في", "ايار"], "في أيار", asked=set())
    (True, True)
    """
    new = [word for word in said if word not in asked]
    if kind == "number":
        return bool(figures(said, asked))
    if kind == "date":
        return any(_YEAR.match(word) or word in _dated() for word in new)
    if kind == "statement":
        return (
            any(word in _SAYS or (word[0] == "و" and word[1:] in _SAYS) for word in new)
            or ":" in text
            or "«" in text
            or '"' in text
            or "“" in text
        )
    if kind == "person":
        return any(word in TITLES for word in new) or any(
            word.casefold() not in asked for word in _MID_CAPITAL.findall(text)
        )
    if kind == "place":
        return any(word in _PLACES for word in new) or _somewhere(said, text, asked)
    return kind == "reason" and any(word in _REASONS for word in new)


def _somewhere(said: Sequence[str], text: str, asked: Collection[str]) -> bool:
    """Whether a preposition of place stands before a word that may name one: a capital, or in Arabic what is new and no time."""
    if any(not {*words(word)} <= {*asked, *_dated()} for word in _THERE.findall(text)):
        return True
    return any(
        one in _IN
        and len(other) > 2
        and not other[0].isdigit()
        and other not in asked
        and other not in _TIMES
        and other not in _dated()
        for one, other in pairwise(said)
    )


def figures(said: Sequence[str], asked: Collection[str]) -> list[int]:
    """Where in a sentence numbers stand that are new and no part of a date.

    >>> figures(["قتل", "خمسه", "في", "14", "ايار"], asked=())
    [1]
    """
    numbers = [at for at, word in enumerate(said) if (word[0].isdigit() or word in NUMBER_WORDS) and word not in asked]
    return [at for at in numbers if not _dated() & {*said[max(0, at - 1) : at], *said[at + 1 : at + 2]}]


def pairs(noun: str, said: Sequence[str]) -> list[int]:
    """Where an Arabic noun, folded, stands in the dual, which is how two of a thing are counted.

    >>> pairs("لجنه", ["اتفقا", "علي", "لجنتين"]), pairs("لجنه", ["اللجنه", "المشتركه"])
    ([2], [])
    """
    base = noun.removeprefix("ال")
    if len(base) < 3 or not "\u0621" <= base[0] <= "\u064a":
        return []
    base = base[:-1] + "ت" if base.endswith("ه") else base
    return [at for at, word in enumerate(said) if word.endswith((f"{base}ين", f"{base}ان"))]


@lru_cache(maxsize=1)
def _dated() -> frozenset[str]:
    """The words that stand in dates: month names of every tradition, weekdays."""
    months = json.loads(files("index.language.dates").joinpath("months.json").read_text(encoding="utf-8"))
    return frozenset(word for word in words(_flat(months)) if len(word) > 2 and word not in FUNCTION_WORDS) | frozenset(
        _WEEKDAYS
    )


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_flat(inner)}" for key, inner in value.items())
    return " ".join(map(_flat, value)) if isinstance(value, list) else str(value)
