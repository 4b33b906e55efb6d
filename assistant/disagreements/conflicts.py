"""Find different numbers, dates or holders of an office in the sources' reports.

Precise rather than complete: two sentences are about the same thing if they share most of the rarer words around the
two values. Near-duplicate articles count as a single source, spelling variants as a single name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from assistant.disagreements.events import event_specific, same_event
from assistant.disagreements.figures import figures, same_number
from assistant.disagreements.offices import OfficeHolder, is_name, office_holders, repeated_holders, same_name
from assistant.extractive.amounts import CountQuery, casualty, count_query, matching_numbers, same_time
from assistant.models import Citation, Conflict, Kind, Side
from assistant.query.parse import content_words, parse_question
from index.language.analyzer import stem, word_spans, words
from index.language.dates.date_mentions import DateMention, compatible, dates
from index.language.lexicons import load
from index.language.normalize import fold
from index.language.numbers.number_mentions import Number
from index.language.sentences import sentences
from index.models import Hit, Span, Value, covering

SIMILAR = 0.5  # the share of the shorter sentence's specific words that the other must have
SIMILAR_CONTEXT = 0.5  # the same for the words around the two values
WINDOW = 40  # characters on either side of a value that are its context
ANSWERS = 0.75  # the share of the question's words that a sentence which answers it must have
ANSWERS_CASUALTIES = 0.5  # the same if it asks for the dead or the injured, whose numbers are unmistakable
ON_QUESTION = 0.4  # the share of the question's words that two sentences together must have

_GENERIC = frozenset(map(stem, load("report_words") | load("reporting_verbs")))


class _Statement(Value, frozen=True, kw_only=True):
    """A sentence of an article, with the group of near-duplicates of the article."""

    hit: Hit
    group: str
    span: Span
    text: str
    content: frozenset[str]  # the stems of its content words
    specific: frozenset[str]  # the same without those that any report of a number has


def conflicts(hits: Sequence[Hit], question: str = "") -> tuple[Conflict, ...]:
    """Return the values on which the sources of the hits disagree.

    With a question, only the disagreements that it is about are returned.

    >>> conflicts([])
    ()
    """
    statements = list(_statements(hits))
    known = repeated_holders(statement.text for statement in statements)
    nearest = _mutually_nearest(statements)
    asked, query = _content(question), count_query(question)
    result: list[Conflict] = []
    for (at, left), (other, right) in combinations(enumerate(statements), 2):
        if left.group == right.group or left.text == right.text or not _on_question(asked, left, right):
            continue
        result += _holder_conflicts(left, right, statements, known)
        same_substance = query.substance is None or query.substance in left.content & right.content
        if (at, other) in nearest and same_substance:
            result += _date_conflicts(left, right) if same_time(left.text, right.text) else ()
            result += _number_conflicts(left, right, statements) if _same_event(left, right) else ()
    return merge(result)


def rivals(hits: Sequence[Hit], question: str) -> tuple[Conflict, ...]:
    """Return the sources' different answers to a question for a number or a date.

    >>> rivals([], "كم شخصا قتل في الحريق؟")
    ()
    """
    kind = parse_question(question, ()).kind
    if kind not in ("number", "date"):
        return ()
    return merge(_answer_conflicts(list(_statements(hits)), kind, count_query(question)))


def _answer_conflicts(statements: Sequence[_Statement], kind: str, query: CountQuery) -> Iterator[Conflict]:
    about = query.about - _GENERIC
    least = (ANSWERS_CASUALTIES if query.casualty else ANSWERS) * len(about)
    answers = [
        statement
        for statement in statements
        if about & statement.content and len(about & _with_title(statement)) >= least
    ]
    answers = [answer for answer in answers if query.substance is None or query.substance in answer.content]
    if kind == "date":
        for left, right in combinations(answers, 2):
            if left.group != right.group and same_time(left.text, right.text):
                yield from _single_date_conflicts(left, right)
        return
    counts = _single_counts((answer for answer in answers if _on_event(answer, about)), about, query)
    for (left, here), (right, there) in combinations(counts, 2):
        comparable = left.group != right.group and here.unit == there.unit
        if not comparable or not about & left.content & right.content or not _same_event(left, right):
            continue
        if not _gives_number(here, right.group, statements) and not _gives_number(there, left.group, statements):
            yield _conflict("number", (left, here.span), (right, there.span))


def _on_event(statement: _Statement, about: frozenset[str]) -> bool:
    """Test whether sentence and passage are on the place or name asked about.

    A sentence on an event of the same kind elsewhere is not.
    """
    specific = event_specific(about)
    near = specific & _with_title(statement)
    passage = near | specific & _content(statement.hit.passage.text)
    return len(near) >= ANSWERS_CASUALTIES * len(specific) and len(passage) >= ANSWERS * len(specific)


def _single_counts(
    statements: Iterable[_Statement], about: frozenset[str], query: CountQuery
) -> list[tuple[_Statement, Number]]:
    """Return the sentences with exactly one matching number.

    Of a source only the sentences that share most with the question are kept, and none if their numbers differ.
    """
    single = [
        (statement, matching[0])
        for statement in statements
        if len(matching := matching_numbers(statement.text, figures(statement.text), query)) == 1
    ]
    kept: list[tuple[_Statement, Number]] = []
    for group in dict.fromkeys(statement.group for statement, _ in single):
        own = [pair for pair in single if pair[0].group == group]
        most = max(len(about & statement.content) for statement, _ in own)
        best = [pair for pair in own if len(about & pair[0].content) == most]
        if all(same_number(best[0][1], number) for _, number in best):
            kept += best
    return kept


def _same_event(left: _Statement, right: _Statement) -> bool:
    days = left.hit.article.published, right.hit.article.published
    return same_time(left.text, right.text) and same_event(left.text, days[0], right.text, days[1])


def _with_title(statement: _Statement) -> frozenset[str]:
    return statement.content | _content(statement.hit.article.title or "")


def _single_date_conflicts(left: _Statement, right: _Statement) -> Iterator[Conflict]:
    """Yield the conflict between the only dates of two sentences."""
    here, there = (
        [mention for mention in dates(side.text, side.hit.article.published) if _is_definite(mention)]
        for side in (left, right)
    )
    if len(here) == len(there) == 1 and not _can_be_same_day(here[0], there[0]):
        yield _conflict("date", (left, here[0].span), (right, there[0].span))


def _on_question(asked: frozenset[str], left: _Statement, right: _Statement) -> bool:
    return len(asked & (left.content | right.content)) >= ON_QUESTION * len(asked)


def _statements(hits: Iterable[Hit]) -> Iterator[_Statement]:
    """Yield each sentence of the hits once, without boilerplate."""
    groups: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    for hit in hits:
        ids = (hit.article.id, *hit.duplicate_ids)
        group = next((groups[item_id] for item_id in ids if item_id in groups), hit.article.id)
        groups |= dict.fromkeys(ids, group)
        for piece in sentences(hit.passage.text):
            span = Span(hit.passage.start + piece.start, hit.passage.start + piece.end)
            if (hit.article.id, span.start) in seen or covering(hit.article.boilerplate, span.start, span.end):
                continue
            seen.add((hit.article.id, span.start))
            text = piece.of(hit.passage.text)
            content = _content(text)
            yield _Statement(hit=hit, group=group, span=span, text=text, content=content, specific=content - _GENERIC)


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    """Return the stems of the content words."""
    return frozenset(stem(word) for word in content_words(words(text)) if not word.isdecimal())


def _similarity(left: _Statement, right: _Statement) -> float:
    """Return the share of the shorter sentence's specific words that the other has."""
    return len(left.specific & right.specific) / max(3, min(len(left.specific), len(right.specific)))


