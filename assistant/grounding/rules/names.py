"""Object to names and places that the evidence lacks or has in another role."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assistant.alignment.aligner import SURE, Alignment, EvidenceIndex, Language, Place
from assistant.alignment.lexicon import COMPLEMENTIZERS, ORDINARY, PREPOSITIONS, REPORTING
from assistant.alignment.proper_names import Name, alike, is_role, names, rare
from assistant.alignment.tokenization import Tokenized
from assistant.grounding.substitutions import is_in_place, substitutions
from assistant.models import Contradiction
from assistant.query.type_markers import TITLES

KNOWN = 0.7  # the share of a claim's other words that a sentence must have to speak of the same thing
SAME_PART = 0.55  # the same, where both names stand beside the same word
CONTEXT = 2  # content words to either side that tell a name's part
AWAY = 3  # the same in the evidence, for the name that the claim has
APART = 0.3  # how much less of the rest of the claim the sentences with the name must have


class Names:
    """Names and places that are not there, or stand in another's part."""

    code = "names"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield names of the claim that the evidence lacks or has in another role.

        >>> from assistant.alignment.aligner import align, index_text
        >>> from assistant.alignment.tokenization import tokenize
        >>> there = index_text("The mayor of Portmere, Peter Novak, resigned on Monday.")
        >>> claim = tokenize("John Smith resigned as mayor of Portmere.")
        >>> [(item.code, item.text, item.evidence) for item in Names().find(align(claim, there))]
        [('unknown_name', 'John Smith', 'Peter Novak')]
        """
        seen = set[int]()
        for item in (*_replaced(alignment), *_misplaced(alignment), *_unknown(alignment), *_places(alignment)):
            if item.start not in seen:
                seen.add(item.start)
                yield item


def _unknown(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield names of which no word stands in the evidence.

    With the name that it has instead.

    Where it has none, the title must stand there: "Mayor Karin Lunde" for "the mayor".
    """
    if alignment.best < 0:
        return
    claim, evidence = alignment.claim, alignment.evidence
    line = evidence.lines[alignment.best]
    for name in names(claim):
        if (
            name.words[0] == 0
            and len(name.words) > 1
            and _known(alignment, 0)
            and claim.tokens[0].text not in evidence.proper
        ):
            name = Name(name.words[1:], role=0)  # "Curator Lukas Brandt" at the beginning of a sentence
        listed = [claim.tokens[at] for at in name.words]
        if all(token.places for token in listed) or any(token.text in ORDINARY for token in listed):
            continue
        share = alignment.share(alignment.best, name.words)
        known = any(_known(alignment, at) for at in name.words)
        if known or share < SAME_PART or _abbreviated(name.text(claim), evidence):
            continue
        other = _instead(alignment, name, line, share)
        if other is not None and not any(
            alike(name.text(claim), item.text(near)) for near, item in _all_names(evidence)
        ):
            yield alignment.contradiction("unknown_name", name.words[0], name.words[-1], other)


def _instead(alignment: Alignment, name: Name, line: Tokenized, share: float) -> str | None:
    """Return the evidence's name in the place of an unknown one, "" for a title."""
    others = [other for other in alignment.evidence.names(alignment.best) if _unused(alignment, name, other)]
    same = [other for other in others if _common_part(alignment, name, line, alignment.best, other)]
    titled = name.role is not None and alignment.best in alignment.matches[name.role]
    whole = len(name.words) > 1 or bool(name.head) or titled
    if same and (whole or _inside(alignment.claim, name)):
        return same[0].text(line)
    if others and whole and share >= KNOWN:
        return others[0].text(line)
    return "" if titled and share >= KNOWN else None


