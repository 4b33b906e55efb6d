"""Compare the numbers of reports on one story: contradicted or overtaken.

Two numbers are of one thing if they count the same in sentences that share most of their rarer words, each is the
other's nearest in its article, and neither article has the other's number. Of one day they are a conflict. On later
days a growing count (of casualties, or with words such as "so far") is an update. Precise rather than complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations, groupby
from typing import Literal

from assistant.disagreements.events import same_event
from assistant.disagreements.figures import same_number
from assistant.disagreements.mentions import Mention, article_mentions
from assistant.extractive.amounts import PEOPLE, same_years
from index.language.analyzer import words
from index.language.lexicons import load_groups
from index.language.numbers.number_mentions import Number, numbers

Relation = Literal["conflict", "update"]

# Chosen on the development half of tools/disagreement_labels.jsonl (tools/measure_disagreements.py).
SIMILAR = 0.55  # sum of the overlaps of the words around two numbers and of their sentences
LEAST_WORDS = 3  # an overlap is a share of at least so many words

_LISTS = load_groups("quantities")
_PAST = _LISTS["past"]
_GROWING = _LISTS["growing"]


def comparable(mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention, Relation]]:
    """Yield the pairs of numbers of one story that differ, with how they are related.

    Only articles of one story are compared; an article whose story is not known is compared with all.
    """
    groups = {key: list(group) for key, group in groupby(sorted(mentions, key=_group), key=_group)}
    for (_, here), (_, there) in combinations(groups.items(), 2):
        if here[0].story is not None and there[0].story is not None and here[0].story != there[0].story:
            continue
        for left in here:
            for right in there:
                if may_differ(left, right):
                    yield left, right, relation(left, right)


def may_differ(left: Mention, right: Mention) -> bool:
    """Test whether two numbers can be different values of one thing."""
    if not _same_measure(left, right) or _alike(left.number, right.number):
        return False
    if not (_is_count(left) and _is_count(right)) or not _same_time(left.text, right.text):
        return False
    known_story = left.story is not None and left.story == right.story
    if not (known_story and _is_toll(left) and _is_toll(right)) and _similarity(left, right) < SIMILAR:
        return False
    days = left.article.published, right.article.published
    if not same_event(left.text, days[0], right.text, days[1]):
        return False
    return _is_only(left) and _is_only(right)


def relation(left: Mention, right: Mention) -> Relation:
    """Return "update" where the newer report has a count that grows, else "conflict"."""
    if left.article.published is None or right.article.published is None:
        return "conflict"
    old, new = sorted((left, right), key=_day)
    if old.article.published == new.article.published or new.number.value < old.number.value:
        return "conflict"
    return "update" if _grows(old) or _grows(new) else "conflict"


def _day(mention: Mention) -> date:
    return mention.article.published or date.min


def _group(mention: Mention) -> str:
    return mention.group


def _same_measure(left: Mention, right: Mention) -> bool:
    """Test for the same unit, and for the same noun or the same casualties."""
    if left.number.unit != right.number.unit:
        return False
    if _is_toll(left) and _is_toll(right):
        return left.casualty == right.casualty
    return left.noun is not None and left.noun == right.noun


def _same_time(left: str, right: str) -> bool:
    """Test that neither sentence alone looks back and no different years are named."""
    return same_years(left, right) and (_PAST & set(words(left))) == (_PAST & set(words(right)))


def _is_count(mention: Mention) -> bool:
    """Test for a count or a sum, not a price, a rate or a time of day."""
    if _CLOCK.intersection(words(mention.text[: mention.number.span.start])[-1:]):
        return False
    return all(number.value == number.value.to_integral_value() for number in numbers(mention.text))


_CLOCK = frozenset(("الساعة", "الساعه", "at"))


def _alike(left: Number, right: Number) -> bool:
    """Test for equal, rounded or scaled values: 22,790 is "22 thousand"."""
    if same_number(left, right):
        return True
    low, high = sorted((abs(left.value), abs(right.value)))
    if low == 0:
        return False
    step = Decimal(10) ** (len(str(int(low))) - len(str(int(low)).rstrip("0")))
    if step >= 1_000 and step * 10 <= low and high - low < step:
        return True
    return any(low * scale == high for scale in (1_000, 1_000_000))


def _similarity(left: Mention, right: Mention) -> float:
    return _overlap(left.context, right.context) + _overlap(left.content, right.content)


def _overlap(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / max(LEAST_WORDS, min(len(left), len(right)))


def _is_only(mention: Mention) -> bool:
    """Test for the only number of its article that counts the same."""
    rivals = (
        own
        for own in article_mentions(mention.article)
        if own.number.unit == mention.number.unit
        and (own.casualty == mention.casualty if _is_toll(mention) else own.noun == mention.noun)
    )
    return len({own.number.value for own in rivals}) == 1


def _is_toll(mention: Mention) -> bool:
    return mention.casualty is not None and mention.number.unit is None


def _grows(mention: Mention) -> bool:
    """Test for a count of casualties or of people, or one that is said to go on."""
    if mention.number.unit is not None:
        return False
    tokens = words(mention.text)
    after = words(mention.text[mention.number.span.end :])[:1]
    return mention.casualty is not None or not PEOPLE.isdisjoint(after) or not _GROWING.isdisjoint(tokens)
