"""The digits and number words of a text, one by one, with the particles that Arabic writes onto them taken off.

Digits are read in every habit: 235,000 · 235، 000 · ٢٣٥٬٠٠٠ · 235 000 · 1.234,5 · 1'000; where a habit is open, both readings are kept.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from index.language.normalize import Folded
from index.language.numbers.number_words import WORDS, Item, Link, Role


class Token(NamedTuple):
    """A number word or a run of digits; `start` is behind the particles written onto it."""

    start: int
    end: int
    item: Item
    link: Link = "first"
    arabic: bool = False
    also: tuple[Decimal, ...] = ()  # other readings of the digits
    incomplete: bool = False  # a number only with another word: أحد عشر, the Monday of الاثنين

    @property
    def role(self) -> Role:
        """What it does in a number."""
        return self.item.role

    @property
    def digits(self) -> bool:
        """Whether it is written in digits."""
        return self.role in ("digits", "time")


_PIECE = re.compile(
    r"(?P<time>(?<![\d:.,])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:]))"
    r"|(?P<spaced>(?<![\d.,])\d{1,3}(?:(?:, | |,)000)+(?![\d]|[.,]\d))"
    r"|(?P<digits>\d+(?:[.,']\d+)*)"
    r"|(?P<word>[^\W\d_]+)"
)
_BETWEEN_AND = frozenset(("and", "a", "an", "و"))
_SUFFIX = re.compile(r"(?:st|nd|rd|th)(?![a-z])|(?:bn|mn|tn|k|m|km|kg|cm|mm|am|pm)(?![a-z])")
_JOINT = re.compile(r"\s*-?\s*")


def tokens(plain: Folded) -> list[Token]:
    """The digits and number words of a folded text in order; all other words are left out.

    >>> from index.language.normalize import fold
    >>> [(token.role, str(token.item.value)) for token in tokens(fold("بخمسين ألفا و٢٣٥٬٠٠٠"))]
    [('tens', '50'), ('scale', '1000'), ('digits', '235000')]
    """
    found: list[Token] = []
    text, last = plain.text, 0
    near = joined = False  # nothing but spaces and "and" since the last number word; "and" since then
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
            if _READ[word].item is None:
                near = False
                continue
        link: Link = "first" if not near else "and" if joined else "beside"
        new = [_word(piece, link)] if is_word else _digits(piece, link, plain)
        found.extend(new)
        near, joined = bool(new), False
        last = max(end, new[-1].end) if new else end
    return found


# --- words ---


class _Read(NamedTuple):
    cut: int  # letters of particles before the number
    joined: bool  # by و
    item: Item | None
    incomplete: bool


_NO_NUMBER = frozenset(
    "كميه وكميه فكميه بكميه لكميه لست ولست فلست".split()
)  # a quantity, "I am not": no particle and number
_PARTICLES = re.compile(r"[وفبلك]{0,2}(?:ال|لل)?")
_DUAL = re.compile(r"[وفبلك]?(?:ال|لل)?\w{2,}ت(?:ين|ان)")
_NO_DUAL = re.compile(  # names of countries and people, borrowed words, plain nouns
    r".*(?:ستان|مقتان|بهتان|بوتين|مارتين|ارجنتين|روتين|نيكوتين|كرياتين|كيراتين|جيلاتين|بلاتين|ستنتين|فالنتين|كوستين|بروتين|كونتين)"
    r"|(?:وال?|ال|ل|ب)?(?:لتين|لتان|هاتين|هاتان|حيتان|بيوتان|تين|متين|طتين|ستين|شتان|بستان|فستان)"
)
_DUALS = frozenset(
    """شخصين شخصان عامين عامان يومين يومان شهرين شهران اسبوعين اسبوعان مرتين مرتان ساعتين دقيقتين رجلين رجلان طفلين طفلان جنديين
    جنديان بلدين بلدان جانبين جانبان طرفين طرفان هدفين هدفان كيلومترين مترين قتيلين قتيلان جريحين جريحان مدنيين مدنيان شرطيين شرطيان
    فلسطينيين فلسطينيان صاروخين صاروخان لاعبين لاعبان وزيرين وزيران رئيسين رئيسان مشروعين مشروعان قرارين قراران اتفاقين اتفاقان
    فريقين فريقان حزبين حزبان شقيقين شقيقان هجومين هجومان انفجارين انفجاران عنصرين عنصران مسلحين مسلحان ضابطين ضابطان""".split()
) - {"بلدان", "مدنيين", "فلسطينيين", "لاعبين", "مسلحين", "جنديين", "شرطيين"}  # fmt: skip


class _Words(dict[str, _Read]):
    """What number stands in a word, behind the particles written onto it; worked out when the word is first met."""

    def __missing__(self, word: str) -> _Read:
        read = _read(word)
        if len(self) < 50_000:
            self[word] = read
        return read


def _read(word: str) -> _Read:
    if item := WORDS.get(word):
        return _Read(0, False, item, word in ("احد", "احدي"))
    if word.isascii() or word in _NO_NUMBER:
        return _Read(0, False, None, False)
    for cut in (1, 2, 3, 4):
        item = WORDS.get(word[cut:])
        particles = word[:cut]
        if item and _PARTICLES.fullmatch(particles) and not (item.role == "part" and cut > 1):
            article = particles.endswith(("ال", "لل"))
            incomplete = word[cut:] in ("احد", "احدي") or (article and word[cut:].startswith("اثن"))
            return _Read(cut - 2 * article, word[0] == "و", item, incomplete)
    if (_DUAL.fullmatch(word) and not _NO_DUAL.fullmatch(word)) or _bare(word) in _DUALS:
        return _Read(0, False, Item("dual", Decimal(2)), False)
    return _Read(0, False, None, False)


def counts(word: str) -> bool:
    """Whether a folded word says a number or a part of one.

    >>> counts("بخمسين"), counts("two"), counts("سفينه")
    (True, True, False)
    """
    return _READ[word].item is not None


def _bare(word: str) -> str:
    particles = _PARTICLES.match(word)
    return word if word in _DUALS or not particles else word[particles.end() :]


_READ = _Words()


def _word(piece: re.Match[str], link: Link) -> Token:
    cut, joined, item, incomplete = _READ[piece[0]]
    assert item is not None
    if joined and link == "beside":
        link = "and"
    elif cut and not joined and link != "first" and piece[0][0] in "فبلك":
        link = "first"  # "بخمسين" begins a number
    return Token(piece.start() + cut, piece.end(), item, link, not piece[0].isascii(), incomplete=incomplete)


# --- digits ---


def _digits(piece: re.Match[str], link: Link, plain: Folded) -> list[Token]:
    """The numbers of a run of digits: none inside a name (F16, 4G, 192.168.1.1), several in a list (1,2,3)."""
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
            return [Token(start, end + 1, Item("digits", Decimal(piece[0].replace(",", "")) * 10**6), link)]
    if piece.lastgroup == "time":
        hour, minute = piece[0].split(":")[:2]
        return [Token(start, end, Item("time", Decimal(int(hour) * 60 + int(minute))), "first")]
    if piece.lastgroup == "spaced":
        return [Token(start, end, Item("digits", Decimal(re.sub(r"\D", "", piece[0]))), link)]
    original = plain.span(start, end).of(plain.original)
    arabic_marks = len(original) == end - start
    readings = _readings(piece[0], original if arabic_marks else piece[0])
    if not readings:
        return _listed(piece, link) if "." not in piece[0] else []
    role: Role = "ordinal" if ordinal else "digits"
    values = list(readings)
    if thousand:
        values, end = [value * 1000 for value in readings], end + 1
    if before == "-" and not text[start - 2 : start - 1].strip():
        values, start = [-value for value in values], start - 1
    return [Token(start, end, Item(role, values[0]), link, False, tuple(values[1:]))]


def _listed(piece: re.Match[str], link: Link) -> list[Token]:
    return [
        Token(piece.start() + part.start(), piece.start() + part.end(), Item("digits", Decimal(part[0])), "first")
        for part in re.finditer(r"\d+", piece[0])
    ]


@lru_cache(maxsize=4096)
def _readings(digits: str, original: str) -> tuple[Decimal, ...]:
    """What a run of digits, stops and commas can mean, the likelier first; nothing where it is a list or a code.

    >>> _readings("1,234", "1,234"), _readings("7,4", "7,4"), _readings("1.234,5", "1.234,5"), _readings("192.168.1.1", "192.168.1.1")
    ((Decimal('1234'), Decimal('1.234')), (Decimal('7.4'),), (Decimal('1234.5'),), ())
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