def _misplaced(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield names of the evidence that another name has in its place there.

    The same word on the same side.
    """
    claim, evidence = alignment.claim, alignment.evidence
    for name in names(claim, evidence.proper):
        where = {line for at in name.words for line in alignment.matches[at]}
        shares = {line: alignment.share(line, name.words) for line in alignment.window}
        number = max(shares, key=lambda share: shares[share], default=-1)
        if not where or number < 0 or shares[number] < SAME_PART:
            continue
        line, stems = evidence.lines[number], {token.stem for token in claim.tokens}
        inside = number in where
        if not inside and max(alignment.share(other, name.words) for other in where) > shares[number] - APART:
            continue
        for other in evidence.names(number):
            long = len(other.words) >= min(2, len(name.words)) or line.tokens[other.words[0]].stem in _surnames(
                evidence
            )
            fits = other.head == name.head and long
            if not fits or not stems.isdisjoint(line.tokens[word].stem for word in other.words):
                continue
            if _derived(claim.tokens[name.words[-1]].text, line.tokens[other.words[-1]].text):
                continue
            if inside and _listed_with(alignment, name, line, number, other):
                continue
            part = _common_part(alignment, name, line, number, other)
            held = [any(_has_near(alignment, name, near, at) for near in where) for at in part]
            if part and not (any(held) if inside else all(held)):
                yield alignment.contradiction("name", name.words[0], name.words[-1], other.text(line))
                break


def _replaced(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield a name of the article exactly where the evidence has another."""
    used = {place for place in alignment.places if place}
    for item in substitutions(alignment):
        if not item.tight or not is_in_place(alignment, item):
            continue
        line = alignment.evidence.lines[item.line]
        mine = _names_among(alignment.claim, item.claim, alignment.evidence.proper)
        listed = _names_among(line, item.evidence, alignment.evidence.proper)
        theirs = [word for word, head in listed.items() if head in mine.values()]
        moved = [
            at
            for at in mine
            if alignment.matches[at].keys() - {item.line} and not _spare(alignment, at, item.line, used)
        ]
        stems = {token.stem for token in alignment.claim.tokens}
        both = len(theirs) > 1 and {line.tokens[word].stem for word in theirs} <= stems  # the claim names them, too
        if moved and theirs and not both:
            yield alignment.contradiction("name", moved[0], moved[-1], line.text_of(theirs[0], theirs[-1]))


def _places(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield a place that the evidence does not name, where it names another."""
    tokens = alignment.claim.tokens
    away = [at for at, token in enumerate(tokens) if token.places and not alignment.matches[at]]
    if not away or alignment.best < 0 or alignment.share(alignment.best, away) < KNOWN:
        return
    mine = frozenset(place for token in tokens for place in token.places)
    line = alignment.evidence.lines[alignment.best]
    instead = next((word for word, token in enumerate(line.tokens) if token.places and not token.places & mine), None)
    if instead is not None:
        yield alignment.contradiction("place", away[0], away[0], line.text_of(instead, instead))


def _spare(alignment: Alignment, at: int, line: int, used: set[Place]) -> bool:
    """Whether a sentence has a word at a place that no other word of the claim takes."""
    return any(Place(line, word) not in used for word in alignment.words(at, line))


def _names_among(line: Tokenized, words: tuple[int, ...], proper: Collection[str]) -> dict[int, str]:
    """Return those of the words that belong to a name.

    Each with what it is the name of, if known.
    """
    named = {at: name.head for name in names(line) for at in name.words}
    for at in words:
        token = line.tokens[at]
        if token.text.isascii() and line.text[line.spans[at].start].isupper() and (at or token.text in proper):
            named[at] = ""
        elif token.places:
            named[at] = "place"
    return {at: named[at] for at in words if at in named and not (line.tokens[at].number or line.tokens[at].date)}


def _free(alignment: Alignment, at: int, line: int, used: set[Place]) -> bool:
    """Whether the sentence has the word where no other word of the claim stands."""
    return any(Place(line, word) not in used for word in alignment.words(at, line))


def _known(alignment: Alignment, at: int) -> bool:
    """Whether the evidence has a word of a name, in some spelling."""
    for line, (trust, places) in alignment.matches[at].items():
        other = alignment.evidence.lines[line].tokens[places[0]].text
        if trust > SURE or (trust == SURE and alike(alignment.claim.tokens[at].text, other)):
            return True
    return False


def _unused(alignment: Alignment, mine: Name, other: Name) -> bool:
    """Whether the best sentence has another name of the same kind."""
    used = {place.word for place in alignment.places if place and place.line == alignment.best}
    return mine.head == other.head and not any(word in used for word in other.words)


def _inside(line: Tokenized, name: Name) -> bool:
    """Whether a single word is a name by its capital inside a sentence."""
    token = line.tokens[name.words[0]]
    return name.words[0] > 0 and token.text.isascii() and rare(token)


def _abbreviated(name: str, evidence: EvidenceIndex) -> bool:
    """Whether the evidence has the first letters of the name.

    As UN for United Nations.
    """
    initials = "".join(word[0] for word in name.lower().split())
    return len(initials) > 1 and any(initials == token.text for line in evidence.lines for token in line.tokens)


def _listed_with(alignment: Alignment, mine: Name, line: Tokenized, number: int, other: Name) -> bool:
    """Whether the evidence has both names in one list.

    ضم الوفد مرهف أبو قصرة واللواء حسين سلامة.
    """
    for word in (word for at in mine.words for word in alignment.words(at, number)):
        later = max(word, other.words[0])
        for at in range(max(min(word, other.words[-1]) + 1, later - CONTEXT), later + 1):
            text = line.tokens[at].text
            bare = text[1:] if text.startswith("و") else ""
            if text == "and" or (bare and (bare in TITLES or is_role(bare) or at in (word, other.words[0]))):
                return True
    return False


def _derived(name: str, other: str) -> bool:
    """Whether one is made from the other: Tavria, Tavrian."""
    return min(len(name), len(other)) >= 4 and (name.startswith(other) or other.startswith(name))


def _surnames(evidence: EvidenceIndex) -> set[str]:
    """Return the last words of full names: Keller, if the text has Anna Keller."""
    return {line.tokens[name.words[-1]].stem for line, name in _all_names(evidence) if len(name.words) > 1}


def _all_names(evidence: EvidenceIndex) -> Iterator[tuple[Tokenized, Name]]:
    """Every name of a text, with its sentence."""
    return ((line, name) for number, line in enumerate(evidence.lines) for name in evidence.names(number))


def _neighbours(line: Tokenized, at: int, step: int, room: int) -> list[int]:
    """Return the next content words on one side, up to a "that".

    What is said behind it has its own names.
    """
    listed: list[int] = []
    at += step
    while 0 <= at < len(line.tokens) and len(listed) < room and line.tokens[at].text not in COMPLEMENTIZERS:
        if line.tokens[at].weight:
            listed.append(at)
        at += step
    return listed


def _common_part(alignment: Alignment, mine: Name, line: Tokenized, number: int, other: Name) -> list[int]:
    """Return the claim's words beside a name that another has beside it there."""
    common = []
    for step, edge in ((-1, 0), (1, -1)):
        there = _neighbours(line, other.words[edge], step, CONTEXT)
        for at in _neighbours(alignment.claim, mine.words[edge], step, CONTEXT):
            trust, places = alignment.matches[at].get(number, (0.0, []))
            token = alignment.claim.tokens[at].text
            common_word = (
                bool(alignment.claim.tokens[at].date)
                or token in REPORTING
                or bool(mine.head and token.endswith(mine.head))
            )
            near = [word for word in places if word in there]
            led = _led(alignment.claim, at, mine.words[edge]) if near else False
            if trust >= SURE and not common_word and any(_led(line, word, other.words[edge]) == led for word in near):
                common.append(at)
    return common


def _led(line: Tokenized, at: int, name: int) -> bool:
    """Whether a preposition stands between a word and a name."""
    return any(token.text in PREPOSITIONS for token in line.tokens[min(at, name) + 1 : max(at, name)])


def _has_near(alignment: Alignment, mine: Name, line: int, at: int) -> bool:
    """Whether a sentence has the name near this word of the claim, on either side."""
    places, tokens = alignment.words(at, line), alignment.evidence.lines[line]
    for part in mine.words:
        for word in alignment.words(part, line):
            around = [*_neighbours(tokens, word, -1, AWAY), *_neighbours(tokens, word, 1, AWAY)]
            if not set(places).isdisjoint(around):
                return True
    return False
