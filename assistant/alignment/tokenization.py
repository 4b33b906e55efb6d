"""Tokenize sentences for the check.

Of each word, number and date everything that it is compared by.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from assistant.alignment.lexicon import form, lexicon, root, weight
from index.language.analyzer import skeleton, stem
from index.language.dates.date_mentions import DateMention, PartialDate, dates
from index.language.dates.date_patterns import is_date_word
from index.language.normalize import Folded, fold
from index.language.numbers.number_mentions import Number, numbers
from index.language.numbers.number_tokens import is_number_word
from index.language.sentences import sentences
from index.models import Span

Key = tuple[str, str | int]  # a kind of likeness, and what is alike


class Token(NamedTuple):
    """A word, a number or a date, with the keys by which it is compared.

    `synonyms` are classes of the lexicon; `places` are countries and cities. `weight` is what its absence costs: 0 for
    function words, about 1 for a rare word. A number or a date is a single token, however many words it takes.
    """

    text: str
    stem: str
    form: str
    root: str
    consonants: str
    weight: float
    synonyms: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    number: Number | None = None
    date: DateMention | None = None
    keys: tuple[Key, ...] = ()  # by which it is looked up, the most trusted first


class Tokenized(NamedTuple):
    """A tokenized sentence.

    `clause_ends[i]`: a punctuation mark or the end follows word i.
    """

    text: str
    tokens: tuple[Token, ...]
    clause_ends: tuple[bool, ...]
    spans: tuple[Span, ...]

    def text_of(self, low: int, high: int) -> str:
        """Return the text from word `low` to word `high`, both included, as it is written."""
        return self.text[self.spans[low].start : self.spans[high].end]

    def joined(self, at: int) -> bool:
        """Whether "and" is written onto a word: وأوكرانيا, not وزير."""
        token = self.tokens[at]
        return token.text.startswith("و") and not token.stem.startswith("و")


def tokenize(text: str, anchor: date | None = None) -> Tokenized:
    """Tokenize a text as a single sentence.

    `anchor` is the day of writing, against which "yesterday" is read.

    >>> line = tokenize("وصل أمس ٢٥ ألفا، وغادروا.")
    >>> [token.text for token in line.tokens], line.clause_ends
    (['وصل', 'امس', '#25000', 'وغادروا'], (False, False, True, True))
    """
    plain = fold(text)
    words = list(_WORD.finditer(plain.text))
    mentions = _mentions(plain, anchor, {_FIGURES[word[0]] for word in words})
    tokens: list[Token] = []
    spans: list[Span] = []
    clause_ends: list[bool] = []
    last = 0
    for word in words:
        place = plain.span(word.start(), word.end())
        while mentions and mentions[-1][0].end <= place.start:
            mentions.pop()
        inside = mentions and mentions[-1][0].start < place.end
        if inside and spans and spans[-1] == mentions[-1][0]:
            last = word.end()
            continue  # a further word of the number or the date before
        if tokens:
            between = plain.text[last : word.start()]
            clause_ends.append(between != " " and between.strip() not in _NO_BREAK)
        tokens.append(mentions[-1][1] if inside else TOKENS[word[0]])
        spans.append(mentions[-1][0] if inside else place)
        last = word.end()
    return Tokenized(text, tuple(tokens), (*clause_ends, True) if tokens else (), tuple(spans))


class _Figures(dict[str, Literal["date", "number", "both", ""]]):
    """Cache of whether a folded word may be part of a date or a number.

    Spares most sentences the search.
    """

    def __missing__(self, word: str) -> Literal["date", "number", "both", ""]:
        digits = any(map(str.isdecimal, word))
        day, number = digits or is_date_word(word), digits or is_number_word(word)
        kind: Literal["date", "number", "both", ""] = (
            "both" if day and number else "date" if day else "number" if number else ""
        )
        if len(self) < _Tokens.ROOM:
            self[word] = kind
        return kind


_FIGURES = _Figures()


def _mentions(plain: Folded, anchor: date | None, kinds: Collection[str]) -> list[tuple[Span, Token]]:
    """Return the dates and numbers of a text as tokens, the last first.

    A number inside a date is part of it.
    """
    listed = dates(plain, anchor) if "date" in kinds or "both" in kinds else ()
    result = [(mention.span, _day(mention)) for mention in listed if any(map(_known, mention.values))]
    result += [(fraction.span, _count(fraction)) for fraction in _fractions(plain)]
    taken = [span for span, _ in result]
    text = plain.original
    for number in numbers(plain) if "number" in kinds or "both" in kinds else ():
        if not number.loose and not any(
            number.span.start < other.end and other.start < number.span.end for other in taken
        ):
            end = number.span.end
            if number.unit == "%" and (sign := _PERCENT.match(text, end)):
                end = sign.end()
            result.append(_signed(text, Span(number.span.start, end), number))
    return sorted(result, key=lambda match: match[0], reverse=True)


def _fractions(plain: Folded) -> Iterator[Number]:
    """Yield fractions ("a third of", ثلث ال…) as percentages."""
    for part in _FRACTION.finditer(plain.text) if _PART.search(plain.text) else ():
        count, name = part["count"] or "", part["part"] or part["by"] or part["arabic"]
        share = 100 * Decimal(_COUNTS.get(count, 1)) / Decimal(_PARTS[name])
        readings = tuple(dict.fromkeys(round(share, digits) for digits in (1, 2, 0)))
        yield Number(span=plain.span(part.start(), part.end()), readings=readings, unit="%")


_PARTS = {
    "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10,
    "ثلث": 3, "ربع": 4, "خمس": 5, "سدس": 6, "عشر": 10, "ثلثي": 1.5, "ثلثا": 1.5,
}  # fmt: skip
_COUNTS = {"two": 2, "three": 3, "four": 4}
_PART = re.compile("third|quarter|fifth|sixth|eighth|tenth|ثلث|ربع|خمس|سدس|عشر")
_FRACTION = re.compile(
    r"\b(?:a|one|(?P<count>two|three|four))[ -](?P<part>third|quarter|fifth|sixth|eighth|tenth)s?(?= (?:of"
    r"|less|more|fewer|lower|higher|smaller|larger)\b)"
    r"|\bby (?:a|one) (?P<by>third|quarter|fifth|sixth|eighth|tenth)\b"
    r"|(?<!\w)(?P<arabic>ثلثي|ثلثا|ثلث|ربع|خمس|سدس|عشر)(?= ال(?!ساعه|نهايي|ليل|ماضي|اول|ثاني|ثالث|رابع|اخير"
    r"|اواخر|اوايل))"
)


def _signed(text: str, span: Span, number: Number) -> tuple[Span, Token]:
    """Return a number as a token, negative after a minus sign.

    -5, not a list's "- 5" nor 2-5.
    """
    sign = _MINUS.search(text, max(0, span.start - 12), span.start)
    below = _BELOW_ZERO.match(text, span.end)
    if not (sign or below) or number.kind != "cardinal":
        return span, _count(number)
    less = msgspec.structs.replace(number, readings=tuple(-reading for reading in number.readings))
    return Span(sign.start(sign.lastindex or 0) if sign else span.start, span.end), _count(less)


_MINUS = re.compile(r"(?:[^\W\d_][,،:]? \(?|\()([-−–])\Z|(?<!\w)((?:minus|ناقص|سالب) )\Z", re.IGNORECASE)
_BELOW_ZERO = re.compile(r"(?: \w+){0,2} (?:below zero|تحت الصفر)", re.IGNORECASE)


def _known(value: PartialDate) -> bool:
    return any(part is not None for part in (value.year, value.month, value.day, value.weekday))


def _count(number: Number) -> Token:
    mark = {"ordinal": ".", "time": ":"}.get(number.kind, "%" if number.unit == "%" else "")
    name = f"#{number.value.normalize():f}{mark}"
    return Token(name, name, name, "", "", NUMBER, number=number)


def _day(mention: DateMention) -> Token:
    first = mention.values[0]
    name = "@" + "-".join(
        str(part or "") for part in (first.year, first.month, first.day, first.weekday, first.calendar)
    )
    return Token(name, name, name, "", "", NUMBER, date=mention)


def tokenize_text(text: str, anchor: date | None = None) -> tuple[Tokenized, ...]:
    """Tokenize the sentences of a text, in order."""
    text = rejoined(text)
    return tuple(tokenize(span.of(text), anchor) for span in sentences(text))


def rejoined(text: str) -> str:
    """Join numbers again in a text whose tokens were set apart.

    "year - old", "$ 53, 193", "at 2. 4 miles".

    >>> rejoined("the 20 - year - old won $ 53, 193 at 2. 4 miles")
    'the 20 - year - old won $ 53,193 at 2.4 miles'
    """
    if not _APART.search(text) or _TOGETHER.search(text):
        return text
    return _SPLIT_NUMBER.sub(lambda mark: mark[1] or mark[2], text)


_APART = re.compile(r"[a-z] - [a-z]")
_TOGETHER = re.compile(r"[a-z]-[a-z]")
_SPLIT_NUMBER = re.compile(r"(?<=\d)(?:(,) (?=\d{3}(?!\d))|(\.) (?=\d))")


NUMBER = 1.2  # the weight of a number or a date
_WORD = re.compile(r"[^\W_]+")
_PERCENT = re.compile(
    r"\s*(?:[%٪]|في\s+ال(?:مئة|مائة|مئه|مائه)|بال(?:مئة|مائة|مئه|مائه)|per\s?cent|pct)", re.IGNORECASE
)
_NO_BREAK = frozenset(("", "'", "-", "/", ".", "$", "£", "€", "%", "’"))


def plain_claim(text: str) -> str:
    """Remove the list mark before a claim and its citation marks.

    >>> plain_claim("2. Ships left Aden [1][3].")
    'Ships left Aden.'
    """
    return _MARKS.sub("", _LISTED.sub("", text)).strip()


_LISTED = re.compile(r"^\s*(?:[•*·▪◦–-]\s+|\(?\d{1,2}[.)]\s+(?=\D))")
_MARKS = re.compile(r"(?<!\s)\s*+(?:\[(?:\^?[\d٠-٩]{1,3}(?:\s*[,،–-]\s*[\d٠-٩]{1,3})*)\]|【\d+[^】]*】|</?s>|\*\*)")


class _Tokens(dict[str, Token]):
    """Cache of tokens by their folded letters."""

    ROOM = 60_000

    def __missing__(self, word: str) -> Token:
        base = stem(word)
        shared, known, cost = form(base), lexicon(), weight(word)
        places = known.places.get(base, frozenset()) if cost else frozenset()
        result = Token(
            text=word,
            stem=base,
            form=shared,
            root=root(base),
            consonants=skeleton(base),
            weight=cost,
            synonyms=known.synonyms.get(shared, frozenset()) | places,
            places=places,
        )
        result = result._replace(keys=_keys(result))
        if len(self) >= self.ROOM:
            self.clear()
        self[word] = result
        return result


def _keys(token: Token) -> tuple[Key, ...]:
    keys: list[Key] = [("letters", token.text), ("stem", token.stem)]
    if token.weight:
        keys.append(("form", token.form))
        if len(token.consonants) >= 3:
            keys.append(("consonants", token.consonants))
        if len(token.root) >= 3:
            keys.append(("root", token.root))
        keys += [("synonym", group) for group in token.synonyms]
    return tuple(keys)


TOKENS = _Tokens()
