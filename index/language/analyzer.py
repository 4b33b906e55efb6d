"""What search indexes: the words of a text, and of each word its character grams, its stem and its consonant skeleton.

c  the 3- and 4-letter grams of each word, `_` marking its ends: حلبي → _حل حلب لبي بي_ _حلب حلبي لبي_
h  the word without prefixes and without its longest suffix (Arabic: after light10; Latin script: plurals, -ed, -ing)
k  the consonants of the word, those that are transcribed alike written alike, Latin letters as Arabic ones: Putin = بوتين
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from index.language.normalize import Folded, folded
from index.models import Span, Value

LONGEST = 64  # letters of a word that are looked at; what is longer is no word


class Terms(Value, frozen=True, kw_only=True):
    """What a text is searched by: its terms in each field, in order, repetitions kept."""

    c: tuple[str, ...]
    h: tuple[str, ...]
    k: tuple[str, ...]


class _Split(dict[int, str]):
    """A table for `str.translate`: letters folded, everything that is not part of a word a space."""

    def __missing__(self, code: int) -> str:
        letters = folded(chr(code))
        self[code] = found = "".join(letter if _in_a_word(letter) else " " for letter in letters)
        return found


def _in_a_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


_SPLIT = _Split()
_WORD = re.compile(r"\S+")


def words(text: str) -> list[str]:
    """The folded words of a text, in order.

    >>> words("وقال: «سنلتقي في ٢٠٢٥» – Café")
    ['وقال', 'سنلتقي', 'في', '2025', 'cafe']
    """
    return text.translate(_SPLIT).split()


def spaced(text: str) -> str:
    """A text folded, with spaces for everything that is not part of a word: `spaced(text).split() == words(text)`."""
    return text.translate(_SPLIT)


def placed(text: Folded) -> Iterator[tuple[str, Span]]:
    """The same words, each with its place in the original text.

    >>> from index.language.normalize import fold
    >>> [(word, place.start, place.end) for word, place in placed(fold("قالَ: نعم"))]
    [('قال', 0, 4), ('نعم', 6, 9)]
    """
    for word in _WORD.finditer(text.text.translate(_SPLIT)):
        yield word[0], text.span(word.start(), word.end())


def terms(text: str) -> Terms:
    """The terms that an article's text is found by.

    >>> terms("الحلبي").h, terms("الحلبي").k
    (('حلب',), ('هلب',))
    """
    c, h, k = indexed(text)
    return Terms(c=tuple(c.split()), h=tuple(h.split()), k=tuple(k.split()))


def asked(question: str) -> Terms:
    """The terms of a question: those of its words that do more than ask, or of all where nothing else is left.

    >>> asked("من هو وزير الدفاع؟").h
    ('وزير', 'دفاع')
    """
    said = words(question)
    return terms(" ".join([word for word in said if word not in QUESTION_WORDS] or said))


def indexed(text: str) -> tuple[str, str, str]:
    """The terms of each field joined by spaces: what the index takes. About 90 µs for a passage of 400 characters whose words were met before."""
    found = words(text)
    if not found:
        return "", "", ""
    c, h, k = zip(*map(_TERMS.__getitem__, found), strict=True)
    return " ".join(c), " ".join(h), " ".join(k)


def _of_word(word: str) -> tuple[str, str, str]:
    if not word.isascii() and _UNSPACED.search(word):
        pairs = " ".join(word[at : at + 2] for at in range(len(word) - 1)) or word
        return pairs, pairs, " ".join(word)
    word = word[:LONGEST]  # what is longer is no word
    bounded = f"_{word}_"
    threes = [bounded[at : at + 3] for at in range(len(word))]
    fours = [bounded[at : at + 4] for at in range(len(word) - 1)]
    return " ".join(threes + fours), stem(word), skeleton(word)


class _Terms(dict[str, tuple[str, str, str]]):
    """The terms of a word, worked out once: most of a newspaper is words met before. Those not met for long are forgotten."""

    ROOM = 50_000  # words, about 0.7 kB each, and as many that were met before them

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[str, tuple[str, str, str]] = {}

    def __missing__(self, word: str) -> tuple[str, str, str]:
        found = self._before.get(word) or _of_word(word)
        if len(word) <= LONGEST:
            if len(self) >= self.ROOM:
                self._before = dict(self)
                self.clear()
            self[word] = found
        return found


_TERMS = _Terms()

# Writing without spaces between words (Han, kana, Thai, Lao, Burmese, Khmer): pairs of letters stand for words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_ARTICLES = "(?:وبال|وكال|وال|بال|كال|فال|ولل|ال|لل)(?=..)"
_PREFIX = re.compile(f"{_ARTICLES}|[وفبلك](?=....)")  # and, so, in, to, like: written onto the next word
_AND = re.compile(f"{_ARTICLES}|و(?=....)")  # the other four also begin names
_SUFFIX = re.compile(
    "(?<=..)(?:اتها|اتهم|اتنا|يتها|هما|كما|تها|تهم|تنا|اته|يات|يون|يين|ائه|ها|هم|هن|كم|كن|نا|ان|ات|ون|ين|يه|ته|تي|وا|ه|ي|ا)$"
)


def stem(word: str) -> str:
    """A folded word without its article, conjunction or preposition, and without its longest suffix.

    >>> [stem(word) for word in ("والمستشفيات", "بالوزاره", "countries", "planned")]
    ['مستشف', 'وزار', 'countri', 'plan']
    """
    return _latin_stem(word) if word.isascii() else _SUFFIX.sub("", _bare(word, _PREFIX))


def _bare(word: str, prefix: re.Pattern[str]) -> str:
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


_ALIKE = str.maketrans("غقكطثصزذظضحف", "جججتتسسسسدهب")
_ALIKE_UNVOWELLED = _ALIKE | str.maketrans("", "", "اويء")
_SOUNDS = (
    *(("tch", "ش"), ("sch", "ش"), ("ch", "ش"), ("sh", "ش"), ("kh", "خ"), ("gh", "ج"), ("ph", "ب"), ("th", "ت")),
    *(("ck", "ج"), ("qu", "ج"), ("x", "جس")),
)
_SOUNDED = dict(_SOUNDS)
_SOUND = re.compile("|".join(_SOUNDED) + "|c(?=[eiy])")
_LATIN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابجدابجهاججلمنابجرستابوسيس")
_DOUBLE = re.compile(r"(.)\1+")


def skeleton(word: str) -> str:
    """The consonants of a folded word, close sounds written alike, so that names meet across transcriptions.

    >>> [skeleton(name) for name in ("سيرغي", "سيرجي", "sergey", "بوتين", "putin", "vladimir", "فلاديمير")]
    ['سرج', 'سرج', 'سرج', 'بتن', 'بتن', 'بلدمر', 'بلدمر']
    """
    if word.isascii():
        sounds = _SOUND.sub(lambda sound: _SOUNDED.get(sound[0], "س"), word).translate(_LATIN)
    else:
        sounds = _bare(word, _AND)
        sounds = (sounds[:-1] if sounds.endswith("ه") and len(sounds) > 2 else sounds).replace("تش", "ش")
    bones = sounds[:1].translate(_ALIKE) + sounds[1:].translate(_ALIKE_UNVOWELLED)
    return _DOUBLE.sub(r"\1", bones) if _DOUBLE.search(bones) else bones


_ASKING = (
    "ما ماذا من متي اين كيف كم لماذا هل اي ايه مين منو منين شو ايش وش وين فين امتي امته ليش ليه كام قديش شنو شنوا اشنو علاش "
    "كيفاش فوقاش شحال واش شلون اشلون لمن بكم وما ومن ومتي واين وكيف وكم وهل وماذا ولماذا عمن بماذا فيما علام الام "
    "ماهو ماهي ماهم هو هي هم هما "
    "what who whom whose which when where why how is are was were be been do does did has have had can could will would "
    "should may might the a an s t of "
)
QUESTION_WORDS = frozenset(_ASKING.split())
