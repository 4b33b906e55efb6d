"""Split a text into digits and number words without attached particles.

Digits are read in every convention: 235,000 · 235، 000 · ٢٣٥٬٠٠٠ · 235 000 · 1.234,5 · 1'000; if the convention is
ambiguous, both readings are kept.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from index.language.lexicons import load_groups
from index.language.normalize import Folded
from index.language.numbers.number_words import WORDS, Link, NumberWord, Role

MAX_DIGITS = 20  # a longer run of digits is an identifier; Decimal is exact to 28


class Token(NamedTuple):
    """A number word or a run of digits; `start` is behind its attached particles."""

    start: int
    end: int
    item: NumberWord
    link: Link = "first"
    arabic: bool = False
    also: tuple[Decimal, ...] = ()  # other readings of the digits
    incomplete: bool = False  # a number only with another word: أحد in أحد عشر, الاثنين (also Monday)

    @property
    def role(self) -> Role:
        """The grammatical role of its word."""
        return self.item.role

    @property
    def digits(self) -> bool:
        """True if it is written in digits."""
        return self.role in ("digits", "time")


_PIECE = re.compile(
    r"(?P<time>(?<![\d:.,])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:]))"
    r"|(?P<spaced>(?<![\d.,])\d{1,3}(?:(?:, | |,)000)+(?![\d]|[.,]\d))"
    r"|(?P<digits>\d+(?:[.,']\d+)*)"
    r"|(?P<word>[^\W\d_]+)"
)
_BETWEEN_AND = frozenset(("and", "a", "an", "و"))
_SUFFIX = re.compile(r"(?:st|nd|rd|th)(?![a-z])|(?:bn|mn|tn|k|m|km|kg|cm|mm|am|pm)(?![a-z])")
_JOINT = re.compile(r"\s*+-?\s*+")


def tokens(plain: Folded) -> list[Token]:
    """Return the digits and number words of a folded text in order.

    >>> from index.language.normalize import fold
    >>> [(token.role, str(token.item.value)) for token in tokens(fold("بخمسين ألفا و٢٣٥٬٠٠٠"))]
    [('tens', '50'), ('scale', '1000'), ('digits', '235000')]
    """
    result: list[Token] = []
    text, last = plain.text, 0
    near = joined = False  # only spaces and "and" since the last number word; an "and" since then
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        is_word = piece.lastgroup == "word"
        if near and not _JOINT.fullmatch(text, last, start):
            near = False
        if is_word:
            word = piece[0]
            if near and word in _BETWEEN_AND:
                joined, last = joined or word in ("and", "و"), end
                continue
            if _PARSED[word].item is None:
                near = False
                continue
        link: Link = "first" if not near else "and" if joined else "space"
        new = [_word_token(piece, link)] if is_word else _digit_tokens(piece, link, plain)
        result.extend(new)
        near, joined = bool(new), False
        last = max(end, new[-1].end) if new else end
    return result


# --- words ---


class _ParsedWord(NamedTuple):
    cut: int  # letters of particles before the number
    joined: bool  # by و
    item: NumberWord | None
    incomplete: bool


_DUAL_LISTS = load_groups("duals")
_NO_NUMBER = _DUAL_LISTS["no number"]
_PARTICLES = re.compile(r"[وفبلك]{0,2}(?:ال|لل)?")
_DUAL = re.compile(r"[وفبلك]?(?:ال|لل)?\w{2,}ت(?:ين|ان)")
_NO_DUAL = re.compile(  # names of countries and people, borrowed words, plain nouns
    r".*(?:ستان|مقتان|بهتان|بوتين|مارتين|ارجنتين|روتين|نيكوتين|كرياتين|كيراتين|جيلاتين|بلاتين|ستنتين|فالنتين|كوستين"
    r"|بروتين|كونتين)|(?:وال?|ال|ل|ب)?(?:لتين|لتان|هاتين|هاتان|حيتان|بيوتان|تين|متين|طتين|ستين|شتان|بستان|فستان)"
)
_DUALS = _DUAL_LISTS["duals"]


class _ParsedWords(dict[str, _ParsedWord]):
    """Cache the number that each word holds behind its attached particles."""

    def __missing__(self, word: str) -> _ParsedWord:
        parsed = _parse_word(word)
        if len(self) < 50_000:
            self[word] = parsed
        return parsed


def _parse_word(word: str) -> _ParsedWord:
    if item := WORDS.get(word):
        return _ParsedWord(0, False, item, word in ("احد", "احدي"))
    if word.isascii() or word in _NO_NUMBER:
        return _ParsedWord(0, False, None, False)
    for cut in (1, 2, 3, 4):
        item = WORDS.get(word[cut:])
        particles = word[:cut]
        if item and _PARTICLES.fullmatch(particles) and not (item.role == "part" and cut > 1):
            article = particles.endswith(("ال", "لل"))
            incomplete = word[cut:] in ("احد", "احدي") or (article and word[cut:].startswith("اثن"))
            return _ParsedWord(cut - 2 * article, word[0] == "و", item, incomplete)
    if (_DUAL.fullmatch(word) and not _NO_DUAL.fullmatch(word)) or _bare(word) in _DUALS:
        return _ParsedWord(0, False, NumberWord("dual", Decimal(2)), False)
    return _ParsedWord(0, False, None, False)


def is_number_word(word: str) -> bool:
    """Test whether a folded word is a number or a part of a number.

    >>> is_number_word("بخمسين"), is_number_word("two"), is_number_word("سفينه")
    (True, True, False)
    """
    return _PARSED[word].item is not None


def _bare(word: str) -> str:
    particles = _PARTICLES.match(word)
    return word if word in _DUALS or not particles else word[particles.end() :]


_PARSED = _ParsedWords()


def _word_token(piece: re.Match[str], link: Link) -> Token:
    cut, joined, item, incomplete = _PARSED[piece[0]]
    assert item is not None
    if joined and link == "space":
        link = "and"
    elif cut and not joined and link != "first" and piece[0][0] in "فبلك":
        link = "first"  # "بخمسين" begins a number
    return Token(piece.start() + cut, piece.end(), item, link, not piece[0].isascii(), incomplete=incomplete)


# --- digits ---


def _digit_tokens(piece: re.Match[str], link: Link, plain: Folded) -> list[Token]:
    """Return the numbers of a run of digits, none for a name (F16, 192.168.1.1)."""
    text, start, end = plain.text, piece.start(), piece.end()
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isascii() and before.isalpha():
        return []
    ordinal = thousand = False
    if after.isascii() and after.isalpha():
        suffix = _SUFFIX.match(text, end)
        if not suffix:
            return []
        ordinal, thousand = suffix[0] in ("st", "nd", "rd", "th"), suffix[0] == "k"
        if suffix[0] == "m" and text[start - 1 : start] in ("$", "€", "£"):
            return [Token(start, end + 1, NumberWord("digits", Decimal(piece[0].replace(",", "")) * 10**6), link)]
    if piece.lastgroup == "time":
        hour, minute = piece[0].split(":")[:2]
        return [Token(start, end, NumberWord("time", Decimal(int(hour) * 60 + int(minute))), "first")]
    if len(re.sub(r"\D", "", piece[0])) > MAX_DIGITS:
        return _list_tokens(piece, link) if piece.lastgroup == "digits" and "." not in piece[0] else []
    if piece.lastgroup == "spaced":
        return [Token(start, end, NumberWord("digits", Decimal(re.sub(r"\D", "", piece[0]))), link)]
    original = plain.span(start, end).of(plain.original)
    arabic_marks = len(original) == end - start
    readings = _readings(piece[0], original if arabic_marks else piece[0])
    if not readings:
        return _list_tokens(piece, link) if "." not in piece[0] else []
    role: Role = "ordinal" if ordinal else "digits"
    values = list(readings)
    if thousand:
        values, end = [value * 1000 for value in readings], end + 1
    if before == "-" and not text[start - 2 : start - 1].strip():
        values, start = [-value for value in values], start - 1
    return [Token(start, end, NumberWord(role, values[0]), link, False, tuple(values[1:]))]


def _list_tokens(piece: re.Match[str], link: Link) -> list[Token]:
    return [
        Token(piece.start() + part.start(), piece.start() + part.end(), NumberWord("digits", Decimal(part[0])), "first")
        for part in re.finditer(r"\d+", piece[0])
        if len(part[0]) <= MAX_DIGITS
    ]


@lru_cache(maxsize=4096)
def _readings(digits: str, original: str) -> tuple[Decimal, ...]:
    """Return the values that digits with stops and commas can have.

    The likelier comes first; a list or a code has none.

    >>> _readings("1,234", "1,234"), _readings("7,4", "7,4")
    ((Decimal('1234'), Decimal('1.234')), (Decimal('7.4'),))
    >>> _readings("1.234,5", "1.234,5"), _readings("192.168.1.1", "192.168.1.1")
    ((Decimal('1234.5'),), ())
    """
    groups = re.split(r"[.,']", digits)
    marks = re.findall(r"[.,']", digits)
    if not marks:
        return (Decimal(digits),)
    signs = [sign for sign in original if not sign.isdecimal()]
    if "٬" in signs or "٫" in signs:
        marks = ["." if sign == "٫" else "," for sign in signs]
    grouped = len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:-1])
    whole, last = Decimal("".join(groups)), groups[-1]
    broken = Decimal("".join(groups[:-1]) + "." + last)
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:  # 1.234,5
        return (broken,) if grouped else ()
    if len(set(marks)) > 1 or (not grouped and len(marks) > 1):
        return ()
    if len(marks) > 1:
        return (whole,) if len(last) == 3 else ()
    if marks[0] == "'":
        return (whole,) if grouped and len(last) == 3 else ()
    if "٫" in signs:
        return (broken,)
    if "٬" in signs:
        return (whole,)
    if grouped and len(last) == 3:
        return (whole, broken) if marks[0] == "," or last == "000" else (broken, whole)
    if marks[0] == "," and len(groups[0]) >= 3 and len(last) >= 3:
        return ()
    return (broken,)
