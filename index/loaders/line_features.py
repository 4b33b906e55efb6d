"""Split a text into lines with simple features.

Length, ending, and the phrases that sites use.
"""

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
_TRUNCATED = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")
_ENDED = re.compile(r"[.!?؟۔。؛:][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]{3,}")
_EVERY_WORD = re.compile(r"\w+")
_STEM = re.compile(r"(?<!\w)و?(?:ال)?([^\W\d_]{3,5})")


class TextLine(Value, frozen=True, kw_only=True):
    """A line of a text with its features."""

    span: Span
    text: str
    folded: str  # without the punctuation it begins with
    label: str  # of a line of at most LABEL words: folded, without punctuation and digits at its ends; else empty
    words: int
    truncated: bool  # cut off with an ellipsis
    ended: bool  # ends as a sentence does
    paragraph: bool  # long enough to be running text


class SitePhrases(Value, frozen=True, kw_only=True):
    """Phrases that sites use, folded, by kind; `site_phrases.txt` explains the kinds."""

    whole: frozenset[str]
    related: frozenset[str]
    comments: frozenset[str]
    section: frozenset[str]
    starts: tuple[str, ...]
    notice: tuple[str, ...]
    teaser: tuple[str, ...]
    glued: tuple[str, ...]

    def matches(self, plain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the notices and the teasers that a folded text holds."""
        words = set(_EVERY_WORD.findall(plain))
        words |= {word[1:] for word in words if word.startswith(("و", "ف"))}  # `ولا تعبر` holds `لا تعبر`
        return (
            tuple(phrase for phrase in _starting_with(self.notice, words) if phrase in plain),
            tuple(phrase for phrase in _starting_with(self.teaser, words) if phrase in plain),
        )


def _starting_with(phrases: tuple[str, ...], words: Iterable[str]) -> list[str]:
    """Return the phrases whose first word is among the words."""
    by_word = _by_first_word(phrases)
    return [phrase for word in by_word.keys() & words for phrase in by_word[word]]


@cache
def _by_first_word(phrases: tuple[str, ...]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for phrase in phrases:
        index.setdefault(_EVERY_WORD.findall(phrase)[0], []).append(phrase)
    return index


@cache
def site_phrases() -> SitePhrases:
    """Read the phrases of `site_phrases.txt`."""
    kinds: dict[str, list[str]] = {}
    source = (Path(__file__).parent / "site_phrases.txt").read_text(encoding="utf-8")
    for entry in source.splitlines():
        if entry.startswith("["):
            kind = kinds.setdefault(entry[1:-1], [])
        elif entry and not entry.startswith("#"):
            kind.append(folded(entry))
    sets = {kind: frozenset(map(strip_ends, kinds[kind])) for kind in ("whole", "related", "comments", "section")}
    return SitePhrases(
        whole=sets["whole"] | frozenset(kinds["glued"]),
        related=sets["related"],
        comments=sets["comments"],
        section=sets["section"],
        starts=tuple(kinds["starts"]),
        notice=tuple(kinds["notice"]),
        teaser=(*kinds["teaser"], *(f"{phrase}{sign}" for phrase in kinds["related"] for sign in (":", " :", " |"))),
        glued=tuple(sorted(kinds["glued"], key=len, reverse=True)),
    )


def split_lines(text: str) -> list[TextLine]:
    """Return the lines of a text that are not blank.

    A phrase of the site glued to a line becomes a line of its own.

    Of a text with more than 4,000 lines only the first and the last 2,000 are returned, where sites write.

    >>> [(line.text, line.words) for line in split_lines("جسر جديد\\n\\nزر الذهاب إلى الأعلىعبرت السيارات")]
    [('جسر جديد', 2), ('زر الذهاب إلى الأعلى', 4), ('عبرت السيارات', 2)]
    """
    glued = site_phrases().glued
    lines = []
    spans = paragraphs(text)
    for span in spans if len(spans) <= 2 * MANY else (*spans[:MANY], *spans[-MANY:]):
        plain = folded(span.of(text))
        if plain.startswith(glued) or plain.endswith(glued):
            lines += [_line(text, part, folded(part.of(text))) for part in _split_glued(text, span, glued)]
        else:
            lines.append(_line(text, span, plain))
    return lines


def _line(text: str, span: Span, plain: str) -> TextLine:
    shown = span.of(text)
    words = len(shown.split())
    plain = plain[_match_length(_LEADING, plain) :]
    truncated = _TRUNCATED.search(shown[-8:]) is not None
    ended = _ENDED.search(shown[-5:]) is not None
    return TextLine(
        span=span,
        text=shown,
        folded=plain,
        label=strip_ends(plain) if words <= LABEL else "",
        words=words,
        truncated=truncated,
        ended=ended,
        paragraph=not truncated and words >= (PARAGRAPH // 2 if ended else PARAGRAPH),
    )


def _split_glued(text: str, span: Span, glued: tuple[str, ...]) -> list[Span]:
    """Return the spans of a line and of the phrases glued to its two ends, in order."""
    whole = fold(span.of(text))
    first = next((phrase for phrase in glued if whole.text.startswith(phrase)), "")
    last = next((phrase for phrase in glued if whole.text.endswith(phrase, len(first))), "")
    cuts = [0, len(first), len(whole.text) - len(last), len(whole.text)]
    places = [whole.span(start, end) for start, end in pairwise(cuts) if whole.text[start:end].strip()]
    return [trimmed(text, Span(span.start + place.start, span.start + place.end)) for place in places]


def strip_ends(plain: str) -> str:
    """Strip punctuation and digits from the ends of a folded line.

    >>> strip_ends("(3) تعليقات:")
    'تعليقات'
    """
    begun = plain[_match_length(_NO_LETTERS, plain) :]
    return begun[: len(begun) - _match_length(_NO_LETTERS, begun[::-1])]


def _match_length(pattern: re.Pattern[str], plain: str) -> int:
    match = pattern.match(plain)
    return match.end() if match else 0


def stems(plain: str) -> frozenset[str]:
    """Return the first five letters of a folded text's words.

    Without `and` and the article.
    """
    return frozenset(_STEM.findall(plain))


def overlap(plain: str, others: frozenset[str]) -> float:
    """Return the share of a folded text's stems that are among the others, 0 to 1."""
    words = stems(plain)
    return len(words & others) / max(1, len(words))


def count_words(plain: str) -> int:
    """Count the words of three letters or more in a folded text."""
    return len(_WORD.findall(plain))
