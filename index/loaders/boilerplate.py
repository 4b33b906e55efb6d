"""Find what a site put around an article.

Section names, share bars, teasers, comment boxes, leftovers of HTML.

Lines are judged by the phrases that sites use (`site_phrases.txt`) and by their place before the first paragraph or
after the last. Shallow text features of this kind are the published method (Kohlschütter, Fankhauser and Nejdl, WSDM
2010).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import accumulate, groupby

from index.language.dates.date_mentions import dates
from index.language.lexicons import load_groups
from index.language.normalize import folded
from index.language.sentences import sentences
from index.loaders.dateline import find_dateline
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

STATUS = 20  # words: the longest line that states when a story appeared and was changed
NOTICE = 60  # words: the longest line that may hold a site's notice
RULES_SHARE = 0.2  # of its words that rules speak in; 0 of 9,681 articles of SaudiNewsNet have such a last paragraph
RULES_MOST = 0.5  # of the text; where more speaks so, it is the story
RULES = 80  # words: the longest paragraph of a site's rules
TEASER = 40  # words: the longest beginning of another story
TEASERS = 10  # headlines of other stories after a heading that announces them
SHARED = 0.4  # share of a cut-off line's words above which the line is the article's own
SIGNS = " \t-*•_|>\"'([«“"  # what may precede a sentence
COMMENTS = 0.3  # largest share of the text that may follow a comment heading

_CONTACT = re.compile(r"\S*@\S*|(?:https?://|www\.)\S+|#\w+|[\W\d_]+|&\w{2,6};?|</?\w[^>\s]*+>?")
_ARROW = re.compile(r"\s[>»›]\s")
_CRUMBS = re.compile(r"\S++(?: \S++)? / \S++(?: \S++)?(?: / \S.*)?")
_NAME = r"[^\d.!?؟:]"
_BYLINE = re.compile(rf"{_NAME}{{2,40}}(?:\s[-–—ـ|]{{1,9}}\s?|\s?[-–—ـ|]{{1,9}}\s){_NAME}{{2,30}}")
_SIGNED = re.compile(r"(?:[Bb]y|BY) [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,4}(?:,.*)?|بقلم\s.*|كتبت?\s?[-–/]\s?.*")
_PARTICLES = re.compile(r"(?<!\w)[وف]?(?:لل|[بلك]ال|[بلك](?=\w{3}))")
_CODE_SIGNS = re.compile(r"[{}();=<>$]")
_CODE = re.compile(
    r"\bfunction\b\s*\w*\s*\(|\b(?:var|let|const)\s+\w+\s*=|\b(?:document|window|jQuery|console)\.\w|\$\(|=>\s*\{|\)\s*;|</?script"
)
_STATUS = re.compile(
    r"\b(?:تم|اخر|تاريخ|وقت|بتاريخ|الموافق|يوم|ال?نشر|نشرت|ال?تحديث|حدث|ال?تعديل|بتوقيت|الساعه|غرينتش|جرينتش"
    r"|published|posted|first|last|updated?|modified|on|at|date|time|gmt|utc)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b(?:\s*(?:am|pm|gmt|utc|ص|م|صباحا|مساء|ظهرا)\b)*|\bبتوقيت \w+", re.IGNORECASE
)


def find_boilerplate(text: str, lines: Sequence[TextLine] | None = None) -> tuple[Span, ...]:
    """Return the spans that are not the article's own, in order.

    None where that would be the whole text.

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
        marked |= _rules(lines, marked)
    spans = [line.span for place, line in enumerate(lines) if place in marked]
    spans += _inside([line for place, line in enumerate(lines) if place not in marked])
    return () if len(marked) == len(lines) else tuple(sorted(spans))


def first_paragraph(lines: Sequence[TextLine], body: Sequence[int]) -> int:
    """Return the index of the line that begins the story.

    The second paragraph where the first is a long headline.
    """
    first = lines[body[0]]
    return body[0] if first.ended or first.words > 2 * PARAGRAPH or len(body) == 1 else body[1]


def is_site_phrase(line: TextLine) -> bool:
    """Return whether sites write this line, at any place."""
    known = site_phrases()
    if line.words > 2 * LABEL:
        return False
    if line.folded.startswith(known.teaser) or _is_script(line.text):
        return True
    if line.words > LABEL:
        return False
    if line.label in known.whole or line.label in known.related or line.label in known.comments:
        return True
    words = line.text.split()
    if line.folded.startswith(known.starts) or all(_CONTACT.fullmatch(word) for word in words):
        return True
    return _made_of(line.label.split(), known.whole)


