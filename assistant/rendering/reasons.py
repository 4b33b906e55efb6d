"""Why a sentence is doubted, a question refused or a file not taken, in the language of its reader: our reasons are short English sentences, and here Arabic."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.models import Answer, Sentence
from assistant.rendering.error_messages import TROUBLES
from index.errors import IsnadError, NotFound, ProviderError, SourceError, StoreError, UsageError
from index.messages.catalog import is_message
from index.messages.reason import Reason


def reason_texts(value: Answer | Sentence, language: str | None) -> list[str]:
    """Render the reasons of an answer or a sentence in a language; of a stored one without details, as far as it is known."""
    return [worded(reason, language) for reason in value.details or value.reasons]


def worded(reason: Reason | str, language: str | None) -> str:
    """A reason in a language (ISO 639-1); what is not known stays as it was written.

    >>> worded("85 is not in the evidence, which says 87", "ar")
    '85 ليس في المصدر، ففيه 87'
    >>> worded("85 is not in the evidence, which says 87", "en")
    '85 is not in the evidence, which says 87'
    """
    if isinstance(reason, Reason):
        return reason.text(language) if is_message(reason.code) else worded(reason.code, language)
    if language == "ar":
        for pattern, arabic in _compiled():
            if match := pattern.fullmatch(reason):
                return arabic.format(*_filled(match)).strip()
    return reason


def worded_error(error: Exception, language: str | None) -> str:
    """An error in a language; in Arabic, words that nobody here wrote (a model of the user's own, say) are introduced by their kind.

    >>> from index.errors import ProviderDown
    >>> worded_error(ProviderDown("out of memory"), "ar")
    'تعطّل النموذج: out of memory'
    """
    if isinstance(error, IsnadError) and is_message(error.code):
        return error.in_language(language)
    said = worded(str(error), language)
    if language != "ar" or _ARABIC_LETTER.search(said):
        return said
    return f"{next((KINDS[one] for one in type(error).__mro__ if one in KINDS), KINDS[IsnadError])}: {said}"


_ARABIC_LETTER = re.compile("[\u0621-\u064a]")
KINDS: dict[type, str] = {
    IsnadError: "تعذّر ذلك",
    UsageError: "تعذّر فهم المطلوب",
    SourceError: "تعذّرت قراءة المقالات",
    StoreError: "خلل في مخزن المقالات",
    NotFound: "غير موجود",
    ProviderError: "تعطّل النموذج",
}


def _filled(found: re.Match[str]) -> list[str]:
    """What fills the gaps; a reason inside a reason (`why`) and the words for filters are Arabic, too."""
    names = {number: name for name, number in found.re.groupindex.items()}
    inner = {
        "why": _why,
        "reasons": _reasons,
        "filters": _filters,
        "types": _types,
        "record": _record,
        "language": _language,
        "said": _said,
    }
    return [inner.get(names.get(number, ""), str)(group or "") for number, group in enumerate(found.groups(), 1)]


def _why(reason: str) -> str:
    return worded(reason, "ar")


def _reasons(reasons: str) -> str:
    """Some have a semicolon of their own, so a piece that is no reason goes on in the next."""
    told, said = [], ""
    for piece in reasons.split("; "):
        said = f"{said}; {piece}" if said else piece
        if (arabic := worded(said, "ar")) != said:
            told.append(arabic)
            said = ""
    return "؛ ".join([*told, said] if said else told)


def _said(ending: str) -> str:
    """What a server says itself, as `index.model_api.error_mapping` ends its messages."""
    return ending.replace(". It says: ", ". ويقول: ", 1)


def _types(said: str) -> str:
    """Extensions without their dots, which would stand on the wrong side."""
    return "، ".join(part.lstrip(".") for part in said.split(", "))


def _language(code: str) -> str:
    return _LANGUAGES.get(code.lower(), code)


def _filters(said: str) -> str:
    """The filters as `filtering.none_passes` names them.

    >>> _filters("from 2030-01-01, language fr or de, publisher وكالة السراج")
    'من 2030-01-01، اللغة الفرنسية أو الألمانية، الناشر وكالة السراج'
    """
    told = []
    for part in re.split(rf", (?=(?:{'|'.join(_FILTERS)}) )", said):
        word, _, values = part.partition(" ")
        named = map(_language if word == "language" else str, values.split(" or "))
        told.append(f"{_FILTERS.get(word, word)} {' أو '.join(named)}")
    return "، ".join(told)


def _record(said: str) -> str:
    """What a file says of itself, as `record.named` tells it."""
    return re.sub(rf"(^|, )({'|'.join(_RECORD)}) ", lambda item: f"{'، ' if item[1] else ''}{_RECORD[item[2]]} ", said)


_RECORD = {"title": "العنوان", "published": "تاريخ النشر", "publisher": "الناشر"}
_LANGUAGES = {
    "ar": "العربية", "en": "الإنجليزية", "fr": "الفرنسية", "de": "الألمانية", "es": "الإسبانية", "it": "الإيطالية", "ru": "الروسية",
    "tr": "التركية", "fa": "الفارسية", "ku": "الكردية", "ur": "الأردية", "he": "العبرية", "unknown": "غير معروفة",
}  # fmt: skip
_FILTERS = {"from": "من", "to": "إلى", "language": "اللغة", "publisher": "الناشر", "file": "الملف"}


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.DOTALL), arabic) for pattern, arabic in (*_ARABIC, *TROUBLES))


_ARABIC = (
    (r"withdrawn: “(.+?)”: (?P<reasons>.*)", "سُحبت «{}»: {}"),
    (r"the date (.+) is not in the evidence, which says (.+)", "التاريخ {} ليس في المصدر، ففيه {}"),
    (r"the date (.+) is not in the evidence", "التاريخ {} ليس في المصدر"),
    (r"the quotation “(.+)” is not in the evidence", "الاقتباس «{}» ليس في المصدر"),
    (r"(.+) is not in the evidence, which says (.+)", "{} ليس في المصدر، ففيه {}"),
    (r"(.+) is not in the evidence", "{} ليس في المصدر"),
    (r"(.+) stands in the evidence, but not of this", "{} في المصدر، لكن عن شيء آخر"),
    (r"(.+) stands elsewhere in the article; the evidence says (.+) here", "{} في موضع آخر من المقال؛ وهنا {}"),
    (r"“(.+)” and the evidence's “(.+)” differ in a negation", "بين «{}» وما في المصدر «{}» فرق في النفي"),
    (
        r"“(.+)” is only planned, expected or possible in the evidence: “(.+)”",
        "«{}» في المصدر نية أو توقع أو احتمال لا أكثر: «{}»",
    ),
    (r"(.+) is the opposite of the evidence's (.+)", "{} عكس ما في المصدر: {}"),
    (r"the evidence does not say that (.+) said this", "ليس في المصدر أن {} قال هذا"),
    (r"the evidence has nothing of: (.+)", "ليس في المصدر شيء عن: {}"),
    (r"the evidence says something else or something more limited", "المصدر يقول شيئًا آخر أو أضيق"),
    (r"(.+) bears this out, not the file that is cited", "الذي يسند هذا هو {}، لا الملف المذكور"),
    (r"(.+) stands only in another file, (.+)", "{} في ملف آخر فقط، هو {}"),
    (r"there is nothing in the sentence to check", "ليس في الجملة ما يُفحص"),
    (r"there is no evidence to check against", "لا مصدر تُقابل به"),
    (r"the model cited (.+), which it was not given", "ذكر النموذج {}، ولم يُعطَه"),
    (r"the model named no source; tied by its words", "لم يذكر النموذج مصدرًا؛ رُبطت بألفاظها"),
    (
        r"the model named no source, and none was found that says this",
        "لم يذكر النموذج مصدرًا، ولم يوجد ما يقول هذا",
    ),
    (r"the model named (.+), but (.+) is where this stands", "ذكر النموذج {}، لكن هذا في {}"),
    (
        r"nothing in the passage of (.+) that the model named says this",
        "لا شيء في مقطع {} الذي ذكره النموذج يقول هذا",
    ),
    (r"the file (.+) says this of itself: (?P<record>.+)", "هذا ما يقوله الملف {} عن نفسه: {}"),
    (r"says what the sources do not tell", "تقول ما لا تخبر به المصادر"),
    (r"the model could not read every passage; it was shown fewer", "لم يتسع النموذج لكل المقاطع فقُدّم له بعضها"),
    (r"no article passes the filters \((?P<filters>.+)\)", "لا مقال يستوفي المرشِّحات ({})"),
    (r"nothing was found", "لم يُعثر على شيء"),
    (r"no sentence of the articles is on what is asked", "لا جملة في المقالات عمّا سُئل عنه"),
    (
        r"the question is in a language \((?P<language>.+)\) that the articles are not in",
        "لغة السؤال ({}) ليست لغة المقالات",
    ),
    (
        r"the nearest sentence lacks a name or a number that the question gives",
        "أقرب جملة ليس فيها اسم أو رقم ورد في السؤال",
    ),
    (r"no article speaks of (.+)", "لا يذكر أي مقال {}"),
    (r"the nearest sentence names no date", "أقرب جملة لا تذكر تاريخًا"),
    (r"the nearest sentence names no (?:person|name)", "أقرب جملة لا تذكر اسمًا"),
    (r"the nearest sentence names no (?:number|amount|count)", "أقرب جملة لا تذكر عددًا"),
    (r"the nearest sentence names no place", "أقرب جملة لا تذكر مكانًا"),
    (r"the nearest sentence names no reason", "أقرب جملة لا تذكر سببًا"),
    (r"the nearest sentence names no statement", "أقرب جملة لا تنقل قولًا"),
    (r"the nearest sentences say too little of what is asked", "أقرب الجمل لا تقول ما يكفي عن السؤال"),
    (r"incomplete: (?P<why>.+)", "غير مكتملة: {}"),
    (r"written once more: It is not in .+", "كُتبت مرة ثانية: لم تكن بلغة السؤال"),
    (r"written once more: No sentence names its source\.", "كُتبت مرة ثانية: لم تُذكر فيها المصادر"),
    (r"written once more: .+", "كُتبت مرة ثانية: كان فيها ما لا تسنده المصادر"),
    (
        r"the evidence is in another language: only figures and dates were compared",
        "المصدر بلغة أخرى: لم تُقابل إلا الأرقام والتواريخ",
    ),
    (r"(.+) and (.+) stand the other way round in the evidence", "{} و{} في المصدر على العكس"),
)
