"""The words that questions are made of: what asks for a person, a date, a place; what asks for the present. Folded spelling."""

from __future__ import annotations

import re
from typing import Literal

from index.language.normalize import folded

Kind = Literal["person", "date", "place", "number", "reason", "yes-no", "definition", "statement", "other"]


def _folded(listed: str) -> frozenset[str]:
    return frozenset(folded(listed).split())


FUNCTION_WORDS = _folded(
    """
    في علي الي عن مع عند بين بعد قبل خلال منذ حتي ضد نحو دون ضمن حول عبر لدي تحت فوق امام وراء حسب وفق بحسب
    التي الذي الذين اللذان اللتان اللاتي اللواتي هذا هذه ذلك تلك هولاء اولئك هناك هنا ثم او ام بل لكن ان انه انها انهم اذا لو
    قد لقد كان كانت كانوا يكون تكون كون لم لن لا ليس ليست غير سوي كل بعض عليه عليها عليهم فيه فيها فيهم منه منها منهم به بها بهم
    له لها لهم لنا لي اليه اليها عنه عنها عنهم معه معها بانه بانها لانه لانها وهو وهي والتي والذي وفي وعلي والي وعن ومع وقد وكان وكانت
    اللي ايش عشان علشان شي تم يتم تمت جري حيث بينما كما مثل ايضا وذلك وهذا وهذه احد احدي عليك انت نحن انا
    to in on at by for from with about into over after before between during under within without against among through than as
    and or but if so that this these those there here it its he she they them his her their him you your we our i my me not no
    which what's according also one ones any some many much more most such only other
    """
)

GENERIC = _folded(  # words that questions are put with and answers often leave out
    """
    اسم اسماء نوع انواع معني مفهوم تعريف اهم ابرز المقصود يقصد يسمي تسمي يطلق اطلق عدد مقدار سبب اسباب نسبه مده كميه
    name names type types kind kinds term main called number amount percent percentage reason reasons purpose
    """
)

_DATES = "عام سنه تاريخ يوم شهر قرن عقد وقت ساعه فتره حقبه موسم عصر الاعوام السنوات"
_PLACES = "مدينه مدن دوله دول بلد بلدان بلده مكان قاره منطقه محافظه ولايه اقليم قريه موقع جزيره شارع حي عاصمه جامعه مقاطعه ملعب"
_AMOUNTS = (
    "عدد نسبه مساحه طول ارتفاع سعر قيمه حجم كميه وزن درجه معدل عمق سرعه تكلفه كلفه مقدار متوسط ميزانيه عمر مده مبلغ"
)
_PEOPLE = (
    "رئيس وزير ملك امير شخص لاعب شاعر عالم قائد ممثل كاتب فنان مخترع مدير مدرب سفير حاكم رئيسه وزيره مديره قاضي محامي محاميه شاب رجل "
    "امراه سيده طفل طفله جندي ضابط ضابطي شرطي طبيب مهندس صحفي صحافي مراسل متحدث ناطق متهم قاتل جاني قتيل ضحيه مخرج منتج مولف مغني مطرب "
    "طالب معلم سايق طيار حارس زوجه زوج ابن والد والده نايب محافظ مرشح فايز مهاجم قاضيه طبيبه مهندسه صحفيه مراسله متحدثه متهمه مخرجه ممثله مولفه "
    "مغنيه مطربه طالبه معلمه مدربه سفيره لاعبه كاتبه شاعره فنانه نايبه محافظه مرشحه فايزه"
)
_PERSONS = (
    "person|president|minister|king|queen|player|actor|actress|author|scientist|leader|man|woman|boy|girl|singer|director|coach|artist|emperor|"
    "general|judge|lawyer|officer|marshal|soldier|doctor|driver|pilot|victim|suspect|manager|chairman|founder|owner|winner|wife|husband|son|"
    "daughter|father|mother|brother|sister|teacher|student|journalist|reporter|spokesman|spokeswoman|ambassador|mayor|governor"
)
_SAID = (
    "قال قالت صرح صرحت اعلن اعلنت اكد اكدت ذكر ذكرت اضاف وصف وصفت علق علقت رد ردت حكي طالب طالبت دعا دعت اعتبر اعتبرت اوضح "
    "اشار حذر اقترح تعهد قيم"
)


def _any(listed: str) -> str:
    return "(?:" + "|".join(f"(?:ال)?{part}" for part in folded(listed).split()) + ")"


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\S)(?:" + "|".join(alternatives) + r")(?!\S)")


_IS = r"(?:ما|ماهو|ماهي|شو|ايش|وش|شنو|ماذا)(?: (?:هو|هي|كان|كانت))?"
_WHICH = r"(?:ب|ل|ف|و)?(?:اي|ايه|اية)"
_WHAT = r"(?:what|which)(?: (?:is|was|are|were))?(?: the)?"
_NO_OTHER = r"^(?:(?!what|which|how|why|who|when|where)\S+ )*"  # in "what changed when …" the question is "what"