def _is_script(text: str) -> bool:
    """Return whether a line is code that a page left in its text."""
    return len(_CODE_SIGNS.findall(text)) > 3 and _CODE.search(text) is not None


def is_site_label(line: TextLine) -> bool:
    """Return whether a line outside the article is the site's.

    A section name, byline, path, or date.
    """
    if is_only_date(line):
        return True
    if line.words > LABEL:
        return False
    if line.label in site_phrases().section or _is_path(line.text):
        return True
    return line.words <= LABEL // 2 and bool(_BYLINE.fullmatch(line.text) or _SIGNED.fullmatch(line.text))


def is_dateline(line: TextLine) -> bool:
    """Return whether a line is a place and a day.

    Perhaps with a newsroom: `Damascus, 3 May 2024 (SANA)`.
    """
    dateline = find_dateline(line.text) if line.words <= STATUS else None
    return dateline is not None and dateline.whole


def is_only_date(line: TextLine) -> bool:
    """Return whether a line only says when the article appeared or was changed."""
    if line.words > STATUS or not any(map(str.isdigit, line.text)):
        return False
    rest = line.text
    for mention in reversed(dates(line.text)):
        rest = rest[: mention.span.start] + " " + rest[mention.span.end :]
    untimed = _CLOCK.sub(" ", folded(rest))
    return untimed != folded(line.text) and count_words(_STATUS.sub(" ", untimed)) <= (2 if line.words <= LABEL else 0)


def _is_path(text: str) -> bool:
    """Return whether a line is the path of a page: `Home > Sports`, `Home / Sports`."""
    return _ARROW.search(text, 1, len(text) - 1) is not None or _CRUMBS.fullmatch(text) is not None


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
    """Return the places of headlines after a heading that announces them.

    And of all after a comment heading.
    """
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
    """Return the places of tags, dates and teasers below the last paragraph."""
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


def _rules(lines: Sequence[TextLine], marked: set[int]) -> set[int]:
    """Return the places of closing paragraphs with a site's rules or disclaimers.

    Such a paragraph speaks of publisher, readers and rules, in words that the story does not use.
    """
    kept = [place for place in range(len(lines)) if place not in marked]
    if len(kept) < 2:
        return set()
    marks: set[int] = set()
    for place in reversed(kept[1:]):
        line = lines[place]
        if line.words > RULES or not line.paragraph:
            if line.paragraph:
                break
            continue  # a label of the site among them
        if any(phrase in line.folded for phrase in site_phrases().notice):
            continue  # its sentences are told apart
        groups = _groups_of_rules(line.folded)
        words = frozenset().union(*groups.values())
        story = _rule_stems("\n".join(lines[other].folded for other in kept if other < place and other not in marks))
        if len(groups) < 2 or "rules" not in groups or len(words) < 3:
            break
        if len(words) < RULES_SHARE * len(stems(line.folded)) or 2 * len(words & story) >= len(words):
            break
        marks.add(place)
    size = sum(len(lines[place].text) for place in kept)
    return marks if sum(len(lines[place].text) for place in marks) <= RULES_MOST * size else set()


def _groups_of_rules(plain: str) -> dict[str, frozenset[str]]:
    """Return the stems of a folded line that a site's rules speak in, by group."""
    own = _rule_stems(plain)
    return {group: own & known for group, known in _stems_of_rules().items() if own & known}


def _rule_stems(plain: str) -> frozenset[str]:
    """Return the stems of a folded text.

    Of words with attached particles also those without.
    """
    return stems(plain) | stems(_PARTICLES.sub("", plain))


@cache
def _stems_of_rules() -> dict[str, frozenset[str]]:
    return {group: stems(" ".join(words)) for group, words in load_groups("site_rules").items()}


def _unlike(lines: Sequence[TextLine], run: list[int], kept: list[int]) -> bool:
    """Return whether the lines of a run turn to another subject."""
    before = stems("\n".join(lines[place].folded for place in kept if place < run[0]))
    return sum(overlap(lines[place].folded, before) for place in run) / len(run) < SHARED


def _inside(lines: Sequence[TextLine]) -> Iterator[Span]:
    """Yield the sentences inside the article that are a site's notice or a teaser."""
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
