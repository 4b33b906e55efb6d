"""Word knowledge of the check.

Forms, roots and weights of words, synonyms, places, clause words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from index.language.analyzer import stem
from index.language.lexicons import lines, load_groups
from index.language.normalize import folded

# --- what the forms of a word share ---

_AFFIXED = re.compile("^[ايتن](?=...)|(?<=...)ت$")
_FUTURE = re.compile("^س(?=[ايتن]...)")
_INNER = re.compile("(?<=.)[اويء]")
_WEAK = re.compile("[اويءه]")
_ENDINGS = re.compile(
    "(?<=....)(?:ation|ition|tion|sion|ment|ness|ance|enc|ity|iv|al|ly|er|or|ist|ism|ous|ful|abl|ibl|iz|is|ic|e)+$"
)


def form(word_stem: str) -> str:
    """Return what the tenses and persons of a verb share with its noun of action.

    Narrower than the root.

    >>> {form(stem(word)) for word in ("ارتفع", "ارتفعت", "يرتفع", "سيرتفع", "ارتفاع")}
    {'رتفع'}
    """
    if word_stem.isascii():
        return word_stem
    if word_stem not in _frequent():
        word_stem = _FUTURE.sub("", word_stem)
    bare = _INNER.sub("", _AFFIXED.sub("", word_stem))
    return bare if len(bare) >= 2 else word_stem


def root(word_stem: str) -> str:
    """Guess what the words of a family share.

    In Arabic the strong letters, in English the beginning.

    >>> [root(stem(word)) for word in ("ارتفاع", "يرتفع", "مرتفعه", "announcement", "announced")]
    ['رفع', 'رفع', 'رفع', 'announc', 'announc']
    """
    if word_stem.isascii():
        return _ENDINGS.sub("", word_stem)
    strong = _WEAK.sub("", word_stem)
    for prefix in ("ست", "م", "ت", "ن"):
        if strong.startswith(prefix) and len(strong) - len(prefix) >= 3:
            strong = strong[len(prefix) :]
            break
    if len(strong) == 4 and strong[1] == "ت":
        strong = strong[0] + strong[2:]
    return strong if len(strong) >= 3 else word_stem


# --- word lists ---

_CLAUSE_WORDS = load_groups("clause_words")
FUNCTION, REPORTING = _CLAUSE_WORDS["function"], _CLAUSE_WORDS["reporting"]
NEGATORS, DENIALS, HEDGES = _CLAUSE_WORDS["negator"], _CLAUSE_WORDS["denial"], _CLAUSE_WORDS["hedge"]
PREPOSITIONS, COMPLEMENTIZERS = _CLAUSE_WORDS["preposition"], _CLAUSE_WORDS["complementizer"]
ORDINARY = _CLAUSE_WORDS["ordinary"]
ATTRIBUTION, CONDITION, PRONOUNS = _CLAUSE_WORDS["attribution"], _CLAUSE_WORDS["condition"], _CLAUSE_WORDS["pronoun"]
ACCORDING = _CLAUSE_WORDS["according"]
QUALIFIERS = DENIALS | NEGATORS | HEDGES  # what is said with one of these is not simply asserted
CONTENT = 0.3  # the weight from which a word carries content of its own


class Lexicon(NamedTuple):
    """Relations between words by number: synonym classes and places."""

    synonyms: dict[str, frozenset[int]]
    places: dict[str, frozenset[int]]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read the lists, once."""
    synonyms: defaultdict[str, set[int]] = defaultdict(set)
    places: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(lines("synonyms")):
        for word in line.split():
            synonyms[form(stem(folded(word)))].add(number)
    for number, line in enumerate(lines("places"), PLACES):
        for word in line.split():
            places[stem(folded(word))].add(number)
    return Lexicon(
        {word: frozenset(classes) for word, classes in synonyms.items()},
        {word: frozenset(classes) for word, classes in places.items()},
    )


PLACES = 10_000  # numbers of places begin here, beyond those of synonyms


@lru_cache(maxsize=1)
def _frequent() -> dict[str, float]:
    weights: dict[str, float] = {}
    for line in lines("word_weights"):
        share, *listed = line.split()
        weights.update(dict.fromkeys(listed, float(share)))
    return weights


def weight(word: str) -> float:
    """Return the weight of a folded word: 0 for function words, about 1 if rare."""
    if word in FUNCTION or (len(word) == 1 and not word.isdigit()):
        return 0.0
    if word in REPORTING:
        return 0.3
    known = _frequent()
    value = known.get(word, 1.1)
    if value > 1 and not word.isascii() and not word.startswith("ال"):
        value = known.get(stem(word), value)
    return max(0.15, value)
