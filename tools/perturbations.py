"""Make statements of known truth from news articles by rule: altered ones that the article does not bear out, and true ones.

Nothing here uses the finders that are under test: numbers are runs of digits, months come from the table of names, countries
from CLDR, persons from what follows a title or stands around بن. The same seed makes the same statements.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple


class Statement(NamedTuple):
    """A statement, the article it was made from, and whether the article bears it out."""

    kind: str
    claim: str
    context: str
    sentence: str  # the sentence of the article it was made from
    true: bool
    article: str


Change = Callable[
    [str, str, random.Random], str | None
]  # sentence, article -> the statement, None where it does not apply

ROOT = Path(__file__).parent.parent
_DIGITS = re.compile(
    r"(?<![\w.,/\-:٫٬])[\d٠-٩]{1,3}(?:[,٬][\d٠-٩]{3})*(?![\w/:\-]|[.,٫٬][\d٠-٩])|(?<![\w.,/\-:٫٬])[\d٠-٩]{4,}(?![\w/:\-]|[.,٫٬][\d٠-٩])"
)
_TO_LATIN = str.maketrans("٠١٢٣٤٥٦٧٨٩٬", "0123456789,")
_TO_ARABIC = str.maketrans("0123456789,", "٠١٢٣٤٥٦٧٨٩٬")


def sentences_of(text: str) -> list[str]:
    """Plain sentences of 6 to 45 words: cut at a stop before a space and at line ends."""
    pieces = [piece.strip() for line in text.splitlines() for piece in re.split(r"(?<=[.!?؟…])\s+", line)]
    return [piece for piece in pieces if 6 <= len(piece.split()) <= 45]


# --- numbers ---


def _value(digits: str) -> int:
    return int(digits.translate(_TO_LATIN).replace(",", ""))


def _written(value: int, like: str) -> str:
    text = f"{value:,}" if re.search("[,٬]", like) else str(value)
    return text.translate(_TO_ARABIC) if re.search("[٠-٩]", like) else text


def number_altered(sentence: str, article: str, rng: random.Random) -> str | None:
    """One number becomes another that the article does not have."""
    found = list(_DIGITS.finditer(sentence))
    if not found:
        return None
    place = rng.choice(found)
    there = {_value(match[0]) for match in _DIGITS.finditer(article)}
    value = _value(place[0])
    year = 1900 <= value <= 2100
    options = [
        value + step
        for step in (range(-9, 10) if year or value < 60 else range(-value // 2, value // 2, max(1, value // 23)))
    ]
    options = [
        option for option in options if option > 1 and option not in there and len(str(option)) == len(str(value))
    ]
    if not options:
        return None
    return sentence[: place.start()] + _written(rng.choice(options), place[0]) + sentence[place.end() :]


def number_swapped(sentence: str, article: str, rng: random.Random) -> str | None:
    """One number becomes another number of the same article that the sentence does not have."""
    found = list(_DIGITS.finditer(sentence))
    here = {_value(match[0]) for match in found}
    others = sorted({match[0] for match in _DIGITS.finditer(article) if _value(match[0]) not in here})
    if not found or not others:
        return None
    place = rng.choice(found)
    years = 1900 <= _value(place[0]) <= 2100
    alike = [other for other in others if (1900 <= _value(other) <= 2100) == years] or others
    return sentence[: place.start()] + rng.choice(alike) + sentence[place.end() :]


_MONTHS_AR = "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر".split()
_MONTHS_EN = "January February March April May June July August September October November December".split()
_MONTHS_HIJRI = ["محرم", "صفر", "رجب", "شعبان", "رمضان", "شوال"]


def date_moved(sentence: str, article: str, rng: random.Random) -> str | None:
    """The month of a date, its day, or its year becomes another."""
    for months, day_first in ((_MONTHS_AR, True), (_MONTHS_EN, False), (_MONTHS_HIJRI, True)):
        pattern = (
            r"(?<!\w)(?:([\d٠-٩]{1,2}) )?("
            + "|".join(months)
            + r")(?: ([\d٠-٩]{1,2})(?!\d))?(?:,? ([\d٠-٩]{4}))?(?!\w)"
        )
        for match in re.finditer(pattern, sentence, 0 if day_first else re.IGNORECASE):
            if not match[1] and not match[3] and not match[4]:
                continue
            part = rng.choice([part for part in (1, 2, 3, 4) if match[part]])
            if part == 2:
                plain = [month.lower() for month in months]
                new = rng.choice(
                    [m for m in months if m.lower() != match[2].lower() and m.lower() not in article.lower()] or [""]
                )
                assert match[2].lower() in plain
            else:
                value = _value(match[part])
                steps = [-3, -2, -1, 1, 2, 3] if part == 4 else list(range(-9, 10))
                fits = [value + s for s in steps if s and (part == 4 or 1 <= value + s <= 28)]
                new = _written(rng.choice(fits), match[part]) if fits else ""
            if new:
                return sentence[: match.start(part)] + new + sentence[match.end(part) :]
    return None


# --- names ---


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    from babel import Locale

    arabic = [
        name
        for code, name in Locale.parse("ar").territories.items()
        if len(code) == 2 and code.isalpha() and " " not in name
    ]
    english = [
        name
        for code, name in Locale.parse("en").territories.items()
        if len(code) == 2 and code.isalpha() and name.isalpha()
    ]
    return {"ar": arabic, "en": english}


_PERSON_AR = re.compile(
    r"(?<!\w)(?:الرئيس|الأمير|الشيخ|الدكتور|المهندس|اللواء|العقيد|الجنرال) ((?!ال|بن )[^\W\d_]{3,} (?!في |من |على |إلى |إن |أن )(?:بن )?[^\W\d_]{3,})"
)
_SON_OF = re.compile(r"(?<!\w)([^\W\d_]{3,} بن [^\W\d_]{3,})(?!\w)")
_PERSON_EN = re.compile(r"(?<![.!?:\"“] )(?<!^)(?<!\w)((?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]{2,})(?!\w)")
_COMMON_EN = re.compile(
    r"\b(?:The|This|January|February|March|April|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)


def _names(text: str) -> dict[str, set[str]]:
    """Names by class: persons and countries."""
    persons = {match[1] for match in _PERSON_AR.finditer(text)} | {match[1] for match in _SON_OF.finditer(text)}
    persons |= {match[1] for match in _PERSON_EN.finditer(text) if not _COMMON_EN.search(match[1])}
    words = set(re.findall(r"[^\W\d_]+", text))
    countries = {name for listed in _countries().values() for name in listed if name in words}
    return {"person": persons, "country": countries}


def name_swapped(sentence: str, article: str, rng: random.Random) -> str | None:
    """One person or country becomes another of the same article that the sentence does not name."""
    cased = [word for word in sentence.split() if word[0].isascii() and word[0].isalpha()]
    if sum(word[0].isupper() for word in cased) > 0.5 * len(cased) > 0:
        return None  # a headline or a list, where every word has a capital
    here, there = _names(sentence), _names(article)
    choices = []
    for kind in ("person", "country"):
        words = set(re.findall(r"[^\W\d_]+", sentence))
        others = sorted(one for one in there[kind] if not set(one.split()) & words)
        choices += [(name, other) for name in sorted(here[kind]) for other in others]
    if not choices:
        return None
    name, other = rng.choice(choices)
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: other, sentence)


# --- negation and reversal ---

_JUSSIVE = dict(
    pair.split("/")
    for pair in (
        "أعلن/يعلن أعلنت/تعلن أكد/يؤكد أكدت/تؤكد وصل/يصل وصلت/تصل كشف/يكشف كشفت/تكشف بدأ/يبدأ بدأت/تبدأ قدم/يقدم قدمت/تقدم قرر/يقرر قررت/تقرر "
        "شهد/يشهد شهدت/تشهد تم/يتم تمت/تتم حقق/يحقق حققت/تحقق سجل/يسجل سجلت/تسجل بلغ/يبلغ بلغت/تبلغ كان/يكن كانت/تكن استقبل/يستقبل استقبلت/تستقبل "
        "شارك/يشارك شاركت/تشارك دعا/يدع دعت/تدع وقع/يوقع وقعت/توقع نفذ/ينفذ نفذت/تنفذ أطلق/يطلق أطلقت/تطلق تمكن/يتمكن تمكنت/تتمكن "
        "ارتفع/يرتفع ارتفعت/ترتفع انخفض/ينخفض انخفضت/تنخفض افتتح/يفتتح افتتحت/تفتتح أصدر/يصدر أصدرت/تصدر طالب/يطالب طالبت/تطالب "
        "وافق/يوافق وافقت/توافق أوضح/يوضح أوضحت/توضح أشار/يشر أشارت/تشر ذكر/يذكر ذكرت/تذكر فاز/يفز فازت/تفز قتل/يقتل قتلت/تقتل"
    ).split()
)
_FUTURE = frozenset(
    "سيتم ستتم سيكون ستكون سيقوم ستقوم سيعقد ستعقد سيبدأ ستبدأ سيشارك ستشارك سيصل ستصل سيعود ستعود سيستمر ستستمر سيؤدي ستؤدي سيعمل "
    "ستعمل سيحصل ستحصل سيشهد ستشهد سيواجه ستواجه سيلتقي ستلتقي سيخوض ستخوض سيزور ستزور سيعلن ستعلن سيصدر ستصدر".split()
)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|will|would|can|could|should|does|did)\b(?! (?:not|n't|never|no)\b)(?=\s[a-z])"
)


def negation_added(sentence: str, article: str, rng: random.Random) -> str | None:
    """A verb is denied: لم before a past, لن for سـ, لا before a present after أن or a relative; "not" after an auxiliary."""
    options: list[tuple[int, int, str]] = []
    for match in re.finditer(r"(?<!\w)(و?)([^\W\d_]+)(?!\w)", sentence):
        before = sentence[: match.start()].split()[-1:]
        word = match[2]
        if before and before[0] in ("لم", "لن", "لا", "ليس", "ولم", "ولن", "ولا", "غير", "ما"):
            continue
        if word in _JUSSIVE:
            options.append((match.start(2), match.end(2), "لم " + _JUSSIVE[word]))
        elif word in _FUTURE:
            options.append((match.start(2), match.end(2), "لن " + word[1:]))
        elif (
            before
            and before[0] in ("التي", "الذي", "الذين", "أن", "كما", "حيث")
            and re.fullmatch("[يت][^\\W\\d_]{3,}", word)
        ):
            options.append((match.start(2), match.end(2), "لا " + word))
    for match in _AUXILIARY.finditer(sentence):
        options.append((match.start(), match.end(), match[1] + " not"))
    if not options:
        return None
    start, end, new = rng.choice(options)
    return sentence[:start] + new + sentence[end:]


def negation_removed(sentence: str, article: str, rng: random.Random) -> str | None:
    """A particle of negation goes."""
    found = list(re.finditer(r"(?<!\w)(?:(و?)(?:لم|لن|ليست|ليس|لا) (?=[يت\w])|(?:not|never) (?=\w))", sentence))
    found = [match for match in found if not re.match(r"(?:سيما|شك|بد|بأس|only|yet)", sentence[match.end() :])]
    if not found:
        return None
    place = rng.choice(found)
    return sentence[: place.start()] + (place[1] or "") + sentence[place.end() :]


_OPPOSITES = [
    pair.split("/")
    for pair in (
        "ارتفع/انخفض ارتفعت/انخفضت ارتفاع/انخفاض زيادة/نقص أعلى/أدنى قبل/بعد وافق/رفض وافقت/رفضت أكد/نفى أكدت/نفت فاز/خسر نجح/فشل نجحت/فشلت بدأ/أنهى بدأت/أنهت "
        "شمال/جنوب شرق/غرب أكثر/أقل رفع/خفض دخول/خروج وصول/مغادرة داخل/خارج أكبر/أصغر الأولى/الأخيرة ارتفاعا/انخفاضا صعود/هبوط "
        "increased/decreased rose/fell increase/decrease higher/lower won/lost before/after accepted/rejected more/less first/last opened/closed "
        "confirmed/denied approved/rejected north/south east/west largest/smallest oldest/youngest success/failure began/ended"
    ).split()
]


def reversed_word(sentence: str, article: str, rng: random.Random) -> str | None:
    """A word becomes its opposite."""
    options = []
    for one, other in _OPPOSITES:
        for old, new in ((one, other), (other, one)):
            options += [(match.start(), match.end(), new) for match in re.finditer(rf"(?<!\w){old}(?!\w)", sentence)]
    if not options:
        return None
    start, end, new = rng.choice(options)
    return sentence[:start] + new + sentence[end:]


def spliced(sentence: str, article: str, rng: random.Random) -> str | None:
    """The beginning of one sentence goes on as the end of another."""
    others = [other for other in sentences_of(article) if other != sentence and len(other.split()) >= 8]
    words = sentence.split()
    if not others or len(words) < 8:
        return None
    other = rng.choice(others).split()
    cut, resume = (
        rng.randint(3, max(3, len(words) // 2)),
        rng.randint(len(other) // 3, max(len(other) // 3, len(other) - 4)),
    )
    return " ".join(words[:cut] + other[resume:])


# --- true statements ---


def verbatim(sentence: str, article: str, rng: random.Random) -> str | None:
    """The sentence itself."""
    return sentence


def respelt(sentence: str, article: str, rng: random.Random) -> str | None:
    """Hamzas and dots left out or put in, tashkeel, tatweel, the other alef maqsura, straight quotes."""
    changes = [("أ", "ا"), ("إ", "ا"), ("آ", "ا"), ("ى", "ي"), ("ؤ", "و")]
    out = "".join(dict(changes).get(letter, letter) if rng.random() < 0.7 else letter for letter in sentence)
    out = re.sub(r"ة(?!\w)", lambda m: "ه" if rng.random() < 0.3 else m[0], out)
    out = re.sub(
        r"(?<=[بتثجحخسشصضطظعغفقكلمنهي])(?=[ا-ي])", lambda m: rng.choice(["", "", "", "", "", "َ", "ُ", "ِ", "ّ", "ـ"]), out
    )
    out = out.replace("«", '"').replace("»", '"').replace("“", '"').replace("”", '"')
    return out if out != sentence else None


def other_digits(sentence: str, article: str, rng: random.Random) -> str | None:
    """Digits of the other script."""
    if not re.search(r"\d", sentence):
        return None
    return sentence.translate(_TO_LATIN if re.search("[٠-٩]", sentence) else str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


def _clauses(sentence: str) -> tuple[str, str, str] | None:
    stop = sentence[-1] if sentence[-1] in ".!؟?" else ""
    body = sentence.rstrip(".!؟?")
    cuts = [
        match
        for match in re.finditer(r"[،,] ", body)
        if len(body[: match.start()].split()) >= 4 and len(body[match.end() :].split()) >= 4
    ]
    if not cuts or re.search('["«»“”()]', body):
        return None
    cut = cuts[len(cuts) // 2]
    return body[: cut.start()], body[cut.end() :], stop


def reordered(sentence: str, article: str, rng: random.Random) -> str | None:
    """The second half before the first, cut at a comma."""
    parts = _clauses(sentence)
    return f"{parts[1]}{'،' if '،' in sentence else ','} {parts[0]}{parts[2]}" if parts else None


def shortened(sentence: str, article: str, rng: random.Random) -> str | None:
    """What stands before a comma, without what follows it."""
    parts = _clauses(sentence)
    return parts[0] + parts[2] if parts and len(parts[0].split()) >= 6 else None


FALSE: dict[str, Change] = {
    "number altered": number_altered,
    "number swapped": number_swapped,
    "date moved": date_moved,
    "name swapped": name_swapped,
    "negation added": negation_added,
    "negation removed": negation_removed,
    "reversed": reversed_word,
    "spliced": spliced,
}
TRUE: dict[str, Change] = {
    "verbatim": verbatim,
    "respelt": respelt,
    "other digits": other_digits,
    "reordered": reordered,
    "shortened": shortened,
}


def statements(articles: Iterator[tuple[str, str]], seed: int, per_article: int = 2) -> Iterator[Statement]:
    """For each kind, up to so many statements from each article (id, text)."""
    for name, text in articles:
        rng = random.Random(f"{seed} {name}")
        listed = sentences_of(text)
        for true, changes in ((False, FALSE), (True, TRUE)):
            for kind, change in changes.items():
                made = 0
                for sentence in rng.sample(listed, len(listed)):
                    claim = change(sentence, text, rng)
                    if claim and (true or claim not in text) and (kind == "verbatim" or claim != sentence):
                        yield Statement(kind, claim, text, sentence, true, name)
                        made += 1
                    if made == per_article:
                        break


# --- where the articles come from ---


def saudi_articles(limit: int, part: int) -> Iterator[tuple[str, str]]:
    """Articles of SaudiNewsNet of 600 to 6,000 letters: part 0 to learn from, 1 to look at, 2 to report on."""
    import gzip

    path = ROOT / ".." / "shared" / "data" / "saudinewsnet" / "passages.jsonl.gz"
    made = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            if number % 8 == (0, 4, 2)[part] and 600 <= len(row["text"]) <= 6000:
                yield row["id"], row["text"]
                made += 1
            if made == limit:
                return


def reference_articles() -> Iterator[tuple[str, str]]:
    """The five reference articles."""
    for path in sorted((ROOT / ".." / "shared" / "articles").glob("*.txt")):
        yield path.stem, path.read_text(encoding="utf-8")


def english_articles(limit: int, part: int) -> Iterator[tuple[str, str]]:
    """Web articles that the claims of WiCE cite, up to 6,000 letters of each: part 0 to learn from, 1 to look at, 2 to report on."""
    path = ROOT / ".." / "shared" / "data" / "wice" / "claims.jsonl"
    made, seen = 0, set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        text = row["context"][:6000]
        if (2 if number >= 230 else number % 2) == part and text not in seen and len(text) > 600:
            seen.add(text)
            yield row["id"], text
            made += 1
        if made == limit:
            return
