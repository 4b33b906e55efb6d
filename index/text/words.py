"""What search indexes: the words of a text, and of each word its character grams, its stem and its consonant skeleton.

c  the 3- and 4-letter grams of each word, `_` marking its ends: حلبي → _حل حلب لبي بي_ _حلب حلبي لبي_
h  the word without prefixes and without its longest suffix (Arabic: after light10; Latin script: plurals, -ed, -ing)
k  the consonants of the word, those that are transcribed alike written alike, Latin letters as Arabic ones: Putin = بوتين
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from index.records import Span, Value
from index.text.fold import Folded, folded

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


def placed(text: Folded) -> Iterator[tuple[str, Span]]:
    """The same words, each with its place in the original text.

    >>> from index.text.fold import fold
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
    """The terms of each field joined by spaces: what the index takes. About 20 µs for a passage of 400 characters."""
    pieces = text.split()
    if not pieces:
        return "", "", ""
    c, h, k = zip(*map(_CHUNKS.__getitem__, pieces), strict=True)
    return " ".join(c), " ".join(h), " ".join(k)


class _Chunks(dict[str, tuple[str, str, str]]):
    """The terms of what stands between two spaces, worked out once: most of a newspaper is words met before."""

    ROOM = 60_000  # entries, about 0.7 kB each; the table is emptied when it is full

    def __missing__(self, chunk: str) -> tuple[str, str, str]:
        found = [_of_word(word) for word in words(chunk)]
        if len(found) == 1:
            joined = found[0]
        else:
            joined = (
                " ".join(c for c, _, _ in found),
                " ".join(h for _, h, _ in found),
                " ".join(k for _, _, k in found),
            )
        if len(chunk) <= LONGEST:
            if len(self) >= self.ROOM:
                self.clear()
            self[chunk] = joined
        return joined


_CHUNKS = _Chunks()


def _of_word(word: str) -> tuple[str, str, str]:
    if _UNSPACED.search(word):
        pairs = " ".join(_grams(word, 2)) or word
        return pairs, pairs, " ".join(word)
    word = word[:LONGEST]
    bounded = f"_{word}_"
    return " ".join(_grams(bounded, 3) + _grams(bounded, 4)), stem(word), skeleton(word)


def _grams(word: str, length: int) -> list[str]:
    return [word[at : at + length] for at in range(len(word) - length + 1)]


# Writing without spaces between words (Han, kana, Thai, Lao, Burmese, Khmer): pairs of letters stand for words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_PREFIXES = ("وبال", "وكال", "وال", "بال", "كال", "فال", "ولل", "ال", "لل")
_PARTICLES = "وفبلك"  # and, so, in, to, like: written onto the next word
_SUFFIXES = (
    *("اتها", "اتهم", "اتنا", "يتها", "هما", "كما", "تها", "تهم", "تنا", "اته", "يات", "يون", "يين", "ائه"),
    *("ها", "هم", "هن", "كم", "كن", "نا", "ان", "ات", "ون", "ين", "يه", "ته", "تي", "وا", "ه", "ي", "ا"),
)


def stem(word: str) -> str:
    """A folded word without its article, conjunction or preposition, and without its longest suffix.

    >>> [stem(word) for word in ("والمستشفيات", "بالوزاره", "countries", "planned")]
    ['مستشف', 'وزار', 'countri', 'plan']
    """
    return _latin_stem(word) if word.isascii() else _unsuffixed(_bare(word, _PARTICLES))


def _unsuffixed(word: str) -> str:
    if word.endswith(_SUFFIXES):  # most words are done with here, at the price of one test
        for suffix in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= 2:
                return word[: -len(suffix)]
    return word


def _bare(word: str, particles: str) -> str:
    if word.startswith(_PREFIXES):
        for prefix in _PREFIXES:
            if word.startswith(prefix) and len(word) - len(prefix) >= 2:
                return word[len(prefix) :]
    return word[1:] if word[0] in particles and len(word) >= 5 else word


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
        sounds = _bare(word, "و")  # the other particles also begin names
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
