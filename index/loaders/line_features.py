"""The lines of a text and what can be told of each at a glance: how long it is, how it ends, and how sites word theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

from index.language.normalize import fold, folded
from index.language.sentences import paragraphs, trimmed
from index.models import Span, Value

PARAGRAPH = 12  # words that make a line a paragraph; half as many where it ends as a sentence does
MANY = 2_000  # lines
LABEL = 12  # words: the longest line that can be a site's label

_LEADING = re.compile(r"[\W_]*")
_NO_LETTERS = re.compile(r"[\W\d_]*")
_TRUNCATED = re.compile(r"(?:…|\.{3,}|\[…\]|\[\.\.\.\])\s*$")
_ENDED = re.compile(r"[.!?؟۔。؛:][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]{3,}")
_EVERY_WORD = re.compile(r"\w+")
_STEM = re.compile(r"(?<!\w)و?(?:ال)?([^\W\d_]{3,5})")


class Line(Value, frozen=True, kw_only=True):
    """A line of a text."""

    span: Span
    shown: str
    plain: str  # folded, without the signs it begins with
    bare: str  # of a label-sized line: the same without the signs and digits at its ends
    words: int
    truncated: bool  # cut off with an ellipsis
    ended: bool  # ends as a sentence does
    paragraph: bool  # long enough to be running text


class Phrases(Value, frozen=True, kw_only=True):
    """What sites write, folded, by kind; `site_phrases.txt` says what each kind is."""

    whole: frozenset[str]
    related: frozenset[str]
    comments: frozenset[str]
    section: frozenset[str]
    starts: tuple[str, ...]
    notice: tuple[str, ...]
    teaser: tuple[str, ...]
    glued: tuple[str, ...]

    def among(self, plain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The notices and the teasers that a folded text may hold."""
        words = _EVERY_WORD.findall(plain)
        return (
            tuple(phrase for phrase in _beginning(self.notice, words) if phrase in plain),
            tuple(phrase for phrase in _beginning(self.teaser, words) if phrase in plain),
        )


def _beginning(phrases: tuple[str, ...], words: Iterable[str]) -> list[str]:
    """The phrases whose first word is among the words; far fewer than there are."""
    by_word = _by_first_word(phrases)
    return [phrase for word in by_word.keys() & words for phrase in by_word[word]]


@cache
def _by_first_word(phrases: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for phrase in phrases:
        found.setdefault(_EVERY_WORD.findall(phrase)[0], []).append(phrase)
    return found


@cache
def phrases() -> Phrases:
    """The phrases of `site_phrases.txt`."""
    kinds: dict[str, list[str]] = {}
    source = (Path(__file__).parent / "site_phrases.txt").read_text(encoding="utf-8")
    for entry in source.splitlines():
        if entry.startswith("["):
            kind = kinds.setdefault(entry[1:-1], [])
        elif entry and not entry.startswith("#"):
            kind.append(folded(entry))
    sets = {kind: frozenset(map(without_ends, kinds[kind])) for kind in ("whole", "related", "comments", "section")}
    return Phrases(
        whole=sets["whole"] | frozenset(kinds["glued"]),
        related=sets["related"],
        comments=sets["comments"],
        section=sets["section"],
        starts=tuple(kinds["starts"]),
        notice=tuple(kinds["notice"]),
        teaser=(*kinds["teaser"], *(f"{phrase}{sign}" for phrase in kinds["related"] for sign in (":", " :", " |"))),
        glued=tuple(sorted(kinds["glued"], key=len, reverse=True)),
    )


def lines_of(text: str) -> list[Line]:
    """The lines of a text that are not blank; a site's phrase glued to the begin or the end of one is a line of its own.

    Of a text with more than 4,000 lines the first and the last 2,000, which is where sites write.

    >>> [(line.shown, line.words) for line in lines_of("جسر جديد\\n\\nزر الذهاب إلى الأعلىعبرت السيارات")]
    [('جسر جديد', 2), ('زر الذهاب إلى الأعلى', 4), ('عبرت السيارات', 2)]
    """
    glued = phrases().glued
    found = []
    spans = paragraphs(text)
    for span in spans if len(spans) <= 2 * MANY else (*spans[:MANY], *spans[-MANY:]):
        plain = folded(span.of(text))
        if plain.startswith(glued) or plain.endswith(glued):
            found += [_line(text, part, folded(part.of(text))) for part in _parted(text, span, glued)]
        else:
            found.append(_line(text, span, plain))
    return found


def _line(text: str, span: Span, plain: str) -> Line:
    shown = span.of(text)
    words = len(shown.split())
    plain = plain[_first(_LEADING, plain) :]
    truncated = _TRUNCATED.search(shown[-8:]) is not None
    ended = _ENDED.search(shown[-5:]) is not None
    return Line(
        span=span,
        shown=shown,
        plain=plain,
        bare=without_ends(plain) if words <= LABEL else "",
        words=words,
        truncated=truncated,
        ended=ended,
        paragraph=not truncated and words >= (PARAGRAPH // 2 if ended else PARAGRAPH),
    )


def _parted(text: str, span: Span, glued: tuple[str, ...]) -> list[Span]:
    """A line and the phrases glued to its two ends, in order."""
    whole = fold(span.of(text))
    first = next((phrase for phrase in glued if whole.text.startswith(phrase)), "")
    last = next((phrase for phrase in glued if whole.text.endswith(phrase, len(first))), "")
    cuts = [0, len(first), len(whole.text) - len(last), len(whole.text)]
    places = [whole.span(start, end) for start, end in pairwise(cuts) if whole.text[start:end].strip()]
    return [trimmed(text, Span(span.start + place.start, span.start + place.end)) for place in places]


def without_ends(plain: str) -> str:
    """A folded line without the signs and digits at its ends.

    >>> without_ends("(3) تعليقات:")
    'تعليقات'
    """
    begun = plain[_first(_NO_LETTERS, plain) :]
    return begun[: len(begun) - _first(_NO_LETTERS, begun[::-1])]


def _first(pattern: re.Pattern[str], plain: str) -> int:
    match = pattern.match(plain)
    return match.end() if match else 0


def stems(plain: str) -> frozenset[str]:
    """The beginnings of the words of a folded text, without `and` and the article: enough to tell what it is about."""
    return frozenset(_STEM.findall(plain))


def shared(plain: str, told: frozenset[str]) -> float:
    """How much of what a folded text is about is told elsewhere: 0 to 1."""
    words = stems(plain)
    return len(words & told) / max(1, len(words))


def letters(plain: str) -> int:
    """How many words of three letters or more a folded text has."""
    return len(_WORD.findall(plain))