def _context(text: str, span: Span) -> frozenset[str]:
    return _content(text[max(0, span.start - WINDOW) : span.start]) | _content(text[span.end : span.end + WINDOW])


def _same_context(left: str, here: Span, right: str, there: Span) -> bool:
    around, other = _context(left, here), _context(right, there)
    return len(around & other) >= max(2, SIMILAR_CONTEXT * min(len(around), len(other)))


def _mutually_nearest(statements: Sequence[_Statement]) -> set[tuple[int, int]]:
    """Return the indexes of similar sentences that are each other's most similar ones."""
    best: dict[tuple[int, str], tuple[float, int]] = {}
    for (at, left), (other, right) in combinations(enumerate(statements), 2):
        if left.group != right.group and (similarity := _similarity(left, right)) >= SIMILAR:
            best[at, right.group] = max(best.get((at, right.group), (0.0, 0)), (similarity, -other))
            best[other, left.group] = max(best.get((other, left.group), (0.0, 0)), (similarity, -at))
    pairs = {(at, -other) for (at, _), (_, other) in best.items()}
    return {(at, other) for at, other in pairs if at < other and (other, at) in pairs}


def _number_conflicts(left: _Statement, right: _Statement, statements: Sequence[_Statement]) -> Iterator[Conflict]:
    """Yield numbers in the same context that the other source does not give."""
    for here in figures(left.text):
        for there in figures(right.text):
            comparable = here.kind == there.kind and here.unit == there.unit and not same_number(here, there)
            casualties = {casualty(left.text, here), casualty(right.text, there)} - {None}
            if not comparable or len(casualties) > 1:
                continue
            if not _same_context(left.text, here.span, right.text, there.span):
                continue
            if not _gives_number(here, right.group, statements) and not _gives_number(there, left.group, statements):
                yield _conflict("number", (left, here.span), (right, there.span))


