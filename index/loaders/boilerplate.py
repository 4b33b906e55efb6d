"""Find what a site put around an article: section names, share bars, teasers, comment boxes, leftovers of HTML.

Lines are judged by the phrases that sites use (`site_phrases.txt`) and by their place before the first paragraph or
after the last. Shallow text features of this kind are the published method (Kohlschütter, Fankhauser and Nejdl, WSDM
2010).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, groupby

from index.language.dates.date_mentions import dates
from index.language.normalize import folded
from index.language.sentences import sentences
from index.loaders.line_features import (
    LABEL,
    PARAGRAPH,
    TextLine,
    count_words,
    overlap,
    site_phrases,
    split_lines,
    stems,
)
from index.models import Span

NOTICE = 60  # words: the longest line that may hold a site's notice
TEASER = 40  # words: the longest beginning of another story
TEASERS = 10  # headlines of other stories after a heading that announces them
SHARED = 0.4  # share of a cut-off line's words above which the line is the article's own
SIGNS = " \t-*•_|>\"'([«“"  # what may precede a sentence
SEPARATORS = ("،", ",", "|", "–", "—", "-")  # between a place and a day
COMMENTS = 0.3  # largest share of the text that may follow a comment heading

_CONTACT = re.compile(r"\S*@\S*|(?:https?://|www\.)\S+|#\w+|[\W\d_]+|&\w{2,6};?|</?\w[^>\s]*+>?")
_ARROW = re.compile(r"\s[>»›]\s")
_CRUMBS = re.compile(r"\S++(?: \S++)? / \S++(?: \S++)?(?: / \S.*)?")
_NAME = r"[^\d.!?؟:]"
_BYLINE = re.compile(rf"{_NAME}{{2,40}}(?:\s[-–—ـ|]{{1,9}}\s?|\s?[-–—ـ|]{{1,9}}\s){_NAME}{{2,30}}")
_SIGNED = re.compile(r"(?:[Bb]y|BY) [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,4}(?:,.*)?|بقلم\s.*|كتبت?\s?[-–/]\s?.*")
_PLACE = re.compile(r"(?:[^\d\W]\S*+|[«“\"]\S++)(?:\s\S++){0,4}")  # before a comma or a dash
_NEWSROOM = re.compile(rf"(?:[(/،,|–—-]\s*+{_NAME}{{2,40}}\)?)?")
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b(?:\s*(?:am|pm|gmt|utc|ص|م|صباحا|مساء|ظهرا)\b)*|\bبتوقيت \w+", re.IGNORECASE
)


def find_boilerplate(text: str, lines: Sequence[TextLine] | None = None) -> tuple[Span, ...]:
    """Return the spans that are not the article's own, in order; none where that would be the whole text.

    A span is a line, or a site's notice inside a line. `lines` are those of the text, where they are split already.

    >>> story = "جسر جديد فوق النهر\\nعبرت السيارات الجسر الجديد فوق النهر صباح أمس."
    >>> page = f"سياسة\\n{story}\\nاقرأ أيضا:\\nالسوق يغلق أبوابه"
    >>> [span.of(page) for span in find_boilerplate(page)]
    ['سياسة', 'اقرأ أيضا:', 'السوق يغلق أبوابه']
    """
    lines = split_lines(text) if lines is None else lines
    marked = {place for place, line in enumerate(lines) if is_site_phrase(line)}
    body = [place for place, line in enumerate(lines) if line.paragraph and place not in marked]
    if body:
        marked |= _above(lines, marked, first_paragraph(lines, body))
        marked |= _announced(lines, body)
        marked |= _below(lines, marked)
    spans = [line.span for place, line in enumerate(lines) if place in marked]
    spans += _inside([line for place, line in enumerate(lines) if place not in marked])
    return () if len(marked) == len(lines) else tuple(sorted(spans))


def first_paragraph(lines: Sequence[TextLine], body: Sequence[int]) -> int:
    """Return the index of the line that begins the story: the second paragraph where the first is a long headline."""
    first = lines[body[0]]
    return body[0] if first.ended or first.words > 2 * PARAGRAPH or len(body) == 1 else body[1]


def is_site_phrase(line: TextLine) -> bool:
    """Return whether sites write this line, at any place."""
    known = site_phrases()
    if line.words > 2 * LABEL:
        return False
    if line.folded.startswith(known.teaser):
        return True
    if line.words > LABEL:
        return False
    if line.label in known.whole or line.label in known.related or line.label in known.comments:
        return True
    words = line.text.split()
    if line.folded.startswith(known.starts) or all(_CONTACT.fullmatch(word) for word in words):
        return True
    return _made_of(line.label.split(), known.whole)


def is_site_label(line: TextLine) -> bool:
    """Return whether a line outside the article is the site's: a section name, byline, path, or date."""
    if line.words > LABEL:
        return False
    if line.label in site_phrases().section or _is_path(line.text):
        return True
    if line.words <= LABEL // 2 and (_BYLINE.fullmatch(line.text) or _SIGNED.fullmatch(line.text)):
        return True
    return is_only_date(line)


def is_dateline(line: TextLine) -> bool:
    """Return whether a line is a place and a day, perhaps with a newsroom: `Damascus, 3 May 2024 (SANA)`."""
    if line.words > LABEL or not any(map(str.isdigit, line.text)):
        return False
    for mention in dates(line.text):
        before, after = line.text[: mention.span.start], line.text[mention.span.end :]
        if any(value.as_date() for value in mention.values):
            return _is_place(before) and _NEWSROOM.fullmatch(after.strip()) is not None
    return False


