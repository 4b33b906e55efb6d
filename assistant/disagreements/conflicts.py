"""Where sources disagree: two numbers, two dates, or two holders of one office, said of the same thing, as data.

Pure, and made to be right rather than complete: two sentences speak of the same thing when most of the rarer words around the two
values are shared. Copies of one report are one source, and two spellings of one name are one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from assistant.disagreements.events import one_event, placing
from assistant.disagreements.figures import figures, one_figure
from assistant.disagreements.offices import Held, is_name, met_twice, offices, one_name
from assistant.extractive.amounts import Wanted, amounts, fate, of_one_time, wanted
from assistant.models import Citation, Conflict, Kind, Side
from assistant.query.parse import understand
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import QUESTION_WORDS, stem, word_spans, words
from index.language.dates.date_mentions import DateMention, compatible, dates
from index.language.normalize import fold
from index.language.numbers.number_mentions import Number
from index.language.sentences import sentences
from index.models import Hit, Span, Value, covering

ALIKE = 0.5  # the share of the words of either sentence, the values left out, that the other must hold
NEAR = 0.5  # the same for the words beside the two values
WINDOW = 40  # characters on either side that are beside a value
ANSWERING = 0.75  # the share of what a question is about that a sentence which answers it must hold
FATED = 0.5  # the same where it counts the dead or the injured, which numbers of other things cannot be taken for
ASKED = 0.4  # the share of the question's words that both sentences together must hold

_GENERIC = frozenset(
    map(
        stem,
        words(
            "قتل مقتل قتلى مصرع وفاة جرح جرحى إصابة أصيب شخص أشخاص أسفر أدى بلغ بلغت وصل ارتفع انخفض تراجع زاد عدد نسبة قيمة سعر كلفة تكلفة كلف طول "
            "مليون مليار ألف دولار دينار ريال متر يوم شهر عام سنة قال قالت أعلن أكد ذكر أفاد أوضح أضاف مصدر تقرير بيان شرطة مسؤول نحو أكثر أقل حوالي "
            "killed kill dead died injured hurt wounded people person persons rose fell increased decreased number percent price cost costs value "
            "million billion thousand dollar dollars year years month day days said says announced reported statement police official about nearly"
        ),
    )
)


class _Said(Value, frozen=True, kw_only=True):
    """A sentence of an article, and the group of copies that the article belongs to."""

    hit: Hit
    group: str
    span: Span
    text: str
    content: frozenset[str]  # the stems of its words that say something
    telling: frozenset[str]  # without those that any report of a number has


def conflicts(hits: Sequence[Hit], question: str = "") -> tuple[Conflict, ...]:
    """The values on which the hits' sources disagree; with a question, only those on what it asks about.

    >>> conflicts([])
    ()
    """
    said = list(_sentences(hits))
    known = met_twice(each.text for each in said)
    nearest = _nearest(said)
    asked, want = _content(question), wanted(question)
    found: list[Conflict] = []
    for (place, one), (other, two) in combinations(enumerate(said), 2):
        if one.group == two.group or one.text == two.text or not _on(asked, one, two):
            continue
        found += _names(one, two, said, known)
        of_one_thing = want.stuff is None or want.stuff in one.content & two.content
        if (place, other) in nearest and of_one_thing:
            found += _dates(one, two) if of_one_time(one.text, two.text) else ()
            found += _numbers(one, two, said) if _of_one_event(one, two) else ()
    return joined(found)


def rivals(hits: Sequence[Hit], question: str) -> tuple[Conflict, ...]:
    """The different values that the hits' sources give to a question that asks how many, how much or when, however they word it.

    >>> rivals([], "كم شخصا قتل في الحريق؟")
    ()
    """
    kind = understand(question, ()).kind
    if kind not in ("number", "date"):
        return ()
    return joined(_answers(list(_sentences(hits)), kind, wanted(question)))


def _answers(said: Sequence[_Said], kind: str, want: Wanted) -> Iterator[Conflict]:
    about = want.about - _GENERIC
    least = (FATED if want.fate else ANSWERING) * len(about)
    on_it = [text for text in said if about & text.content and len(about & _with_title(text)) >= least]
    on_it = [one for one in on_it if want.stuff is None or want.stuff in one.content]
    if kind == "date":
        for one, two in combinations(on_it, 2):
            if one.group != two.group and of_one_time(one.text, two.text):
                yield from _days(one, two)
        return
    counting = _settled((one for one in on_it if _placed_alike(one, about)), about, want)
    for (one, here), (two, there) in combinations(counting, 2):
        comparable = one.group != two.group and here.unit == there.unit
        if not comparable or not about & one.content & two.content or not _of_one_event(one, two):
            continue
        if not _gives(here, two.group, said) and not _gives(there, one.group, said):
            yield _conflict("number", (one, here.span), (two, there.span))


def _placed_alike(said: _Said, about: frozenset[str]) -> bool:
    """Whether sentence and passage are on the very place or name that is asked about, not only on an event of that sort."""
    which = placing(about)
    told = which & _with_title(said)
    whole = told | which & _content(said.hit.passage.text)
    return len(told) >= FATED * len(which) and len(whole) >= ANSWERING * len(which)


def _settled(said: Iterable[_Said], about: frozenset[str], want: Wanted) -> list[tuple[_Said, Number]]:
    """The one number of each sentence that counts what is wanted; of a source only those of the sentences that hold most of what is
    asked about, and none where these differ: it cannot be told which is meant."""
    kept: list[tuple[_Said, Number]] = []
    each = [(text, found[0]) for text in said if len(found := amounts(text.text, figures(text.text), want)) == 1]
    for group in dict.fromkeys(one.group for one, _ in each):
        own = [(len(about & one.content), one, number) for one, number in each if one.group == group]
        most = max(held for held, _, _ in own)
        best = [(one, number) for held, one, number in own if held == most]
        if all(one_figure(best[0][1], number) for _, number in best):
            kept += best
    return kept


def _of_one_event(one: _Said, two: _Said) -> bool:
    return of_one_time(one.text, two.text) and one_event(
        one.text, one.hit.article.published, two.text, two.hit.article.published
    )


def _with_title(said: _Said) -> frozenset[str]:
    return said.content | _content(said.hit.article.title or "")


def _days(one: _Said, two: _Said) -> Iterator[Conflict]:
    """The one day that each of two sentences names, where they are two."""
    here, there = ([day for day in dates(each.text, each.hit.article.published) if _placed(day)] for each in (one, two))
    if len(here) == len(there) == 1 and not _same_day(here[0], there[0]):
        yield _conflict("date", (one, here[0].span), (two, there[0].span))


def _on(asked: frozenset[str], one: _Said, two: _Said) -> bool:
    """Whether two sentences are on what is asked."""
    return len(asked & (one.content | two.content)) >= ASKED * len(asked)


def _sentences(hits: Iterable[Hit]) -> Iterator[_Said]:
    """Every sentence that search found, once."""
    groups: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    for hit in hits:
        ids = (hit.article.id, *hit.duplicate_ids)
        group = next((groups[item_id] for item_id in ids if item_id in groups), hit.article.id)
        groups |= dict.fromkeys(ids, group)
        for span in sentences(hit.passage.text):
            place = Span(hit.passage.start + span.start, hit.passage.start + span.end)
            if (hit.article.id, place.start) not in seen and not covering(
                hit.article.boilerplate, place.start, place.end
            ):
                seen.add((hit.article.id, place.start))
                text = span.of(hit.passage.text)
                content = _content(text)
                yield _Said(hit=hit, group=group, span=place, text=text, content=content, telling=content - _GENERIC)


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    """The stems of the words that say something."""
    kept = [
        word
        for word in words(text)
        if not word.isdecimal() and word not in QUESTION_WORDS and word not in FUNCTION_WORDS
    ]
    return frozenset(map(stem, kept))


def _alike(one: _Said, two: _Said) -> float:
    """The share of the smaller sentence's telling words that the other holds."""
    return len(one.telling & two.telling) / max(3, min(len(one.telling), len(two.telling)))


