"""Who did what: a name that the evidence does not know, a name in another's part."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.extractive.type_markers import TITLES
from assistant.grounding.alignment import SURE, Alignment, Index
from assistant.grounding.common import LEADING, ORDINARY, REPORTING, THAT
from assistant.grounding.names import Name, alike, is_role, names, rare
from assistant.grounding.reading import Line

KNOWN = 0.7  # the share of a claim's other words that a sentence must have to speak of the same thing
SAME_PART = 0.55  # the same, where both names stand beside the same word
BESIDE = 2  # words with weight to either side that tell a name's part
AWAY = 3  # the same in the evidence, for the name that the claim has
APART = 0.3  # how much less of the rest of the claim the sentences with the name must have

Told = tuple[str, str]  # the claim's name, and the evidence's where it has one


# --- a name that the evidence does not know ---


def unknown_names(found: Alignment, evidence: Index) -> Iterator[Told]:
    """Names of the claim of which no word stands in the evidence, each with the name that the evidence has instead.

    Where it has none, the title must stand there: "Mayor Karin Lunde" for "the mayor".
    """
    if found.best < 0:
        return
    claim, line = found.claim, evidence.lines[found.best]
    for mine in names(claim):
        if (
            mine.words[0] == 0
            and len(mine.words) > 1
            and _known(found, evidence, 0)
            and claim.terms[0].text not in evidence.proper
        ):
            mine = Name(mine.words[1:], role=0)  # "Curator Lukas Brandt" at the beginning of a sentence
        said = mine.text(claim)
        listed = [claim.terms[at] for at in mine.words]
        if all(term.places for term in listed) or any(term.text in ORDINARY for term in listed):
            continue
        if any(_known(found, evidence, at) for at in mine.words):
            continue
        share = found.share(found.best, mine.words)
        if share < SAME_PART or _abbreviated(said, evidence):
            continue
        others = [name for name in evidence.names(found.best) if _free(found, mine, name)]
        same = [other for other in others if _common_part(found, mine, line, found.best, other)]
        titled = mine.role is not None and found.best in found.matches[mine.role]
        whole = len(mine.words) > 1 or bool(mine.head) or titled
        if same and (whole or _inside(claim, mine)):
            other = same[0].text(line)
        elif others and whole and share >= KNOWN:
            other = others[0].text(line)
        elif titled and share >= KNOWN:
            other = ""
        else:
            continue
        if not any(alike(said, one.text(near)) for near, one in _all_names(evidence)):
            yield said, other


def _known(found: Alignment, evidence: Index, at: int) -> bool:
    """Whether the evidence has a word of a name, or one of the same consonants that is spelt nearly so: not Petra for Vetter."""
    for line, (trust, places) in found.matches[at].items():
        other = evidence.lines[line].terms[places[0]].text
        if trust > SURE or (trust == SURE and alike(found.claim.terms[at].text, other)):
            return True
    return False


def _free(found: Alignment, mine: Name, other: Name) -> bool:
    """Whether a name of the best sentence is of the same kind, in the same letters, and not one of the claim's own."""
    used = {place.word for place in found.places if place and place.line == found.best}
    return mine.head == other.head and not any(word in used for word in other.words)


def _inside(line: Line, name: Name) -> bool:
    """Whether a single word is a name by its capital inside a sentence."""
    term = line.terms[name.words[0]]
    return name.words[0] > 0 and term.text.isascii() and rare(term)


def _abbreviated(name: str, evidence: Index) -> bool:
    """Whether the evidence has the first letters of the name, as UN for United Nations."""
    initials = "".join(word[0] for word in name.lower().split())
    return len(initials) > 1 and any(initials == term.text for line in evidence.lines for term in line.terms)


# --- a name in another's part ---