def is_only_date(line: TextLine) -> bool:
    """Return whether a line holds only a date, a time, and perhaps that something appeared or was changed."""
    if line.words > LABEL or not any(map(str.isdigit, line.text)):
        return False
    rest = line.text
    for mention in reversed(dates(line.text)):
        rest = rest[: mention.span.start] + " " + rest[mention.span.end :]
    untimed = _CLOCK.sub(" ", folded(rest))
    return untimed != folded(line.text) and count_words(untimed) <= 2


def _is_path(text: str) -> bool:
    """Return whether a line is the path of a page: `Home > Sports`, `Home / Sports`."""
    return _ARROW.search(text, 1, len(text) - 1) is not None or _CRUMBS.fullmatch(text) is not None


def _is_place(text: str) -> bool:
    """Return whether a text is a place of at most five words with a comma or a dash behind it."""
    text = text.rstrip()
    if not text.endswith(SEPARATORS):
        return False
    name = text[:-1]
    return _PLACE.fullmatch(name[:-1] if name[-1:].isspace() else name) is not None


def _above(lines: Sequence[TextLine], marked: set[int], first: int) -> set[int]:
    """Return the places of the site's lines above the first paragraph."""
    marks = {place for place in range(first) if is_site_label(lines[place])}
    own = [place for place in range(first) if place not in marked and place not in marks]
    datelines = {place for place in own if is_dateline(lines[place])}
    if len(datelines) < len(own):  # where nothing else stands there, it is the headline
        marks |= datelines
    rest = [place for place in range(min(len(lines), first + 2)) if place not in marked and place not in marks]
    if len(rest) > 2:
        section, headline, below = (lines[place] for place in rest[:3])
        if section.words <= 3 and not section.ended and not any(map(str.isdigit, section.text)):
            is_headline = 4 <= headline.words <= 2 * PARAGRAPH and not headline.ended
            story_stems = stems("\n".join(lines[place].folded for place in rest[1:]))
            if is_headline and below.words > headline.words and overlap(section.folded, story_stems) < 1:
                marks.add(rest[0])  # a section of a name of its own
    return marks


def _announced(lines: Sequence[TextLine], body: list[int]) -> set[int]:
    """Return the places of headlines after a heading that announces them, and of all after a comment heading."""
    known = site_phrases()
    marks: set[int] = set()
    after_lengths = list(accumulate((len(line.text) for line in reversed(lines)), initial=0))[::-1]
    for place in range(body[0] + 1, len(lines)):
        if lines[place].label in known.related:
            for after in range(place + 1, min(place + 1 + TEASERS, len(lines))):
                if lines[after].paragraph and (lines[after].ended or lines[after].words > 2 * LABEL):
                    break
                marks.add(after)
        elif lines[place].label in known.comments and (
            place > body[-1] or after_lengths[place] <= COMMENTS * after_lengths[0]
        ):
            marks.update(range(place, len(lines)))
            break
    return marks


def _below(lines: Sequence[TextLine], marked: set[int]) -> set[int]:
    """Return the places of tags, dates and cut-off beginnings of other stories below the last paragraph."""
    kept = [place for place in range(len(lines)) if place not in marked]
    last = max((place for place in kept if lines[place].paragraph), default=len(lines))
    tail = [place for place in kept if place > last]
    marks = {place for place in tail if is_site_label(lines[place])}
    for _, group in groupby(tail, key=lambda place: lines[place].folded):
        same = list(group)
        if len(same) > 1 and lines[same[0]].words <= 4:
            marks.update(same)  # tags
    for cut_off, group in groupby(kept, key=lambda place: lines[place].truncated and lines[place].words <= TEASER):
        run = list(group)
        many = len(run) > 1 or run[0] - 1 in marked
        if cut_off and many and run[-1] > last - 2 and 2 * len(run) < len(kept) and _unlike(lines, run, kept):
            marks.update(run)
    return marks


def _unlike(lines: Sequence[TextLine], run: list[int], kept: list[int]) -> bool:
    """Return whether the lines of a run are about something else than the lines before them."""
    before = stems("\n".join(lines[place].folded for place in kept if place < run[0]))
    return sum(overlap(lines[place].folded, before) for place in run) / len(run) < SHARED


def _inside(lines: Sequence[TextLine]) -> Iterator[Span]:
    """Yield the sentences inside the article's lines that are a site's notice or a teaser."""
    everything = "\n".join(line.folded for line in lines)
    notices, teasers = site_phrases().matches(everything)
    for line in lines if notices or teasers else ():
        matches = [phrase for phrase in notices if line.words <= NOTICE and phrase in line.folded]
        if not matches and not any(phrase in line.folded for phrase in teasers):
            continue
        for sentence in sentences(line.text):
            plain = folded(sentence.of(line.text)).lstrip(SIGNS)
            if plain.startswith(teasers) or any(phrase in plain for phrase in matches):
                yield Span(line.span.start + sentence.start, line.span.start + sentence.end)


def _made_of(words: list[str], known: Collection[str]) -> bool:
    """Return whether the words are several known phrases in a row: a share bar."""
    ends = {0}
    for stop in range(1, len(words) + 1):
        if any(start in ends and " ".join(words[start:stop]) in known for start in range(max(0, stop - 4), stop)):
            ends.add(stop)
    return len(words) > 1 and len(words) in ends
