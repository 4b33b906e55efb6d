"""Object to a claim that denies what the evidence says, or says what it denies."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.grounding.alignment import Alignment, Language, Place
from assistant.grounding.lexicon import DENIALS, NEGATORS, QUALIFIERS, RELATIVE
from assistant.grounding.negation_scope import under_denial
from assistant.grounding.polarity import is_negated, is_opposed
from assistant.grounding.tokenization import Token
from assistant.models import Contradiction

LIKELY = 0.65  # the share of a claim that a sentence must have where nothing else in either is denied
SHARE = 0.45  # the same, where the words around are the same, too
SAME = 0.9  # trust from which the denied word is the same verb
_EXCEPTIONS = frozenset(("الا", "سوي", "until", "unless", "except"))
NEAR = 4  # content words within which another word of the claim must stand by one that is denied

_FAILING = frozenset(
    (
        "failed fail fails failing refused refuses declined declines unable فشل فشلت يفشل تفشل اخفق اخفقت عجز "
        "عجزت امتنع امتنعت"
    ).split()
)
_OF_NOUNS = frozenset("non غير without بدون دون بلا nor عدم".split())  # a non-runner is another than a runner
_TO = frozenset(("to", "في", "عن"))
_NO_LONGER = frozenset("longer yet ever even still يعد تعد نعد اعد يعودوا".split())
_STILL = frozenset("زال زالت زالوا يزال تزال يزالون يزل تزل تزالان يزالان".split())  # "ما زال" denies nothing
_NOT_DENYING = frozenset("only just merely least all every سيما بد شك فقط كل جميع".split())


class Negation:
    """A negation on one side only."""

    code = "negation"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield what is denied on one side only.

        >>> from assistant.grounding.alignment import align, index_text
        >>> from assistant.grounding.tokenization import tokenize
        >>> there = index_text("The harbour did not open in May.")
        >>> claim = tokenize("The harbour opened in May.")
        >>> [(item.text, item.evidence) for item in Negation().find(align(claim, there))]
        [('opened', 'not open')]
        """
        direct = [*_denied_here(alignment), *_denied_there(alignment)]
        yield from direct or [*_plainly_here(alignment), *_plainly_there(alignment)]
        if under := under_denial(alignment):
            yield alignment.contradiction("negation", *under)


