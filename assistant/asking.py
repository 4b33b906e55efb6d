"""The words that questions are made of: what asks for a person, a date, a place; what asks for the present. Folded spelling."""

from __future__ import annotations

import re

FUNCTION_WORDS = frozenset(
    """
    في علي الي عن مع عند بين بعد قبل خلال منذ حتي ضد نحو دون ضمن حول عبر لدي تحت فوق امام وراء حسب وفق بحسب
    التي الذي الذين اللذان اللتان اللاتي اللواتي هذا هذه ذلك تلك هولاء اولئك هناك هنا ثم او ام بل لكن ان انه انها انهم اذا لو
    قد لقد كان كانت كانوا يكون تكون كون لم لن لا ليس ليست غير سوي كل بعض عليه عليها عليهم فيه فيها فيهم منه منها منهم به بها بهم
    له لها لهم لنا لي اليه اليها عنه عنها عنهم معه معها بانه بانها لانه لانها وهو وهي والتي والذي وفي وعلي والي وعن ومع وقد وكان وكانت
    اللي ايش عشان علشان شي تم يتم تمت جري حيث بينما كما مثل ايضا وذلك وهذا وهذه احد احدي عليك انت نحن انا
    to in on at by for from with about into over after before between during under within without against among through than as
    and or but if so that this these those there here it its he she they them his her their him you your we our i my me not no
    which what's according also one ones any some many much more most such only other
    """.split()
)

_IS = r"(?:ما|ماهو|ماهي|شو|ايش|وش|شنو|ماذا|كم)(?: (?:هو|هي|كان|كانت|يكون))?"
_WHICH = r"(?:اي|ايه|اية|بايه|باي|لاي|ماي)"
_THE = r"(?:what|which)(?: (?:is|was|are|were|were the|is the|was the|are the))?"

_DATES = "عام سنه تاريخ يوم شهر قرن عقد وقت ساعه فتره حقبه موسم عصر الاعوام السنوات".split()
_PLACES = (
    "مدينه دوله بلد بلده مكان قاره منطقه محافظه ولايه اقليم قريه موقع جزيره شارع حي عاصمه الدول المدن البلدان جامعه مقاطعه ملعب"
).split()
_AMOUNTS = (
    "عدد نسبه مساحه طول ارتفاع سعر قيمه حجم كميه وزن درجه معدل عمق سرعه تكلفه كلفه مقدار متوسط ميزانيه عمر مده رقم عرض مبلغ"
).split()


def _any(listed: list[str]) -> str:
    return "(?:" + "|".join(f"(?:ال)?{one}" for one in listed) + ")"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\S)(?:" + "|".join(alternatives) + r")(?!\S)")


