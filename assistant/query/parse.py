"""What a question asks: in which language, for what kind of thing, about which words, of which time.

Rules over folded words, Arabic with its dialects and English; nothing is learned and nothing is guessed from outside the question.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator

from assistant.query import question_type
from assistant.query.question_type import Kind
from index.errors import UsageError
from index.language.analyzer import QUESTION_WORDS, words
from index.language.normalize import folded
from index.models import Value
from index.search.temporal import LATEST


class Question(Value, frozen=True, kw_only=True):
    """A question, understood. All words are folded as `index.language.normalize` writes them."""

    text: str  # trimmed
    language: str | None  # ISO 639-1; None where its letters do not tell
    shared: bool  # whether some article may be in its language
    kind: Kind
    present: bool  # asks for the present or the latest state
    terms: tuple[str, ...]  # the words an answer should share, once each, in order
    frame: tuple[str, ...]  # those of them that only say what kind of thing is asked for: عام in "في أي عام"
    names: tuple[str, ...]  # Latin words written as names
    numbers: tuple[str, ...]  # years and other figures in the question
    quoted: tuple[str, ...]  # what stands in quotation marks


def understand(question: str, languages: Collection[str]) -> Question:
    """What a question asks, over articles in `languages` (ISO 639-1; empty: unknown). UsageError where it is blank.

    >>> asked = understand("في أي عام وصل الوفد إلى «القمة العربية»؟", ["ar"])
    >>> asked.kind, asked.terms, asked.frame, asked.quoted
    ('date', ('عام', 'وصل', 'الوفد', 'القمه', 'العربيه'), ('عام',), ('القمه العربيه',))
    >>> understand("Who received the minister in Moscow?", ["ar"]).shared
    False
    """
    text = question.strip()
    if not text:
        raise UsageError("question.empty")
    said = words(text)
    kind, frame = _kind(said)
    terms = tuple(
        dict.fromkeys(word for word in said if word not in QUESTION_WORDS and word not in question_type.FUNCTION_WORDS)
    )
    terms = terms or tuple(dict.fromkeys(said))
    language = _language(text, said)
    return Question(
        text=text,
        language=language,
        shared=_shared(text, said, languages),
        kind=kind,
        present=_asks_for_the_present(said, kind),
        terms=terms,
        frame=tuple(word for word in terms if word in frame),
        names=_names(text),
        numbers=tuple(dict.fromkeys(word for word in said if word.isdecimal())),
        quoted=tuple(" ".join(words(one)) for one in _QUOTED.findall(folded(text)) if words(one)),
    )


_QUOTED = re.compile(r'"([^"]{2,80})"')


def _kind(said: list[str]) -> tuple[Kind, frozenset[str]]:
    """The kind of thing asked for, and the words that only say so."""
    line = " ".join(said)
    found = [(match.start(), at, kind, match[0]) for at, (kind, match) in enumerate(_asks(line))]
    if found:
        _, _, kind, matched = min(found)
        return kind, frozenset(matched.split()) | question_type.GENERIC
    content = [word for word in said if word not in QUESTION_WORDS and word not in question_type.FUNCTION_WORDS]
    if len(content) <= 3 and question_type.DEFINES.match(line):
        return "definition", question_type.GENERIC
    return "other", question_type.GENERIC


def _asks(line: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    for kind, pattern in question_type.KINDS:
        if match := pattern.search(line):
            yield kind, match


def _asks_for_the_present(said: list[str], kind: Kind) -> bool:
    """Says so ("الآن", "latest"), or asks who holds an office without naming a year."""
    if not LATEST.isdisjoint(said):
        return True
    holds = kind == "person" and not any(word.isdecimal() for word in said)
    return holds and len(said) <= 6 and bool(question_type.HOLDS_OFFICE.search(" ".join(said)))


def _names(text: str) -> tuple[str, ...]:
    """Words with a Latin capital, the first word of the question only where it is written in capitals throughout."""
    found = list(re.finditer(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*", text))
    kept = [
        match[0]
        for at, match in enumerate(found)
        if match[0][0].isupper() and ord(match[0][0]) < 0x250 and (at > 0 or match[0][1:].isupper())
    ]
    names = (word for name in kept for word in words(name))
    return tuple(
        dict.fromkeys(word for word in names if word not in QUESTION_WORDS and word not in question_type.FUNCTION_WORDS)
    )


# --- language ---

_WRITTEN = {
    **dict.fromkeys("ar fa ur ps ckb ug sd".split(), "ARABIC"),
    **dict.fromkeys("ru uk be bg sr mk kk ky mn tg".split(), "CYRILLIC"),
    "he": "HEBREW",
    "yi": "HEBREW",
    "el": "GREEK",
    "hy": "ARMENIAN",
    "ka": "GEORGIAN",
    "th": "THAI",
    "hi": "DEVANAGARI",
    "mr": "DEVANAGARI",
    "ne": "DEVANAGARI",
    "bn": "BENGALI",
    "ta": "TAMIL",
    "am": "ETHIOPIC",
    "zh": "CJK",
    "ja": "CJK",
    "ko": "HANGUL",
}
_ONE_LANGUAGE = {
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "HEBREW": "he",
    "GREEK": "el",
    "HANGUL": "ko",
    "THAI": "th",
    "CJK": "zh",
}
_PERSIAN_OR_URDU = re.compile("[گژٹڈڑںےہھ]|\\b(?:چه|چرا|کجا|کدام|چند|است|کیا|کون|کہاں)\\b")


def _script(text: str) -> str | None:
    """The script of most words: a Latin name in an Arabic question leaves it Arabic."""
    scripts: Counter[str] = Counter()
    for word in re.findall(r"[^\W\d_]+", text):
        name = unicodedata.name(word[0], "").split(" ")[0]
        scripts["CJK" if name in ("HIRAGANA", "KATAKANA") else name] += len(word) if name == "CJK" else 1
    return scripts.most_common(1)[0][0] if scripts else None


def _language(text: str, said: list[str]) -> str | None:
    script = _script(text)
    if script == "LATIN":
        scores = _latin(said)
        best = max(scores, key=lambda score: scores[score])
        return best if scores[best] else None
    if script == "ARABIC":
        return None if _PERSIAN_OR_URDU.search(text) else "ar"
    return _ONE_LANGUAGE.get(script or "")


def _latin(said: list[str]) -> dict[str, int]:
    """How many of the words each language in Latin letters joins its sentences with."""
    return {key: sum(word in known for word in said) for key, known in question_type.LATIN_LANGUAGES.items()}


def _shared(text: str, said: list[str], languages: Collection[str]) -> bool:
    """Whether some article may be in the language of the question: judged by script, and in Latin script by the small words.

    One small word of another language proves nothing ("la" in "La Liga"), two more than of any language of the articles do.
    """
    script = _script(text)
    if not languages or script is None:
        return True
    alike = [language for language in languages if _WRITTEN.get(language, "LATIN") == script]
    if script != "LATIN" or not alike:
        return bool(alike)
    scores = _latin(said)
    best = max(scores.values())
    return any(scores.get(one, best) > best - 2 for one in alike)
