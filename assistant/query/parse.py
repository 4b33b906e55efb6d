"""Parse a question: its language, kind, terms, names and numbers.

Rules over folded words of Arabic, its dialects and English; nothing is learned.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from assistant.query import question_type
from assistant.query.question_type import Kind
from index.errors import UsageError
from index.language.analyzer import QUESTION_WORDS, words
from index.language.lexicons import load_groups
from index.language.normalize import folded
from index.models import Value
from index.search.temporal import LATEST


class Question(Value, frozen=True, kw_only=True):
    """A parsed question. All words are folded by `index.language.normalize`."""

    text: str  # trimmed
    language: str | None  # ISO 639-1; None if its letters do not tell
    shared: bool  # some article may be in its language
    kind: Kind
    present: bool  # asks for the present or the latest state
    terms: tuple[str, ...]  # content words, each once, in order
    frame: tuple[str, ...]  # those of them that only say the kind of answer: عام in "في أي عام"
    names: tuple[str, ...]  # capitalised Latin words
    numbers: tuple[str, ...]  # years and other figures in the question
    quoted: tuple[str, ...]  # quoted phrases


def parse_question(question: str, languages: Collection[str]) -> Question:
    """Parse a question over articles in `languages` (ISO 639-1).

    Raises UsageError if the question is blank. No languages: unknown ones.

    >>> asked = parse_question("في أي عام وصل الوفد إلى «القمة العربية»؟", ["ar"])
    >>> asked.kind, asked.terms, asked.frame, asked.quoted
    ('date', ('عام', 'وصل', 'الوفد', 'القمه', 'العربيه'), ('عام',), ('القمه العربيه',))
    >>> parse_question("Who received the minister in Moscow?", ["ar"]).shared
    False
    """
    text = question.strip()
    if not text:
        raise UsageError("question.empty")
    tokens = words(text)
    kind, frame = _kind(tokens)
    terms = tuple(dict.fromkeys(content_words(tokens) or tokens))
    language = _language(text, tokens)
    return Question(
        text=text,
        language=language,
        shared=_shared(text, tokens, languages),
        kind=kind,
        present=_asks_for_the_present(tokens, kind),
        terms=terms,
        frame=tuple(word for word in terms if word in frame),
        names=_names(text),
        numbers=tuple(dict.fromkeys(word for word in tokens if word.isdecimal())),
        quoted=tuple(" ".join(words(phrase)) for phrase in _QUOTED.findall(folded(text)) if words(phrase)),
    )


def content_words(tokens: Iterable[str]) -> list[str]:
    """Return the folded words that are neither question words nor function words.

    >>> content_words(words("من هو وزير الدفاع في تركيا؟"))
    ['وزير', 'الدفاع', 'تركيا']
    """
    return [word for word in tokens if word not in QUESTION_WORDS and word not in question_type.FUNCTION_WORDS]


_QUOTED = re.compile(r'"([^"]{2,80})"')


def _kind(tokens: list[str]) -> tuple[Kind, frozenset[str]]:
    """Return the kind of answer, and the words that only say so."""
    line = " ".join(tokens)
    matches = [(match.start(), at, kind, match[0]) for at, (kind, match) in enumerate(_kind_matches(line))]
    if matches:
        _, _, kind, matched = min(matches)
        return kind, frozenset(matched.split()) | question_type.GENERIC
    if len(content_words(tokens)) <= 3 and question_type.DEFINES.match(line):
        return "definition", question_type.GENERIC
    return "other", question_type.GENERIC


def _kind_matches(line: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    for kind, pattern in question_type.KINDS:
        if match := pattern.search(line):
            yield kind, match


def _asks_for_the_present(tokens: list[str], kind: Kind) -> bool:
    """Test for a word such as "latest", or for an office without a year."""
    if not LATEST.isdisjoint(tokens):
        return True
    holds = kind == "person" and not any(word.isdecimal() for word in tokens)
    return holds and len(tokens) <= 6 and bool(question_type.HOLDS_OFFICE.search(" ".join(tokens)))


def _names(text: str) -> tuple[str, ...]:
    """Return the capitalised Latin words; a first word only if all in capitals."""
    matches = list(re.finditer(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*", text))
    kept = [
        match[0]
        for at, match in enumerate(matches)
        if match[0][0].isupper() and ord(match[0][0]) < 0x250 and (at > 0 or match[0][1:].isupper())
    ]
    return tuple(dict.fromkeys(content_words(word for name in kept for word in words(name))))


# --- language ---

_SCRIPTS = {  # of languages that are not written in Latin letters
    language: script
    for script, languages in {
        "ARABIC": "ar fa ur ps ckb ug sd",
        "CYRILLIC": "ru uk be bg sr mk kk ky mn tg",
        "HEBREW": "he yi",
        "GREEK": "el",
        "ARMENIAN": "hy",
        "GEORGIAN": "ka",
        "THAI": "th",
        "DEVANAGARI": "hi mr ne",
        "BENGALI": "bn",
        "TAMIL": "ta",
        "ETHIOPIC": "am",
        "CJK": "zh ja",
        "HANGUL": "ko",
    }.items()
    for language in languages.split()
}
_MAIN_LANGUAGES = {"CYRILLIC": "ru", "HEBREW": "he", "GREEK": "el", "HANGUL": "ko", "THAI": "th", "CJK": "zh"}
_PERSIAN_OR_URDU = re.compile("[گژٹڈڑںےہھ]|\\b(?:چه|چرا|کجا|کدام|چند|است|کیا|کون|کہاں)\\b")


def _script(text: str) -> str | None:
    """Return the script of most words of a text."""
    scripts: Counter[str] = Counter()
    for word in re.findall(r"[^\W\d_]+", text):
        name = unicodedata.name(word[0], "").split(" ")[0]
        scripts["CJK" if name in ("HIRAGANA", "KATAKANA") else name] += len(word) if name == "CJK" else 1
    return scripts.most_common(1)[0][0] if scripts else None


def _language(text: str, tokens: list[str]) -> str | None:
    script = _script(text)
    if script == "LATIN":
        scores = _latin_scores(tokens)
        best = max(scores, key=lambda language: scores[language])
        return best if scores[best] else None
    if script == "ARABIC":
        return None if _PERSIAN_OR_URDU.search(text) else "ar"
    return _MAIN_LANGUAGES.get(script or "")


def _latin_scores(tokens: list[str]) -> dict[str, int]:
    """Count the small words of each language in Latin letters."""
    return {
        language: sum(word in known for word in tokens) for language, known in load_groups("language_words").items()
    }


def _shared(text: str, tokens: list[str], languages: Collection[str]) -> bool:
    """Test whether some article may be in the language of the question.

    In Latin script, a question is of another language if that has at least two small words more than each language of
    the articles: a single word proves nothing ("la" in "La Liga").
    """
    script = _script(text)
    if not languages or script is None:
        return True
    same_script = [language for language in languages if _SCRIPTS.get(language, "LATIN") == script]
    if script != "LATIN" or not same_script:
        return bool(same_script)
    scores = _latin_scores(tokens)
    best = max(scores.values())
    return any(scores.get(language, best) > best - 2 for language in same_script)