# In order: the first that is found decides.
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "reason",
        _pattern(
            "[وف]?لماذا", "ليش", "ليه", "علاش", "لشو", f"{_IS} (?:ال)?(?:سبب|اسباب|دوافع|دافع)", "باي سبب", "لاي سبب"
        ),
    ),
    ("reason", _pattern("why", f"{_THE}(?: main)? (?:reasons?|causes?|motives?)", "how come")),
    (
        "statement",
        _pattern(
            "(?:و?ماذا|شو|ايش|وش|بماذا|بم|عم|ما الذي) (?:قال|قالت|صرح|صرحت|اعلن|اعلنت|اكد|اكدت|ذكر|ذكرت|اضاف|وصف|وصفت|علق|رد|حكي|"
            "طالب|طالبت|دعا|دعت|اعتبر|اعتبرت|اوضح|اشار|حذر|اقترح|تعهد)",
            f"{_IS} (?:موقف|راي|رد|تصريح|تصريحات|تعليق)",
            "(?:و?كيف|بماذا|بم) (?:وصف|وصفت|علق|علقت|رد|ردت|قيم|اعتبر)",
            "(?:what|how) (?:did|does|do|has|had|have|was|were)(?: \\S+){1,6} (?:say|said|state|announce|declare|claim|claimed|"
            "argue|call|describe|warn|respond|comment|comments)",
        ),
    ),
    ("yes-no", re.compile(r"^(?:و?هل|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)(?!\S)")),
    ("date", _pattern("[وف]?متي", "امتي", "امته", "ايمتي", "ايمت", "وقتاش", "فوقاش", "منذ متي")),
    ("date", _pattern(f"{_WHICH} {_any(_DATES)}", f"{_IS} {_any(['تاريخ', 'موعد', 'توقيت', 'سنه', 'عام', 'يوم'])}")),
    (
        "date",
        _pattern("when", "(?:what|which)(?: (?:is|was)(?: the)?)? (?:year|date|day|month|century|decade|time|season)"),
    ),
    (
        "place",
        _pattern(
            "[وف]?اين",
            "وين",
            "فين",
            "منين",
            "لوين",
            f"{_WHICH} {_any(_PLACES)}",
            f"{_IS} {_any(['عاصمه', 'موقع', 'مقر', 'مكان'])}",
        ),
    ),
    (
        "place",
        _pattern(
            "where",
            "(?:what|which)(?: (?:is|was)(?: the)?)?(?: \\S+)? (?:city|country|state|place|region|location|town|continent|province|"
            "capital|venue|stadium|nation|countries|cities|states|area of the world)",
        ),
    ),
    (
        "number",
        re.compile(
            r"^(?:\S+ ){0,3}[وفب]?(?:كم|كام|قديش|شحال|قداش|اديش|اشكد)(?: (?:(?:ال)?(?:عدد|نسبه|يبلغ|بلغ|بلغت|تبلغ|كان|كانت)))*(?!\S)"
        ),
    ),
    ("number", _pattern(f"{_IS} {_any(_AMOUNTS)}", f"{_WHICH} {_any(['نسبه', 'عدد', 'سعر', 'عمر'])}")),
    (
        "number",
        _pattern(
            "how (?:many|much|long|old|tall|far|high|deep|big|large|fast|often|wide|heavy|few)",
            "(?:what|which)(?: (?:is|was|are|were))?(?: the)?(?: \\S+)? (?:number|percentage|percent|population|price|cost|amount|"
            "size|height|length|rate|total|age|distance|speed|weight|temperature|fraction|proportion)",
        ),
    ),
    (
        "person",
        re.compile(
            r"^(?:و|ف)?(?:من|مين|منو|منه|منهو|لمن|بمن|ممن|عمن|(?:مع|الي|علي|عن|ضد|بواسطه|من قبل) (?:من|مين))(?: (?:هو|هي|هم|كان|كانت|الذي|التي|الذين))*(?!\S)"
        ),
    ),
    (
        "person",
        _pattern(
            "مين",
            "منو",
            f"{_IS} (?:اسم|اسماء)",
            f"{_WHICH} (?:رئيس|وزير|ملك|امير|شخص|لاعب|شاعر|عالم|قائد|ممثل|كاتب|فنان|مخترع)",
        ),
    ),
    (
        "person",
        _pattern(
            "who",
            "whom",
            "whose",
            "(?:what|which)(?: \\S+)? (?:person|president|minister|king|player|actor|author|scientist|leader|man|woman|singer|director|"
            "coach|people|artist|emperor|general)",
        ),
    ),
)

DEFINES = re.compile(r"^(?:[وف]?ما|ماهو|ماهي|شو|ايش|وش|شنو|عرف|what (?:is|are|was|were)|define)(?!\S)")

PRESENT = frozenset(
    """
    الان حاليا الحالي الحاليه حالي حاليه الراهن الراهنه اليوم اخر احدث مازال مازالت لازال لايزال يزال تزال هلق هلا دلوقتي الحين توا هسا هسه
    now current currently latest today nowadays present presently recent recently still newest
    """.split()
)

_OFFICES = (
    "رئيس ملك امير وزير رئيسه وزيره سفير محافظ قائد مدير امين مدرب حاكم سلطان شيخ مفتي "
    "president minister king queen prime secretary ambassador governor leader coach chief ceo chairman head mayor"
).split()
HOLDS_OFFICE = re.compile(
    r"^(?:من|مين|منو|who)(?: (?:هو|هي|is|the|current|new))* (?:ال)?(?:" + "|".join(_OFFICES) + r")(?!\S)"
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