def _denied_here(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield what the claim denies and the evidence, in the same words, does not."""
    tokens, used = alignment.claim.tokens, {place for place in alignment.places if place}
    for at, token in enumerate(tokens):
        denied = _denied(tokens, at) if token.text in NEGATORS and not _limited(tokens, at) else None
        place = alignment.places[denied] if denied is not None else None
        if denied is None or place is None or alignment.places[at] is not None:
            continue
        theirs = alignment.evidence.lines[place.line].tokens
        free = [their for word, their in enumerate(theirs) if Place(place.line, word) not in used]
        if any(is_opposed(tokens[denied], other) for other in free):
            continue  # "did not attend", "was absent"
        same = alignment.matches[denied][place.line][0] >= SAME
        alike = alignment.share(place.line, (at, denied)) >= SHARE and _steady(alignment, at, denied)
        only_particles = tokens[denied].text in DENIALS  # "did not refuse" agrees with a particle, not with "refused"
        if same and alike and not is_negated(theirs, place.word, only_particles):
            yield alignment.contradiction("negation", at, denied, _around(alignment, place))


def _limited(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a negation is of a noun, in a relative clause, or taken back by an exception: "not until", لن … إلا."""
    relative = any(token.text in RELATIVE for token in tokens[max(0, at - 2) : at])
    return relative or tokens[at].text in _OF_NOUNS or any(token.text in _EXCEPTIONS for token in tokens[at:])


def _denied_there(alignment: Alignment) -> Iterator[Contradiction]:
    tokens = alignment.claim.tokens
    used = {place: at for at, place in enumerate(alignment.places) if place}
    for line in sorted({place.line for place in used}):
        if alignment.share(line) < SHARE:
            continue
        theirs = alignment.evidence.lines[line].tokens
        for word, end in _denials(theirs):
            mine = used.get(Place(line, end))
            steady = Place(line, word) not in used and mine is not None and _steady(alignment, mine, mine)
            if mine is not None and steady and not is_negated(tokens, mine):
                yield alignment.contradiction("negation", mine, mine, alignment.evidence.lines[line].text_of(word, end))


def _plainly_here(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield a "not" of the claim against a sentence that says the same without one.

    The order of words may differ; a sentence with an opposite does not count.
    """
    if alignment.best < 0 or alignment.share(alignment.best) < LIKELY:
        return
    tokens, line = alignment.claim.tokens, alignment.evidence.lines[alignment.best]
    if any(token.text in NEGATORS or token.text in DENIALS for token in line.tokens):
        return
    for at, end in _denials(tokens):
        trust, places = alignment.matches[end].get(alignment.best, (0.0, []))
        antonyms = {side ^ 1 for token in tokens for side in token.antonyms}
        if trust >= SAME and not _limited(tokens, at) and not any(antonyms & token.antonyms for token in line.tokens):
            yield alignment.contradiction("negation", at, end, line.text_of(places[0], places[0]))
            return


def _plainly_there(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield the verb of a claim in which nothing is denied, against a sentence that denies it in another order."""
    tokens = alignment.claim.tokens
    if any(token.text in QUALIFIERS for token in tokens):
        return
    for number in alignment.window:
        if alignment.share(number) < LIKELY:
            continue
        line = alignment.evidence.lines[number]
        for word, end in _denials(line.tokens):
            mine = [at for at in range(len(tokens)) if end in alignment.words(at, number)]
            mine = [] if line.tokens[word].text in _OF_NOUNS else mine
            if (
                mine
                and _by(alignment, number, line.tokens, end, mine[0])
                and not _said_elsewhere(alignment, mine[0], number)
            ):
                antonyms = {side ^ 1 for side in line.tokens[end].antonyms}
                if not any(antonyms & token.antonyms for token in tokens):
                    yield alignment.contradiction("negation", mine[0], mine[0], line.text_of(word, end))
                    return


def _by(alignment: Alignment, number: int, theirs: tuple[Token, ...], end: int, mine: int) -> bool:
    """Whether another word of the claim stands close to the one that is denied."""
    weighty = [at for at, token in enumerate(theirs) if token.weight]
    middle = weighty.index(end) if end in weighty else -1
    near = set(weighty[max(0, middle - NEAR) : middle + NEAR + 1]) - {end}
    return middle >= 0 and any(
        not near.isdisjoint(alignment.words(at, number)) for at in range(len(alignment.matches)) if at != mine
    )


def _said_elsewhere(alignment: Alignment, at: int, line: int) -> bool:
    return any(other != line and alignment.share(other) >= LIKELY for other in alignment.matches[at])


def _denials(tokens: tuple[Token, ...]) -> Iterator[tuple[int, int]]:
    """Yield each particle of negation with the word that it denies; "failed to" and "فشل في" count."""
    for at, token in enumerate(tokens):
        if token.text in NEGATORS and (end := _denied(tokens, at)) is not None:
            yield at, end
        elif token.text in _FAILING:  # "failed to win", "فشل الفريق في نيل"
            to = next((word for word in range(at + 1, min(at + 4, len(tokens))) if tokens[word].text in _TO), None)
            if to is not None and (end := _denied(tokens, to)) is not None:
                yield at, end


def _steady(alignment: Alignment, low: int, high: int) -> bool:
    """Whether most of three words to either side are the same in the evidence."""
    middle = next((place for place in alignment.places[low : high + 1] if place), None)
    around = [*range(max(0, low - 3), low), *range(high + 1, min(len(alignment.places), high + 4))]
    near_by = [at for at in around if alignment.claim.tokens[at].weight or alignment.places[at]]
    near = [
        at
        for at in near_by
        if (place := alignment.places[at])
        and middle
        and place.line == middle.line
        and abs(place.word - middle.word) <= high - low + 7
    ]
    return len(near) >= max(2, 0.6 * len(near_by))


def _denied(tokens: tuple[Token, ...], at: int) -> int | None:
    """Return the word that a particle denies: the next content word.

    It is at most three words on, after "no longer" and لم يعد.
    """
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if (
        after in _NOT_DENYING
        or after in _STILL
        or (tokens[at].text == "غير" and after in ("ان", "انه", "انها", "انهم"))
    ):
        return None
    for word in range(at + 1, min(at + 4, len(tokens))):
        if tokens[word].weight and tokens[word].text not in _NO_LONGER:
            return None if tokens[word].number else word
    return None


def _around(alignment: Alignment, place: Place) -> str:
    line = alignment.evidence.lines[place.line]
    return line.text_of(max(0, place.word - 1), place.word)