def _gives_number(number: Number, group: str, statements: Sequence[_Statement]) -> bool:
    """Test whether a source of this group has the number anywhere."""
    return any(
        same_number(number, other)
        for statement in statements
        if statement.group == group
        for other in figures(statement.text)
    )


def _date_conflicts(left: _Statement, right: _Statement) -> Iterator[Conflict]:
    """Yield dates in the same context that no date of the other sentence can equal."""
    left_dates, right_dates = (dates(side.text, side.hit.article.published) for side in (left, right))
    for here in left_dates:
        for there in right_dates:
            if not _is_definite(here) or not _is_definite(there):
                continue
            if not _same_context(left.text, here.span, right.text, there.span):
                continue
            known = any(_can_be_same_day(here, other) for other in right_dates)
            if not known and not any(_can_be_same_day(there, other) for other in left_dates):
                yield _conflict("date", (left, here.span), (right, there.span))


def _is_definite(mention: DateMention) -> bool:
    """Test for a date with a month or year; "Sunday" can be of any week."""
    return not mention.relative and bool(mention.values) and all(value.month or value.year for value in mention.values)


def _can_be_same_day(left: DateMention, right: DateMention) -> bool:
    """Test whether two dates can be the same day, or cannot be compared."""
    return (
        not left.values
        or not right.values
        or any(
            here.calendar != there.calendar or compatible(here, there) for here in left.values for there in right.values
        )
    )


def _holder_conflicts(
    left: _Statement, right: _Statement, statements: Sequence[_Statement], known: frozenset[str]
) -> Iterator[Conflict]:
    """Yield holders of an office whom the other source does not call holders."""
    for here in _trusted_holders(left, known):
        for there in _trusted_holders(right, known):
            if here.role != there.role or same_name(here.name, there.name):
                continue
            if not any(
                _gives_holder(statement, right.group, here, known) or _gives_holder(statement, left.group, there, known)
                for statement in statements
            ):
                yield _conflict("name", (left, here.span), (right, there.span))


def _trusted_holders(statement: _Statement, known: frozenset[str]) -> list[OfficeHolder]:
    return [holder for holder in office_holders(statement.text) if is_name(holder.name, known)]


def _gives_holder(statement: _Statement, group: str, holder: OfficeHolder, known: frozenset[str]) -> bool:
    """Test whether a sentence of this group gives the office to this name."""
    return statement.group == group and any(
        holder.role == other.role and same_name(holder.name, other.name) for other in _trusted_holders(statement, known)
    )


def _conflict(kind: Kind, left: tuple[_Statement, Span], right: tuple[_Statement, Span]) -> Conflict:
    shared = left[0].content & right[0].content
    text = left[0].text
    about = {word: span.of(text) for word, span in word_spans(fold(text)) if stem(word) in shared}
    sides = sorted((_side(*left), _side(*right)), key=_newest_first)
    return Conflict(kind=kind, about=" ".join(about.values()), sides=tuple(sides))


def _side(statement: _Statement, value: Span) -> Side:
    article, start, end = statement.hit.article, statement.span.start, statement.span.end
    citation = Citation(file_id=article.id, start=start, end=end, quote=article.text[start:end])
    return Side(value=value.of(statement.text), published=article.published, citation=citation)


def _newest_first(side: Side) -> tuple[int, str]:
    return (-side.published.toordinal() if side.published else 0, side.citation.file_id)


def merge(pairs: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Merge conflicts that share a side, transitively.

    Each value of a source then appears once.
    """
    merged: list[Conflict] = []
    for pair in pairs:
        touched = [other for other in merged if other.kind == pair.kind and not set(pair.sides).isdisjoint(other.sides)]
        if not touched:
            merged.append(pair)
            continue
        sides = dict.fromkeys(side for conflict in (*touched, pair) for side in conflict.sides)
        whole = Conflict(kind=pair.kind, about=touched[0].about, sides=tuple(sorted(sides, key=_newest_first)))
        merged = [whole if other is touched[0] else other for other in merged if other not in touched[1:]]
    return tuple(merged)
