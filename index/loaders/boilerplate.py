"""What a site put around an article: section names, share bars, teasers of other stories, comment boxes, leftovers of HTML.

Lines are judged by the words sites use (`site_phrases.txt`) and by where they stand: before the first paragraph, or after the
last one. Shallow text features of this kind are the published method (Kohlschütter, Fankhauser and Nejdl, WSDM 2010).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from index.language.dates.date_mentions import dates
from index.language.normalize import folded
from index.language.sentences import sentences
from index.loaders.line_features import LABEL, PARAGRAPH, Line, letters, lines_of, phrases, shared, stems
from index.models import Span

NOTICE = 60  # words: the longest line that is looked through for a site's notice
TEASER = 40  # words: the longest beginning of another story
TEASERS = 10  # headlines of other stories after a heading that announces them
SHARED = 0.4  # of the words of a cut-off line that the article has too, where the line is of the article
SIGNS = " \t-*•_|>\"'([«“"  # what a sentence may stand behind
COMMENTS = 0.3  # of the text: what follows a comment heading may not be more

_CONTACT = re.compile(r"\S*@\S*|(?:https?://|www\.)\S+|#\w+|[\W\d_]+|&\w{2,6};?|</?\w+[^>\s]*>?")
_CRUMBS = re.compile(r"\S.*\s[>»›]\s.*\S|\S+(?: \S+)? / \S+(?: \S+)?(?: / \S.*)?")
_BYLINE = re.compile(r"[^\d.!?؟:]{2,40}\s[-–—ـ|]+\s?[^\d.!?؟:]{2,30}|[^\d.!?؟:]{2,40}\s?[-–—ـ|]+\s[^\d.!?؟:]{2,30}")
_SIGNED = re.compile(r"(?:[Bb]y|BY) [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,4}(?:,.*)?|بقلم\s.*|كتبت?\s?[-–/]\s?.*")
_PLACE = re.compile(r"(?:[^\d\W]\S*|[«“\"]\S+)(?:\s\S+){0,4}?\s?[،,|–—-]\s*")
_NEWSROOM = re.compile(r"(?:\s*[(/،,|–—-]\s*[^\d.!?؟:]{2,40}?\)?)?\s*")
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b(?:\s*(?:am|pm|gmt|utc|ص|م|صباحا|مساء|ظهرا)\b)*|\bبتوقيت \w+", re.IGNORECASE
)


def boilerplate(text: str, lines: Sequence[Line] | None = None) -> tuple[Span, ...]:
    """The stretches that are not of the article, in order: lines, or a notice inside one. None are where all would be.

    `lines` are those of the text, where they are known already.

    >>> page = "سياسة\\nجسر جديد فوق النهر\\nعبرت السيارات الجسر الجديد فوق النهر صباح أمس.\\nاقرأ أيضا:\\nالسوق يغلق أبوابه"
    >>> [span.of(page) for span in boilerplate(page)]
    ['سياسة', 'اقرأ أيضا:', 'السوق يغلق أبوابه']
    """
    lines = lines_of(text) if lines is None else lines
    marked = {place for place, line in enumerate(lines) if by_its_words(line)}
    body = [place for place, line in enumerate(lines) if line.paragraph and place not in marked]
    if body:
        marked |= _above(lines, marked, story(lines, body))
        marked |= _announced(lines, body)
        marked |= _below(lines, marked)
    spans = [line.span for place, line in enumerate(lines) if place in marked]
    spans += _inside([line for place, line in enumerate(lines) if place not in marked])
    return () if len(marked) == len(lines) else tuple(sorted(spans))


def story(lines: Sequence[Line], body: Sequence[int]) -> int:
    """Which of the paragraphs the story begins with: the second where the first reads as a long headline."""
    first = lines[body[0]]
    return body[0] if first.ended or first.words > 2 * PARAGRAPH or len(body) == 1 else body[1]


def by_its_words(line: Line) -> bool:
    """Whether sites write this line, wherever it stands."""
    known = phrases()
    if line.words > 2 * LABEL:
        return False
    if line.plain.startswith(known.teaser):
        return True
    if line.words > LABEL:
        return False
    if line.bare in known.whole or line.bare in known.related or line.bare in known.comments:
        return True
    words = line.shown.split()
    if line.plain.startswith(known.starts) or all(_CONTACT.fullmatch(word) for word in words):
        return True
    return _made_of(line.bare.split(), known.whole)


def stands_around(line: Line) -> bool:
    """Whether a line beside the article, not in it, is the site's: a section name, a byline, a path, a date alone."""
    if line.words > LABEL:
        return False
    if line.bare in phrases().section or _CRUMBS.fullmatch(line.shown):
        return True
    if line.words <= LABEL // 2 and (_BYLINE.fullmatch(line.shown) or _SIGNED.fullmatch(line.shown)):
        return True
    return only_a_date(line)


