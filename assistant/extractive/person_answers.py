"""Find the role, places or speaker that a question for a person names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import chain

from assistant.extractive.answer_type import same_noun
from assistant.query.parse import Question
from assistant.query.question_type import ASKS_WHO, ROLES
from index.language.analyzer import stem, words
from index.language.lexicons import lines
from index.language.normalize import folded

NEAR = 6  # words between a role and the country of its holder


def role(question: Question) -> str | None:
    """Return the word of a question for the role of the person asked for.

    >>> from assistant.query.parse import parse_question
    >>> role(parse_question("من هو وزير المالية؟", ())), role(parse_question("من افتتح الجسر؟", ()))
    ('وزير', None)
    """
    line = " ".join(words(question.text))
    opening = ASKS_WHO.match(line) if question.kind == "person" else None
    if not opening:
        return None
    first = line[opening.end() :].split()[: 1 if "\u0621" <= line[0] <= "\u064a" else 4]
    return next((word for word in first if word in ROLES or word.removeprefix("ال") in ROLES), None)


def holds_office(role: str, places: frozenset[int], tokens: Collection[str], title: Collection[str]) -> bool:
    """Test whether a sentence has the role and, with its title, the places asked for."""
    return any(same_noun(role, word) for word in tokens) and places <= find_places((*tokens, *title))


def is_elsewhere(role: str, places: frozenset[int], tokens: Sequence[str], context: Collection[str]) -> bool:
    """Test whether a sentence is about a person of other places than those asked for.

    The places near the role decide; if there are none, those of the sentence and its context.

    >>> asked, context = find_places(["اليمني"]), words("وصل إلى صنعاء")
    >>> is_elsewhere("وزير", asked, words("وزير الدفاع الفرنسي جان مورو"), context)
    True
    >>> is_elsewhere("وزير", asked, words("قال وزير الدفاع"), context)
    False
    """
    positions = [at for at, word in enumerate(tokens) if same_noun(role, word)]
    near = {word for at in positions for word in tokens[max(0, at - NEAR) : at + NEAR + 1]}
    return not places <= (find_places(near or tokens) or find_places((*tokens, *context)))


def find_places(tokens: Iterable[str]) -> frozenset[int]:
    """Return the entry numbers of the places that some folded words name.

    >>> find_places(["وزير", "روسيا"]) == find_places(["الروسي"]) != find_places(["سوريا"])
    True
    """
    return _NONE.union(*map(_places_of_word, tokens))


@lru_cache(maxsize=5_000)
def _places_of_word(word: str) -> frozenset[int]:
    places = _entries_by_stem().get(stem(word), _NONE)
    return places or (_entries_by_stem().get(stem(word[1:]), _NONE) if word[0] in "وفبل" and len(word) > 4 else _NONE)


@lru_cache(maxsize=1)
def _entries_by_stem() -> dict[str, frozenset[int]]:
    """Map the stem of each name of a place to the numbers of its entries in the list."""
    entries: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(chain.from_iterable(map(lines, ("places", "countries", "cities")))):
        for word in folded(line).split():
            for form in (word, "ال" + word):  # without the article, فرنسي may be stemmed as ف + رنسي
                entries[stem(form)].add(number)
    return {word: frozenset(numbers) for word, numbers in entries.items()}


_NONE: frozenset[int] = frozenset()


def speaker(question: Question) -> tuple[str, ...]:
    """Return the words for the speaker of the statement that is asked for.

    >>> from assistant.query.parse import parse_question
    >>> speaker(parse_question("ماذا قال رئيس البلدية عن الجسر؟", ()))
    ('رييس', 'البلديه')
    >>> speaker(parse_question("What did Lunde say about it?", ()))
    ('lunde',)
    """
    if question.kind != "statement":
        return ()
    match = _SPEAKER.search(" ".join(words(question.text)))
    named = (match[1] or match[2] or "").split() if match else []
    return tuple(word for word in named if word in question.terms)


_SPEAKER = re.compile(
    r"^(?:\S+ )?(?:ماذا|شو|ايش|وش|بماذا|بم|عم|الذي|كيف) \S+ (.+?)"
    r"(?: (?:عن|في|حول|بشان|ان|انه|انها|خلال|بعد|عند|علي|من|الي|ب\S+|ل\S+)(?: |$)|$)"
    r"|^(?:what|how) (?:did|does|do|has|had|have|was|were) (.+?) "
    r"(?:say|said|state|announce|declare|claim|argue|call|describe|warn|respond|comment)"
)
