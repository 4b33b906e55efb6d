"""Fold spelling variants to one form, with offsets back into the original text.

The letters of أحمد, احمد, أَحْمَد and ﺃﺣﻤﺪ are folded to the same four; so are ٢٠٢٥ and 2025, « » and " ", café and CAFE.
Folded are compatibility forms (Unicode NFKD), case, accents and tashkeel, alef and hamza carriers, ya and alef maqsura,
ta marbuta, Persian and Urdu letters, the digits of every script, quotes, dashes and punctuation. Tatweel and invisible
characters are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from index.models import Span

_LETTERS = {
    letter: kept
    for kept, letters in {
        "ا": "ٱٲٳٵٴ",
        "ي": "ىیېۍێےۓٸ",
        "و": "ؤٶٷۄۅۆۇۈۉۊۋۏ",
        "ه": "ةۃہەھۂۀۿ",
        "ك": "کڪګڬڭڮگڰڱڲڳڴ",
        "ب": "ٮٻپڀ",
        "ت": "ٹٺټٽٿ",
        "ج": "چڃڄڇڿ",
        "ح": "ځڂڅ",
        "د": "ڈډڊڋڌڍڎڏڐۮ",
        "ر": "ڑڒړڔڕږڗۯ",
        "ز": "ژڙ",
        "س": "ښڛڜۺ",
        "ص": "ڝڞ",
        "ف": "ڡڢڣڤڥڦ",
        "ق": "ٯڧڨ",
        "ل": "ڵڶڷڸ",
        "ن": "ںڹڻڼڽ",
        "d": "đð",
        "h": "ħ",
        "i": "ı",
        "l": "ł",
        "o": "ø",
        "ae": "æ",
        "oe": "œ",
        "th": "þ",
        '"': "«»“”„‟‹›″‶〝〞〟❝❞❮❯",
        "'": "‘’‚‛′‵`´ʹʻʼʽˈ❛❜",
        "-": "‐‑‒–—―⁃−⸺⸻〜־",
        ",": "،٬、",
        ".": "۔٫。",
        ";": "؛",
        "?": "؟",
        "%": "٪",
        "*": "٭",
        "/": "⁄∕",
        "\n": "\u0085\u2028\u2029",
        " ": "\u2800",
    }.items()
    for letter in letters
}

# Marks that change how a letter sounds, not which letter it is. Vowel signs of Indic and Thai are letters and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0730-\u074a\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_TATWEEL = "\u0640"
_INVISIBLE = re.compile(  # without a glyph though classed as letters or marks, or unassigned and ignorable
    f"[\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff{_TATWEEL}]"
)


def _fold_letter_once(letter: str) -> str:
    category = unicodedata.category(letter)
    if letter.isspace():
        return _LETTERS.get(letter, letter if letter in "\n\r\t" else " ")
    if category in ("Cc", "Cf", "Cs") or _INVISIBLE.match(letter) or _MARKS.match(letter):
        return ""
    if category == "Nd":
        return str(unicodedata.digit(letter))
    if letter in _LETTERS:
        return _LETTERS[letter]
    decomposed = unicodedata.normalize("NFKD", letter)
    if decomposed[0] == " ":  # an isolated mark: ﹰ, ¨
        return decomposed[1:] if "\ufb50" <= letter <= "\ufeff" else letter
    return unicodedata.normalize("NFKD", decomposed.casefold())


def _fold_letter(letter: str) -> str:
    before, after = "", letter
    while after != before:
        before, after = after, "".join(map(_fold_letter_once, after))
    return after


_ONE_TO_ONE: set[str] = set()  # letters met so far that fold to exactly one letter


class _FoldTable(dict[int, str]):
    """Fill a `str.translate` table lazily with the folded form of each letter."""

    def __missing__(self, code: int) -> str:
        self[code] = letters = _fold_letter(chr(code))
        if len(letters) == 1:
            _ONE_TO_ONE.add(chr(code))
        return letters


class _LengthTable(dict[int, str]):
    """Give the folded length of each letter as a character of that code."""

    def __missing__(self, code: int) -> str:
        self[code] = length = chr(len(_TABLE[code]))
        return length


_TABLE = _FoldTable()
_LENGTHS = _LengthTable()


class Folded(msgspec.Struct, frozen=True):
    """A folded text with the offsets of its original.

    `text` is the form to compare. `starts[i]` is the offset in `text` of letter i of the original; None if each letter
    folds to one letter.
    """

    text: str
    original: str
    starts: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """Return the span of the original behind `self.text[start:end]`.

        >>> folded_name = fold("قال مُحَمَّدٌ.")
        >>> folded_name.text
        'قال محمد.'
        >>> folded_name.span(4, 8).of(folded_name.original)
        'مُحَمَّدٌ'
        """
        if self.starts is None:
            return Span(start, end)
        first = bisect_right(self.starts, start) - 1
        if end <= start:
            return Span(first, first)
        return Span(first, _past_marks(self.original, bisect_right(self.starts, end - 1)))


def folded(text: str) -> str:
    """Return the folded text without offsets; takes 0.1 µs a letter.

    >>> folded("«إسناد» ٢٠٢٥ – Café")
    '"اسناد" 2025 - cafe'
    """
    return text.translate(_TABLE)


def folded_name(name: str) -> str:
    """Fold a name and collapse its white space, so that spelling variants are equal.

    >>> folded_name("وكالة  الأنباء") == folded_name("وكاله الانباء")
    True
    """
    return " ".join(folded(name).split())


def fold(text: str) -> Folded:
    """Fold a text and keep the offsets of its original.

    >>> fold("ﻻ").text, fold("ﻻ").span(1, 2)
    ('لا', Span(start=0, end=1))
    """
    plain = text.translate(_TABLE)
    if _ONE_TO_ONE.issuperset(text):
        return Folded(plain, text)
    lengths = text.translate(_LENGTHS).encode("latin-1")
    return Folded(plain, text, array("L", accumulate(lengths, initial=0)))


def find(quote: str, text: str) -> Span | None:
    """Return the span of a text where a quotation stands, or None.

    Spelling variants are equal, and so are runs of white space. If there is no such place, punctuation between and
    around the words is ignored as well, except a currency sign, a percent sign or a minus before a number. Whole words
    are preferred, and a number is never cut: 5 is not found in 15. Time is linear in the two lengths.

    >>> find("قال أحمد: نعم", "ثم  قالَ  احمد « نعم » وسكت").of("ثم  قالَ  احمد « نعم » وسكت")
    'قالَ  احمد « نعم'
    >>> find("5 قتلى", "سقط 15 قتلى") is None
    True
    >>> find("It cost $200, they say", "It cost £200, they say") is None
    True
    """
    return find_folded(quote, fold(text))


def find_folded(quote: str, text: Folded) -> Span | None:
    """Return the same as `find` for a text that is folded already."""
    wanted = folded(quote).strip()
    at = text.text.find(wanted) if wanted else -1
    if at >= 0 and _is_boundary(text.text, at, whole=True) and _is_boundary(text.text, at + len(wanted), whole=True):
        return text.span(at, at + len(wanted))
    return _find_pieces(_NOT_SPACE, wanted, text, whole=True) or (
        _find_pieces(_WORDS, wanted, text, whole=True) or _find_pieces(_NOT_SPACE, wanted, text, whole=False)
    )


_NOT_SPACE = re.compile(r"\S+")
_WORDS = re.compile(  # words, and the signs that change the meaning of a number: currencies, %, a minus before it
    r"\d+(?:[.,/:]\d+)*|[^\W\d_]+|[$£€¥¢¤؋฿\u20a0-\u20c0]|(?<=\d)%|(?<=\d )%|%(?=\d)|(?:^|(?<=[\s(]))-(?=\d)"
)
_MAX_TRIES = 32  # occurrences tried; keeps a text of one repeated word linear


def _find_pieces(pieces: re.Pattern[str], quote: str, text: Folded, *, whole: bool) -> Span | None:
    """Find the pieces of `quote` in order among those of the text.

    Matches begin and end at word boundaries if `whole`, and never inside a number.
    """
    quote_pieces = pieces.findall(quote)
    wanted = " ".join(quote_pieces)
    if not wanted or not all(map(text.text.__contains__, quote_pieces)):
        return None
    spans = [match.span() for match in pieces.finditer(text.text)]
    joined = " ".join(text.text[start:end] for start, end in spans)
    at = joined.find(wanted)
    for _ in range(_MAX_TRIES):
        if at < 0:
            return None
        if _is_boundary(joined, at, whole=whole) and _is_boundary(joined, at + len(wanted), whole=whole):
            starts = list(accumulate((end - start + 1 for start, end in spans), initial=0))
            return text.span(_unjoined(starts, spans, at), _unjoined(starts, spans, at + len(wanted) - 1) + 1)
        at = joined.find(wanted, at + 1)
    return None


def _unjoined(starts: list[int], spans: list[tuple[int, int]], at: int) -> int:
    """Map an offset in the joined pieces to one in the folded text."""
    piece = bisect_right(starts, at) - 1
    return spans[piece][0] + at - starts[piece]


def _is_boundary(joined: str, at: int, *, whole: bool) -> bool:
    """Test that a cut before `joined[at]` splits no number and, if `whole`, no word."""
    if at == 0 or at == len(joined):
        return True
    before, after = joined[at - 1], joined[at]
    if before in ".," and after.isdigit():
        before = joined[max(at - 2, 0)]
    elif after in ".," and before.isdigit():
        after = joined[min(at + 1, len(joined) - 1)]
    if before.isdigit() and after.isdigit():
        return False
    return not (whole and before.isalnum() and after.isalnum())


def _past_marks(text: str, end: int) -> int:
    while end < len(text) and (text[end] == _TATWEEL or (not _TABLE[ord(text[end])] and _MARKS.match(text[end]))):
        end += 1
    return end
