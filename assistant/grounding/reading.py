"""A text read for checking: its sentences, and of every word what it can be compared by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from assistant.grounding.lexicon import form, lexicon, root, weight
from index.language.analyzer import skeleton, stem
from index.language.dates.date_mentions import DateMention, PartialDate, dates
from index.language.dates.date_patterns import is_date_word
from index.language.normalize import Folded, fold
from index.language.numbers.number_mentions import Number, numbers
from index.language.numbers.number_tokens import is_number_word
from index.language.sentences import sentences
from index.models import Span

Key = tuple[str, str | int]  # a kind of likeness, and what is alike


class Term(NamedTuple):
    """A word by what it is compared: its letters, its stem, what the forms of a verb share, its root, its consonants.

    `groups` are the groups of synonyms it stands in, `sides` the sides of opposites: 2 n and 2 n + 1 are opposed; `places` are
    countries and cities, each of which is a group, too.
    `weight` is what its absence costs: 0 for words that only join others, about 1 for a rare one. A number or a date is one
    term, however many words it takes.
    """

    text: str
    stem: str
    form: str
    root: str
    consonants: str
    weight: float
    groups: frozenset[int] = frozenset()
    sides: frozenset[int] = frozenset()
    places: frozenset[int] = frozenset()
    number: Number | None = None
    date: DateMention | None = None
    keys: tuple[Key, ...] = ()  # what it is found by, the most trusted first


class Line(NamedTuple):
    """A sentence, read. `breaks[i]`: a mark stands between word i and the next, or nothing follows it."""

    text: str
    terms: tuple[Term, ...]
    breaks: tuple[bool, ...]
    spans: tuple[Span, ...]

    def said(self, low: int, high: int) -> str:
        """The text from one word to another, both with it, as it is written."""
        return self.text[self.spans[low].start : self.spans[high].end]

    def joined(self, at: int) -> bool:
        """Whether a word begins with "and", written onto it: وأوكرانيا, not وزير."""
        term = self.terms[at]
        return term.text.startswith("و") and not term.stem.startswith("و")


def read_line(text: str, anchor: date | None = None) -> Line:
    """A text read as one sentence; `anchor` is the day of writing, against which "yesterday" is read.

    >>> line = read_line("وصل أمس ٢٥ ألفا، وغادروا.")
    >>> [term.text for term in line.terms], line.breaks
    (['وصل', 'امس', '#25000', 'وغادروا'], (False, False, True, True))
    """
    plain = fold(text)
    found = list(_WORD.finditer(plain.text))
    mentions = _mentions(plain, anchor, {_FIGURES[word[0]] for word in found})
    terms: list[Term] = []
    spans: list[Span] = []
    breaks: list[bool] = []
    last = 0
    for word in found:
        place = plain.span(word.start(), word.end())
        while mentions and mentions[-1][0].end <= place.start:
            mentions.pop()
        inside = mentions and mentions[-1][0].start < place.end
        if inside and spans and spans[-1] == mentions[-1][0]:
            last = word.end()
            continue  # a further word of the number or the date before
        if terms:
            between = plain.text[last : word.start()]
            breaks.append(between != " " and between.strip() not in _NO_BREAK)
        terms.append(mentions[-1][1] if inside else TERMS[word[0]])
        spans.append(mentions[-1][0] if inside else place)
        last = word.end()
    if not lexicon().firsts.isdisjoint(word[0] for word in found):
        terms = _with_phrases(terms)
    return Line(text, tuple(terms), (*breaks, True) if terms else (), tuple(spans))


def _with_phrases(terms: list[Term]) -> list[Term]:
    """The words, with the sides of phrases: the "left" of "left out" is no departure."""
    phrases = lexicon().phrases
    after = [*(term.text for term in terms[1:]), ""]
    pairs = ((term, phrases.get((term.text, text))) for term, text in zip(terms, after, strict=True))
    return [term._replace(sides=sides) if sides else term for term, sides in pairs]


class _Figures(dict[str, Literal["date", "number", "both", ""]]):
    """What a folded word may be a part of: a look that spares most sentences the search for dates and numbers."""

    def __missing__(self, word: str) -> Literal["date", "number", "both", ""]:
        digits = any(map(str.isdecimal, word))
        day, number = digits or is_date_word(word), digits or is_number_word(word)
        found: Literal["date", "number", "both", ""] = (
            "both" if day and number else "date" if day else "number" if number else ""
        )
        if len(self) < _Terms.ROOM:
            self[word] = found
        return found


_FIGURES = _Figures()


def _mentions(plain: Folded, anchor: date | None, kinds: Collection[str]) -> list[tuple[Span, Term]]:
    """The dates and numbers of a text as terms, the last first; a number inside a date is part of it."""
    listed = dates(plain, anchor) if "date" in kinds or "both" in kinds else ()
    found = [(one.span, _day(one)) for one in listed if any(_known(value) for value in one.values)]
    found += [(fraction.span, _count(fraction)) for fraction in _fractions(plain)]
    taken = [span for span, _ in found]
    text = plain.original
    for number in numbers(plain) if "number" in kinds or "both" in kinds else ():
        if not number.loose and not any(
            number.span.start < other.end and other.start < number.span.end for other in taken
        ):
            end = number.span.end
            if number.unit == "%" and (sign := _PERCENT.match(text, end)):
                end = sign.end()
            found.append(_signed(text, Span(number.span.start, end), number))
    return sorted(found, key=lambda match: match[0], reverse=True)


def _fractions(plain: Folded) -> Iterator[Number]:
    """A third of, ثلث ال…: the same as so many per cent."""
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
    r"\b(?:a|one|(?P<count>two|three|four))[ -](?P<part>third|quarter|fifth|sixth|eighth|tenth)s?(?= (?:of|less|more|fewer|lower|higher|smaller|larger)\b)"
    r"|\bby (?:a|one) (?P<by>third|quarter|fifth|sixth|eighth|tenth)\b"
    r"|(?<!\w)(?P<arabic>ثلثي|ثلثا|ثلث|ربع|خمس|سدس|عشر)(?= ال(?!ساعه|نهايي|ليل|ماضي|اول|ثاني|ثالث|رابع|اخير|اواخر|اوايل))"
)


def _signed(text: str, span: Span, number: Number) -> tuple[Span, Term]:
    """A number as a term, below zero where a minus stands before it: -5, not a list's "- 5" nor 2-5."""
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