def _beside(text: str, span: Span) -> frozenset[str]:
    """The words around a value."""
    return _content(text[max(0, span.start - WINDOW) : span.start]) | _content(text[span.end : span.end + WINDOW])


def _near(one: str, here: Span, two: str, there: Span) -> bool:
    left, right = _beside(one, here), _beside(two, there)
    return len(left & right) >= max(2, NEAR * min(len(left), len(right)))


def _nearest(said: Sequence[_Said]) -> set[tuple[int, int]]:
    """The places of pairs of sentences of two sources that are alike, each the other's nearest in its source."""
    best: dict[tuple[int, str], tuple[float, int]] = {}
    for (place, one), (other, two) in combinations(enumerate(said), 2):
        if one.group != two.group and (alike := _alike(one, two)) >= ALIKE:
            best[place, two.group] = max(best.get((place, two.group), (0.0, 0)), (alike, -other))
            best[other, one.group] = max(best.get((other, one.group), (0.0, 0)), (alike, -place))
    pairs = {(place, -other) for (place, _), (_, other) in best.items()}
    return {(place, other) for place, other in pairs if place < other and (other, place) in pairs}


def _numbers(one: _Said, two: _Said, all_said: Sequence[_Said]) -> Iterator[Conflict]:
    """Numbers of one kind and unit beside the same words, each unknown to the other source."""
    for left in figures(one.text):
        for right in figures(two.text):
            comparable = left.kind == right.kind and left.unit == right.unit and not one_figure(left, right)
            fates = {fate(one.text, left), fate(two.text, right)} - {None}
            if not comparable or len(fates) > 1 or not _near(one.text, left.span, two.text, right.span):
                continue
            if not _gives(left, two.group, all_said) and not _gives(right, one.group, all_said):
                yield _conflict("number", (one, left.span), (two, right.span))


