"""A name of the claim that the evidence does not know, where the evidence has another; two names that changed places."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from assistant.cues import TITLES
from assistant.grounding.alignment import Alignment, Index
from assistant.grounding.common import ORDINARY
from assistant.grounding.reading import Line, Term

KNOWN = 0.7  # the share of a claim's other words that a sentence must have to speak of the same thing
RARE = 0.9  # the weight of a word that no list of common words has
ALIKE = 0.6  # from here on two names may be spellings of one
HEADLINE = 0.6  # the share of capitals from which they tell nothing


def unknown_names(found: Alignment, evidence: Index) -> Iterator[tuple[str, str]]:
    """Names of the claim of which no word stands in the evidence, each with the name that the evidence has instead."""
    if found.best < 0:
        return
    line = evidence.lines[found.best]
    used = {place.word for place in found.places if place and place.line == found.best}
    known = {term.stem for term in found.claim.terms}
    theirs = [
        run
        for run in [*_capitalised(line), *_titled(line)]
        if not any(word in used or line.terms[word].stem in known for word in run)
    ]
    for mine in [*_capitalised(found.claim), *_titled(found.claim)]:
        if any(found.matches[at] or found.claim.terms[at].places for at in mine) or _share(found, mine) < KNOWN:
            continue
        name = _text(found.claim, mine)
        for run in theirs:
            other = _text(line, run)
            if name.isascii() == other.isascii() and _different(name, other) and not _spelt_out(name, evidence):
                yield name, other
                break


def _text(line: Line, run: list[int]) -> str:
    return line.text[line.spans[run[0]].start : line.spans[run[-1]].end]


def _share(found: Alignment, leaving: list[int]) -> float:
    listed = [
        (term.weight, found.best in match)
        for at, (term, match) in enumerate(zip(found.claim.terms, found.matches, strict=True))
        if term.weight and at not in leaving
    ]
    return sum(weight * there for weight, there in listed) / (sum(weight for weight, _ in listed) or 1.0)


def _different(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio() < ALIKE


def _spelt_out(name: str, evidence: Index) -> bool:
    """Whether the evidence has the first letters of the name, as UN for United Nations."""
    initials = "".join(word[0] for word in name.lower().split())
    return any(initials == term.text for line in evidence.lines for term in line.terms)


def _capitalised(line: Line) -> list[list[int]]:
    """Two or three words with capitals that follow one another, titles left out; none in a headline."""
    content = [at for at, term in enumerate(line.terms) if term.weight and not term.number and not term.date]
    capitals = [at for at in content if line.text[line.spans[at].start].isupper()]
    if len(capitals) > HEADLINE * len(content) and len(content) > 5:
        return []
    runs: list[list[int]] = []
    for at in capitals:
        term = line.terms[at]
        if not term.text.isalpha() or term.text in TITLES or term.places:
            continue
        if runs and runs[-1][-1] == at - 1 and not line.breaks[at - 1]:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [run for run in runs if len(run) in (2, 3)]


def _titled(line: Line) -> list[list[int]]:
    """What follows an Arabic title: one word or two after الوزير, two after وزير."""
    runs = []
    for at, term in enumerate(line.terms[:-1]):
        if term.text in TITLES and not term.text.isascii():
            run = []
            for after in range(at + 1, min(at + 3, len(line.terms))):
                if line.breaks[after - 1] or not _bare(line.terms[after]) or line.terms[after].text in TITLES:
                    break
                run.append(after)
            if len(run) >= (1 if term.text.startswith("ال") else 2):
                runs.append(run)
    return runs


def _bare(term: Term) -> bool:
    """Whether an Arabic word has no article and may be a name."""
    plain = term.weight >= 0.3 and not term.number and not term.date and term.text not in ORDINARY
    return plain and not term.text.isascii() and not term.text.startswith(("ال", "وال", "بال", "لل"))


def neighbours_exchanged(found: Alignment, evidence: Index) -> tuple[str, str] | None:
    """Two names side by side that the evidence has the other way round between the same words: who accused whom."""
    if found.best < 0:
        return None
    claim, line = found.claim, evidence.lines[found.best]
    for a in range(len(claim.terms) - 1):
        b = a + 1
        places = [found.matches[at].get(found.best, (0.0, []))[1] for at in (a, b)]
        if claim.breaks[a] or any(len(one) != 1 for one in places) or places[0][0] != places[1][0] + 1:
            continue
        there, first = places[1][0], claim.terms[a]
        straight = evidence.follow((first.stem, claim.terms[b].stem)) or line.breaks[there]
        if straight or not _of_one_kind(claim, a, b):
            continue
        around = [_same(claim, a - 1, line, there - 1), _same(claim, b + 1, line, there + 2)]
        verb_before = around[0] and claim.terms[a - 1].weight  # "Trudeau refused" may stand the other way round
        if all(one is not False for one in around) and (verb_before or (first.text.isascii() and any(around))):
            return claim.spans[a].of(claim.text), claim.spans[b].of(claim.text)
    return None


def _same(claim: Line, at: int, line: Line, word: int) -> bool | None:
    """Whether two words are one; None where the claim or the sentence has none there."""
    if not (0 <= at < len(claim.terms) and 0 <= word < len(line.terms)):
        return None
    return claim.terms[at].stem == line.terms[word].stem


def _of_one_kind(claim: Line, a: int, b: int) -> bool:
    one, other = claim.terms[a], claim.terms[b]
    if (
        any(term.text.startswith("و") and not term.stem.startswith("و") for term in (one, other))
        or one.stem == other.stem
    ):
        return False
    if one.places and other.places:
        return True
    if one.text.isascii():
        return all(
            claim.terms[at].text.isalpha()
            and claim.text[claim.spans[at].start].isupper()
            and claim.terms[at].text not in TITLES
            and claim.terms[at].weight >= RARE
            for at in (a, b)
        )
    return _bare(one) and _bare(other) and min(one.weight, other.weight) >= RARE