def dateline(line: Line) -> bool:
    """Whether a line is a place or a newsroom, a day with its year, and perhaps a newsroom: `Damascus, 3 May 2024 (SANA)`."""
    if line.words > LABEL or not any(map(str.isdigit, line.shown)):
        return False
    for mention in dates(line.shown):
        before, after = line.shown[: mention.span.start], line.shown[mention.span.end :]
        if any(value.as_date() for value in mention.values):
            return _PLACE.fullmatch(before) is not None and _NEWSROOM.fullmatch(after) is not None
    return False


def only_a_date(line: Line) -> bool:
    """Whether a line says nothing but a date, a time, and perhaps that something appeared or was changed then."""
    if line.words > LABEL or not any(map(str.isdigit, line.shown)):
        return False
    rest = line.shown
    for mention in reversed(dates(line.shown)):
        rest = rest[: mention.span.start] + " " + rest[mention.span.end :]
    untimed = _CLOCK.sub(" ", folded(rest))
    return untimed != folded(line.shown) and letters(untimed) <= 2


def _above(lines: Sequence[Line], marked: set[int], first: int) -> set[int]:
    """What stands above the first paragraph beside the headline."""
    found = {place for place in range(first) if stands_around(lines[place])}
    own = [place for place in range(first) if place not in marked and place not in found]
    datelines = {place for place in own if dateline(lines[place])}
    if len(datelines) < len(own):  # where nothing else stands there, it is the headline
        found |= datelines
    rest = [place for place in range(min(len(lines), first + 2)) if place not in marked and place not in found]
    if len(rest) > 2:
        section, headline, below = (lines[place] for place in rest[:3])
        if section.words <= 3 and not section.ended and not any(map(str.isdigit, section.shown)):
            reads_as_one = 4 <= headline.words <= 2 * PARAGRAPH and not headline.ended
            told = stems("\n".join(lines[place].plain for place in rest[1:]))
            if reads_as_one and below.words > headline.words and shared(section.plain, told) < 1:
                found.add(rest[0])  # a section of a name of its own
    return found


def _announced(lines: Sequence[Line], body: list[int]) -> set[int]:
    """Headlines of other stories under a heading that announces them, and all that follows a comment heading."""
    known = phrases()
    found: set[int] = set()
    for place in range(body[0] + 1, len(lines)):
        if lines[place].bare in known.related:
            for after in range(place + 1, min(place + 1 + TEASERS, len(lines))):
                if lines[after].paragraph and (lines[after].ended or lines[after].words > 2 * LABEL):
                    break
                found.add(after)
        elif lines[place].bare in known.comments:
            rest = sum(len(line.shown) for line in lines[place:])
            if place > body[-1] or rest <= COMMENTS * sum(len(line.shown) for line in lines):
                found.update(range(place, len(lines)))
                break
    return found


def _below(lines: Sequence[Line], marked: set[int]) -> set[int]:
    """What stands below the last paragraph: tags, dates, and the cut-off beginnings of other stories."""
    kept = [place for place in range(len(lines)) if place not in marked]
    last = max((place for place in kept if lines[place].paragraph), default=len(lines))
    tail = [place for place in kept if place > last]
    found = {place for place in tail if stands_around(lines[place])}
    for _, group in groupby(tail, key=lambda place: lines[place].plain):
        same = list(group)
        if len(same) > 1 and lines[same[0]].words <= 4:
            found.update(same)  # tags
    for cut_off, group in groupby(kept, key=lambda place: lines[place].truncated and lines[place].words <= TEASER):
        run = list(group)
        many = len(run) > 1 or run[0] - 1 in marked
        if cut_off and many and run[-1] > last - 2 and 2 * len(run) < len(kept) and _unlike(lines, run, kept):
            found.update(run)
    return found


def _unlike(lines: Sequence[Line], run: list[int], kept: list[int]) -> bool:
    """Whether the lines of the run tell of something else than the lines before them."""
    told = stems("\n".join(lines[place].plain for place in kept if place < run[0]))
    return sum(shared(lines[place].plain, told) for place in run) / len(run) < SHARED


def _inside(lines: Sequence[Line]) -> Iterator[Span]:
    """The sentences in which a site speaks of itself or of another story, inside the lines of the article."""
    everything = "\n".join(line.plain for line in lines)
    notices, teasers = phrases().among(everything)
    for line in lines if notices or teasers else ():
        held = [phrase for phrase in notices if line.words <= NOTICE and phrase in line.plain]
        if not held and not any(phrase in line.plain for phrase in teasers):
            continue
        for sentence in sentences(line.shown):
            said = folded(sentence.of(line.shown)).lstrip(SIGNS)
            if said.startswith(teasers) or any(phrase in said for phrase in held):
                yield Span(line.span.start + sentence.start, line.span.start + sentence.end)


def _made_of(words: list[str], known: Collection[str]) -> bool:
    """Whether the words are several known phrases in a row: a share bar."""
    ends = {0}
    for stop in range(1, len(words) + 1):
        if any(start in ends and " ".join(words[start:stop]) in known for start in range(max(0, stop - 4), stop)):
            ends.add(stop)
    return len(words) > 1 and len(words) in ends