# Kind → what asks for it. Where several are found, the one that begins first decides; of those, the one listed first.
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("yes-no", re.compile(r"^(?:و?هل|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)(?!\S)")),
    (
        "reason",
        _words("[وف]?لماذا", "ليش", "ليه", "علاش", "لشو", f"{_IS} {_any('سبب اسباب دوافع دافع')}", "[بل]اي سبب"),
    ),
    ("reason", _words("why", f"{_WHAT}(?: main)? (?:reasons?|causes?|motives?)", "how come")),
    (
        "statement",
        _words(
            f"(?:و?ماذا|شو|ايش|وش|بماذا|بم|عم|ما الذي|كيف) (?:{'|'.join(_SAID.split())})",
            f"{_IS} {_any('موقف راي رد تصريح تصريحات تعليق')}",
            r"(?:what|how) (?:did|does|do|has|had|have|was|were)(?: \S+){1,6} (?:say|said|state|announce|declare|claim|claimed|argue|"
            r"call|describe|warn|respond|comment)",
        ),
    ),
    ("date", _words("[وف]?متي", "ايمتي?", "امت[يه]", "وقتاش", "فوقاش", f"{_WHICH} {_any(_DATES)}")),
    (
        "date",
        _words(
            f"{_IS} {_any('تاريخ موعد توقيت سنه عام يوم')}", rf"{_WHAT} (?:year|date|day|month|century|decade|time)"
        ),
    ),
    ("date", re.compile(rf"{_NO_OTHER}when(?!\S)(?!.* (?:what|which|who|how|why)(?!\S))")),
    (
        "place",
        _words(
            "[وف]?اين",
            "وين",
            "فين",
            "منين",
            "لوين",
            f"{_WHICH} {_any(_PLACES)}",
            f"{_IS} {_any('عاصمه موقع مقر مكان')}",
        ),
    ),
    ("place", re.compile(rf"{_NO_OTHER}where(?!\S)")),
    (
        "place",
        _words(
            rf"{_WHAT}(?: \S+)? (?:city|cities|country|countries|state|states|place|region|location|town|continent|province|capital|"
            r"venue|stadium|nation)"
        ),
    ),
    (
        "number",
        re.compile(
            rf"(?<![^ ])(?<!\d )[وفب]?(?:كم|كام|قديش|شحال|قداش|اديش|اشكد)(?: (?:{_any('عدد نسبه')}|يبلغ|بلغ|بلغت|تبلغ|كان|كانت))*(?!\S)"
        ),
    ),
    ("number", _words(f"{_IS} {_any(_AMOUNTS)}", f"{_WHICH} {_any('نسبه عدد سعر عمر')}")),
    (
        "number",
        _words(
            "how (?:many|much|long|old|tall|far|high|deep|big|large|fast|often|wide|heavy|few)",
            rf"{_WHAT}(?: \S+)? (?:number|percentage|percent|population|price|cost|amount|size|height|length|rate|total|age|distance|"
            "speed|weight|temperature|fraction|proportion)",
        ),
    ),
    (
        "person",
        re.compile(
            r"^[وف]?(?:مين|منو|منه|منهو|لمن|بمن|ممن|عمن|(?:(?:مع|الي|علي|عن|ضد|بين|قبل) )?(?:من|مين))"
            r"(?! (?:اين|وين|متي|كم|اي|خلال|بين|ضمن|اجل|قبل)(?!\S))(?: (?:هو|هي|هم|كان|كانت|الذي|التي|الذين))*(?!\S)"
        ),
    ),
    ("person", _words("مين", "منو", f"{_IS} (?:اسم|اسماء) {_any(_PEOPLE)}", f"{_WHICH} {_any(_PEOPLE)}")),
    ("person", re.compile(rf"{_NO_OTHER}(?:who|whom|whose)(?!\S)")),
    (
        "person",
        _words(
            rf"{_WHAT}(?: \S+)? (?:{_PERSONS})",
            rf"what (?:is|was|are|were) the names? of the(?: \S+)? (?:{_PERSONS})s?",
        ),
    ),
)

DEFINES = re.compile(r"^(?:[وف]?ما|ماهو|ماهي|شو|ايش|وش|شنو|عرف|what (?:is|are|was|were)|define)(?!\S)")

_OFFICES = (
    "رئيس ملك امير وزير رئيسه وزيره سفير محافظ قائد مدير امين مدرب حاكم سلطان شيخ مفتي "
    "president minister king queen prime secretary ambassador governor leader coach chief ceo chairman head mayor"
)
HOLDS_OFFICE = re.compile(
    r"^(?:من|مين|منو|who)(?: (?:هو|هي|is|the|current|new))* (?:ال)?(?:"
    + "|".join(folded(_OFFICES).split())
    + r")(?!\S)"
)

ROLES = _folded(
    f"{_PEOPLE} {_OFFICES} سكرتير السكرتير ناطق متحدثه ناطقه امير زعيم {_PERSONS.replace('|', ' ')} spokesperson minister executive"
)
ASKS_WHO = re.compile(
    r"^[وف]?(?:(?:من|مين|منو|ما|شو|ايش|وش|who|what)(?: (?:هو|هي|كان|كانت|هم|is|was|are|were|the|name|names|of|اسم|اسماء))*) "
)

LATIN_LANGUAGES = {
    "en": frozenset(
        "the of is are was were who what when where why how which did does do in and to by from for has have".split()
    ),
    "fr": frozenset(
        "le la les des du est sont était qui que quoi quand ou où pourquoi comment quel quelle quels une et dans par".split()
    ),
    "de": frozenset(
        "der die das den dem ist sind war wer was wann wo warum wie welche welcher welches ein eine und von mit".split()
    ),
    "es": frozenset(
        "el la los las del es son fue quien que cuando donde por como cual cuanto cuantos una y en de se".split()
    ),
    "it": frozenset(
        "il lo la gli del della e sono chi che cosa quando dove perche come quale quanto una di in nel".split()
    ),
    "pt": frozenset("o os as do da dos das foi quem que quando onde porque como qual quanto uma em no na".split()),
    "tr": frozenset("kim ne nerede nasil neden hangi kac mi mu bir ve icin ile".split()),
    "id": frozenset("siapa apa kapan dimana mengapa bagaimana yang dan di dari berapa".split()),
}
