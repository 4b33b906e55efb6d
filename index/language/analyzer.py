"""Turn text into index terms: character n-grams, stems and phonetic keys.

- n-grams: the 3- and 4-letter grams of each word, `_` marking its ends: حلبي → _حل حلب لبي بي_ _حلب حلبي لبي_
- stem: the word without prefixes and its longest suffix (Arabic after light10, Larkey et al. 2007; Latin script:
  plurals, -ed, -ing)
- phonetic key: the consonants of the word, close sounds merged and Latin letters mapped to Arabic ones: Putin = بوتين

The lexical index stores them in its fields `c`, `h` and `k`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from index.language.lexicons import load
from index.language.normalize import Folded, folded
from index.models import Span, Value

MAX_WORD = 64  # letters of a word that are analyzed; no real word is longer


class Terms(Value, frozen=True, kw_only=True):
    """The index terms of a text in each field, in text order, repetitions kept."""

    ngrams: tuple[str, ...]
    stems: tuple[str, ...]
    phonetic: tuple[str, ...]

    @property
    def by_field(self) -> dict[str, tuple[str, ...]]:
        """The terms by the name of their field in the index."""
        return {"c": self.ngrams, "h": self.stems, "k": self.phonetic}


class _WordTable(dict[int, str]):
    """Fold letters and blank all else, as a lazy table for `str.translate`."""

    def __missing__(self, code: int) -> str:
        letters = folded(chr(code))
        self[code] = entry = "".join(letter if _is_word_character(letter) else " " for letter in letters)
        return entry


def _is_word_character(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


_WORD_TABLE = _WordTable()
_WORD = re.compile(r"\S+")


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order.

    >>> words("وقال: «سنلتقي في ٢٠٢٥» – Café")
    ['وقال', 'سنلتقي', 'في', '2025', 'cafe']
    """
    return text.translate(_WORD_TABLE).split()


def words_only(text: str) -> str:
    """Fold a text and blank all that is not part of a word."""
    return text.translate(_WORD_TABLE)


def word_spans(text: Folded) -> Iterator[tuple[str, Span]]:
    """Yield the same words as `words`, each with its span in the original text.

    >>> from index.language.normalize import fold
    >>> [(word, span.start, span.end) for word, span in word_spans(fold("قالَ: نعم"))]
    [('قال', 0, 4), ('نعم', 6, 9)]
    """
    for word in _WORD.finditer(text.text.translate(_WORD_TABLE)):
        yield word[0], text.span(word.start(), word.end())


def terms(text: str) -> Terms:
    """Return the terms by which a text is found.

    >>> terms("الحلبي").stems, terms("الحلبي").phonetic
    (('حلب',), ('هلب',))
    """
    ngrams, stems, phonetic = index_terms(text)
    return Terms(ngrams=tuple(ngrams.split()), stems=tuple(stems.split()), phonetic=tuple(phonetic.split()))


def question_terms(question: str) -> Terms:
    """Return the terms of a question without its question words, if any are left.

    >>> question_terms("من هو وزير الدفاع؟").stems
    ('وزير', 'دفاع')
    """
    tokens = words(question)
    return terms(" ".join([word for word in tokens if word not in QUESTION_WORDS] or tokens))


def index_terms(text: str) -> tuple[str, str, str]:
    """Return the n-grams, stems and phonetic keys of a text, joined by spaces.

    About 90 µs for a passage of 400 characters whose words are cached.
    """
    tokens = words(text)
    if not tokens:
        return "", "", ""
    ngrams, stems, phonetic = zip(*map(_WORD_TERMS.__getitem__, tokens), strict=True)
    return " ".join(ngrams), " ".join(stems), " ".join(phonetic)


def _word_terms(word: str) -> tuple[str, str, str]:
    if not word.isascii() and _UNSPACED.search(word):
        pairs = " ".join(word[at : at + 2] for at in range(len(word) - 1)) or word
        return pairs, pairs, " ".join(word)
    word = word[:MAX_WORD]
    bounded = f"_{word}_"
    threes = [bounded[at : at + 3] for at in range(len(word))]
    fours = [bounded[at : at + 4] for at in range(len(word) - 1)]
    return " ".join(threes + fours), stem(word), skeleton(word)


