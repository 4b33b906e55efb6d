"""The word lists of the check, and what the forms of a word share: its verb's stem, its root, its weight."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from assistant.grounding.common import FUNCTION, REPORTING
from index.language.analyzer import stem
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
    """What the tenses and persons of a verb share with its noun of action, more narrowly than the root.

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
    """A guess at what all the words of one family share: in Arabic the strong letters, in English the first ones.

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


class Lexicon(NamedTuple):
    """What words mean to one another: groups of synonyms, sides of opposites, places, phrases that have a side of their own."""

    groups: dict[str, frozenset[int]]
    sides: dict[str, frozenset[int]]
    turning: frozenset[
        str
    ]  # the very words that are listed: "before" has a side, the على that looks like أعلى has none
    places: dict[str, frozenset[int]]
    phrases: dict[tuple[str, str], frozenset[int]]  # the sides of "left out", written left_out in the list
    firsts: frozenset[str]  # the first words of phrases

    def side_of(self, word: str) -> frozenset[int]:
        """The sides of a word; the و, ف, ب or ل that is written onto it may have to go first."""
        base = stem(word)
        found = self.sides.get(_side_key(base, form(base)), frozenset())
        return self.side_of(word[1:]) if not found and word[0] in "وفبل" and len(word) >= 4 else found


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lists, read once."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    sides: defaultdict[str, set[int]] = defaultdict(set)
    places: defaultdict[str, set[int]] = defaultdict(set)
    turning: set[str] = set()
    phrases: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for number, line in enumerate(listed_in("synonyms.txt")):
        for word in line.split():
            groups[form(stem(folded(word)))].add(number)
    for number, line in enumerate(listed_in("opposites.txt")):
        for side, listed in enumerate(line.split("|")):
            for word in folded(listed).split():
                if "_" in word:
                    first, second = word.split("_")
                    phrases[first, second].add(2 * number + side)
                    continue
                turning.add(word)
                base = stem(word)
                sides[_side_key(base, form(base))].add(2 * number + side)
    for number, line in enumerate(listed_in("places.txt"), PLACES):
        for word in line.split():
            places[stem(folded(word))].add(number)
    return Lexicon(
        {word: frozenset(group) for word, group in groups.items()},
        {word: frozenset(match for match in side if match ^ 1 not in side) for word, side in sides.items()},
        frozenset(turning),
        {word: frozenset(place) for word, place in places.items()},
        {words: frozenset(phrase) for words, phrase in phrases.items()},
        frozenset(first for first, _ in phrases),
    )


PLACES = 10_000  # the numbers of places begin here, beyond those of synonyms


def _side_key(base: str, shared: str) -> str:
    """What a word's side is looked up by: what its forms share, unless too little is left of it to mean anything."""
    return shared if len(shared) >= 3 and len(base) - len(shared) <= 2 else "=" + base


def listed_in(name: str) -> Iterator[str]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _frequent() -> dict[str, float]:
    """Word → its weight, as frequent.txt has it: a line for each weight."""
    weights: dict[str, float] = {}
    for line in listed_in("frequent.txt"):
        share, *listed = line.split()
        weights.update(dict.fromkeys(listed, float(share)))
    return weights


def weight(word: str) -> float:
    """What the absence of a folded word costs: 0 for words that only join others, about 1 for a rare one."""
    if word in FUNCTION or (len(word) == 1 and not word.isdigit()):
        return 0.0
    if word in REPORTING:
        return 0.3
    known = _frequent()
    found = known.get(word, 1.1)
    if found > 1 and not word.isascii() and not word.startswith("ال"):
        found = known.get(stem(word), found)
    return max(0.15, found)