def _gives(number: Number, group: str, all_said: Sequence[_Said]) -> bool:
    """Whether a source of this group has the number anywhere."""
    return any(one_figure(number, other) for each in all_said if each.group == group for other in figures(each.text))


def _dates(one: _Said, two: _Said) -> Iterator[Conflict]:
    """Dates beside the same words, none of which can be one of the other sentence."""
    here, there = (dates(each.text, each.hit.article.published) for each in (one, two))
    for left in here:
        for right in there:
            if not _placed(left) or not _placed(right) or not _near(one.text, left.span, two.text, right.span):
                continue
            if not any(_same_day(left, other) for other in there) and not any(
                _same_day(right, other) for other in here
            ):
                yield _conflict("date", (one, left.span), (two, right.span))


def _placed(mention: DateMention) -> bool:
    """Whether it says at least which month or year, in so many words: "Sunday" and "yesterday" can be of any week."""
    return not mention.relative and bool(mention.values) and all(value.month or value.year for value in mention.values)


def _same_day(one: DateMention, two: DateMention) -> bool:
    """Whether both can be one day; what cannot be compared is no disagreement."""
    return (
        not one.values
        or not two.values
        or any(
            left.calendar != right.calendar or compatible(left, right) for left in one.values for right in two.values
        )
    )


def _names(one: _Said, two: _Said, all_said: Sequence[_Said], known: frozenset[str]) -> Iterator[Conflict]:
    """Two holders of one office, where neither source calls the other's holder so as well."""
    for held in _holders(one, known):
        for other in _holders(two, known):
            if held.role != other.role or one_name(held.name, other.name):
                continue
            if not any(
                _calls(each, two.group, held, known) or _calls(each, one.group, other, known) for each in all_said
            ):
                yield _conflict("name", (one, held.span), (two, other.span))


def _holders(said: _Said, known: frozenset[str]) -> list[Held]:
    return [held for held in offices(said.text) if is_name(held.name, known)]


def _calls(said: _Said, group: str, held: Held, known: frozenset[str]) -> bool:
    """Whether a source of this group gives the office to this name."""
    return said.group == group and any(
        held.role == other.role and one_name(held.name, other.name) for other in _holders(said, known)
    )


def _conflict(kind: Kind, *sides: tuple[_Said, Span]) -> Conflict:
    (one, here), (two, there) = sides
    shared = one.content & two.content
    about = {
        word: where.of(one.text) for word, where in word_spans(fold(one.text)) if stem(word) in shared
    }  # as it is spelt
    return Conflict(
        kind=kind,
        about=" ".join(about.values()),
        sides=tuple(sorted((_side(one, here), _side(two, there)), key=_newest)),
    )


def _side(said: _Said, value: Span) -> Side:
    article, start, end = said.hit.article, said.span.start, said.span.end
    citation = Citation(file_id=article.id, start=start, end=end, quote=article.text[start:end])
    return Side(value=value.of(said.text), published=article.published, citation=citation)


def _newest(side: Side) -> tuple[int, str]:
    return (-side.published.toordinal() if side.published else 0, side.citation.file_id)


def joined(found: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """One conflict of all that share a side, each with the next; each value of a source once."""
    kept: list[Conflict] = []
    for match in found:
        touched = [each for each in kept if each.kind == match.kind and not set(match.sides).isdisjoint(each.sides)]
        if not touched:
            kept.append(match)
            continue
        sides = dict.fromkeys(side for each in (*touched, match) for side in each.sides)
        whole = Conflict(kind=match.kind, about=touched[0].about, sides=tuple(sorted(sides, key=_newest)))
        kept = [whole if each is touched[0] else each for each in kept if each not in touched[1:]]
    return tuple(kept)