class _WordTermCache(dict[str, tuple[str, str, str]]):
    """Cache the terms of words in two generations."""

    CAPACITY = 50_000  # words in each generation, about 0.7 kB a word

    def __init__(self) -> None:
        super().__init__()
        self._previous: dict[str, tuple[str, str, str]] = {}

    def __missing__(self, word: str) -> tuple[str, str, str]:
        entry = self._previous.get(word) or _word_terms(word)
        if len(word) <= MAX_WORD:
            if len(self) >= self.CAPACITY:
                self._previous = dict(self)
                self.clear()
            self[word] = entry
        return entry


_WORD_TERMS = _WordTermCache()

# Scripts without spaces between words (Han, kana, Thai, Lao, Burmese, Khmer): pairs of letters stand for words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_ARTICLES = "(?:وبال|وكال|وال|بال|كال|فال|ولل|ال|لل)(?=..)"
_PREFIX = re.compile(f"{_ARTICLES}|[وفبلك](?=....)")  # and, so, in, to, like: written onto the next word
_AND = re.compile(f"{_ARTICLES}|و(?=....)")  # the other four prefixes also begin names
_SUFFIX = re.compile(
    "(?<=..)(?:اتها|اتهم|اتنا|يتها|هما|كما|تها|تهم|تنا|اته|يات|يون|يين|ائه"
    "|ها|هم|هن|كم|كن|نا|ان|ات|ون|ين|يه|ته|تي|وا|ه|ي|ا)$"
)


def stem(word: str) -> str:
    """Strip the prefixes and the longest suffix of a folded word.

    >>> [stem(word) for word in ("والمستشفيات", "بالوزاره", "countries", "planned")]
    ['مستشف', 'وزار', 'countri', 'plan']
    """
    return _latin_stem(word) if word.isascii() else _SUFFIX.sub("", _strip_prefix(word, _PREFIX))


def _strip_prefix(word: str, prefix: re.Pattern[str]) -> str:
    match = prefix.match(word)
    return word[match.end() :] if match else word


_DOUBLED = re.compile(r"([bdfgmnprt])\1$")


def _latin_stem(word: str) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("sses", "ies", "xes", "ches", "shes")) else word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and re.search("[aeiouy]", word[: -len(ending)]) and len(word) - len(ending) >= 3:
            word = _DOUBLED.sub(r"\1", word[: -len(ending)])
            break
    if word.endswith("e") and len(word) >= 4:
        return word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) >= 4 else word


_MERGED = str.maketrans("غقكطثصزذظضحف", "جججتتسسسسدهب")
_MERGED_UNVOWELLED = _MERGED | str.maketrans("", "", "اويء")
_DIGRAPHS = {  # the longest first
    "tch": "ش", "sch": "ش", "ch": "ش", "sh": "ش", "kh": "خ", "gh": "ج", "ph": "ب", "th": "ت", "ck": "ج", "qu": "ج",
    "x": "جس",
}  # fmt: skip
_DIGRAPH = re.compile("|".join(_DIGRAPHS) + "|c(?=[eiy])")
_LATIN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابجدابجهاججلمنابجرستابوسيس")
_DOUBLE = re.compile(r"(.)\1+")


def skeleton(word: str) -> str:
    """Return the phonetic key of a folded word, equal across transcriptions.

    >>> [skeleton(name) for name in ("سيرغي", "سيرجي", "sergey", "بوتين", "putin", "vladimir", "فلاديمير")]
    ['سرج', 'سرج', 'سرج', 'بتن', 'بتن', 'بلدمر', 'بلدمر']
    """
    if word.isascii():
        sounds = _DIGRAPH.sub(lambda match: _DIGRAPHS.get(match[0], "س"), word).translate(_LATIN)
    else:
        sounds = _strip_prefix(word, _AND)
        sounds = (sounds[:-1] if sounds.endswith("ه") and len(sounds) > 2 else sounds).replace("تش", "ش")
    consonants = sounds[:1].translate(_MERGED) + sounds[1:].translate(_MERGED_UNVOWELLED)
    return _DOUBLE.sub(r"\1", consonants) if _DOUBLE.search(consonants) else consonants


QUESTION_WORDS = load("question_words")