def _count(number: Number) -> Term:
    mark = {"ordinal": ".", "time": ":"}.get(number.kind, "%" if number.unit == "%" else "")
    name = f"#{number.value.normalize():f}{mark}"
    return Term(name, name, name, "", "", NUMBER, number=number)


def _day(mention: DateMention) -> Term:
    first = mention.values[0]
    name = "@" + "-".join(
        str(part or "") for part in (first.year, first.month, first.day, first.weekday, first.calendar)
    )
    return Term(name, name, name, "", "", NUMBER, date=mention)


def read(text: str, anchor: date | None = None) -> tuple[Line, ...]:
    """The sentences of a text, in order."""
    text = rejoined(text)
    return tuple(read_line(span.of(text), anchor) for span in sentences(text))


def rejoined(text: str) -> str:
    """A text whose tokens were set apart ("year - old", "$ 53, 193", "at 2. 4 miles") with its numbers in one piece again.

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
    """A claim without what is not said in it: list marks before it and citation marks.

    >>> plain_claim("2. Ships left Aden [1][3].")
    'Ships left Aden.'
    """
    return _MARKS.sub("", _LISTED.sub("", text)).strip()


_LISTED = re.compile(r"^\s*(?:[•*·▪◦–-]\s+|\(?\d{1,2}[.)]\s+(?=\D))")
_MARKS = re.compile(r"\s*(?:\[(?:\^?[\d٠-٩]{1,3}(?:\s*[,،–-]\s*[\d٠-٩]{1,3})*)\]|【\d+[^】]*】|</?s>|\*\*)")


_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]")


def arabic(text: str) -> bool:
    """Whether most letters of a text are Arabic.

    >>> arabic("وصل فريق NASA أمس"), arabic("2 ships")
    (True, False)
    """
    return 2 * len(_ARABIC.findall(text)) > sum(map(str.isalpha, text))


class _Terms(dict[str, Term]):
    """Words met before, by their folded letters."""

    ROOM = 60_000

    def __missing__(self, word: str) -> Term:
        base = stem(word)
        shared, known, cost = form(base), lexicon(), weight(word)
        places = known.places.get(base, frozenset()) if cost else frozenset()
        found = Term(
            text=word,
            stem=base,
            form=shared,
            root=root(base),
            consonants=skeleton(base),
            weight=cost,
            groups=known.groups.get(shared, frozenset()) | places,
            sides=known.side_of(word) if cost or word in known.turning else frozenset(),
            places=places,
        )
        found = found._replace(keys=_keys(found))
        if len(self) >= self.ROOM:
            self.clear()
        self[word] = found
        return found


def _keys(term: Term) -> tuple[Key, ...]:
    found: list[Key] = [("letters", term.text), ("stem", term.stem)]
    if term.weight:
        found.append(("form", term.form))
        if len(term.consonants) >= 3:
            found.append(("consonants", term.consonants))
        if len(term.root) >= 3:
            found.append(("root", term.root))
        found += [("group", group) for group in term.groups]
    return tuple(found)


TERMS = _Terms()