def misplaced_names(found: Alignment, evidence: Index) -> Iterator[Told]:
    """Names that the evidence has, but does not have do this: another name has the same word beside it there, on the same side."""
    claim = found.claim
    for mine in names(claim, evidence.proper):
        where = {line for at in mine.words for line in found.matches[at]}
        shares = {line: found.share(line, mine.words) for line in found.window}
        number = max(shares, key=lambda share: shares[share], default=-1)
        if not where or number < 0 or shares[number] < SAME_PART:
            continue
        line, said = evidence.lines[number], {term.stem for term in claim.terms}
        inside = number in where
        if not inside and max(found.share(one, mine.words) for one in where) > shares[number] - APART:
            continue
        for other in evidence.names(number):
            long = len(other.words) >= min(2, len(mine.words)) or line.terms[other.words[0]].stem in _surnames(evidence)
            fits = other.head == mine.head and long
            if not fits or not said.isdisjoint(line.terms[word].stem for word in other.words):
                continue
            if _of_one(claim.terms[mine.words[-1]].text, line.terms[other.words[-1]].text):
                continue
            if inside and _listed_with(found, mine, line, number, other):
                continue
            part = _common_part(found, mine, line, number, other)
            held = [any(_has_near(found, mine, evidence, one, at) for one in where) for at in part]
            if part and not (any(held) if inside else all(held)):
                yield mine.text(claim), other.text(line)
                break


def _listed_with(found: Alignment, mine: Name, line: Line, number: int, other: Name) -> bool:
    """Whether the evidence has both names in one list: ضم الوفد مرهف أبو قصرة واللواء حسين سلامة."""
    for word in (word for at in mine.words for word in found.words(at, number)):
        later = max(word, other.words[0])
        for at in range(max(min(word, other.words[-1]) + 1, later - BESIDE), later + 1):
            text = line.terms[at].text
            bare = text[1:] if text.startswith("و") else ""
            if text == "and" or (bare and (bare in TITLES or is_role(bare) or at in (word, other.words[0]))):
                return True
    return False


def _of_one(name: str, other: str) -> bool:
    """Whether one is made from the other: Tavria, Tavrian."""
    return min(len(name), len(other)) >= 4 and (name.startswith(other) or other.startswith(name))


def _surnames(evidence: Index) -> set[str]:
    """The last words of the names of several words: Keller, where the text has Anna Keller, too."""
    return {line.terms[one.words[-1]].stem for line, one in _all_names(evidence) if len(one.words) > 1}


def _all_names(evidence: Index) -> Iterator[tuple[Line, Name]]:
    """Every name of a text, with its sentence."""
    return ((line, name) for number, line in enumerate(evidence.lines) for name in evidence.names(number))


def _beside(line: Line, at: int, step: int, room: int) -> list[int]:
    """The next words with weight on one side, up to so many, and up to a "that": what is said behind it has its own names."""
    listed: list[int] = []
    at += step
    while 0 <= at < len(line.terms) and len(listed) < room and line.terms[at].text not in THAT:
        if line.terms[at].weight:
            listed.append(at)
        at += step
    return listed


def _common_part(found: Alignment, mine: Name, line: Line, number: int, other: Name) -> list[int]:
    """The words of the claim beside this name that the other name has beside it in the evidence, on the same side."""
    common = []
    for step, edge in ((-1, 0), (1, -1)):
        there = _beside(line, other.words[edge], step, BESIDE)
        for at in _beside(found.claim, mine.words[edge], step, BESIDE):
            trust, places = found.matches[at].get(number, (0.0, []))
            term = found.claim.terms[at].text
            told = term in REPORTING or bool(mine.head and term.endswith(mine.head))
            beside = [word for word in places if word in there]
            led = _led(found.claim, at, mine.words[edge]) if beside else False
            if trust >= SURE and not told and any(_led(line, word, other.words[edge]) == led for word in beside):
                common.append(at)
    return common


def _led(line: Line, at: int, name: int) -> bool:
    """Whether a preposition stands between a word and a name."""
    return any(term.text in LEADING for term in line.terms[min(at, name) + 1 : max(at, name)])


def _has_near(found: Alignment, mine: Name, evidence: Index, line: int, at: int) -> bool:
    """Whether a sentence has the name near this word of the claim, on either side."""
    places = found.words(at, line)
    for one in mine.words:
        for word in found.words(one, line):
            around = [*_beside(evidence.lines[line], word, -1, AWAY), *_beside(evidence.lines[line], word, 1, AWAY)]
            if not set(places).isdisjoint(around):
                return True
    return False
