"""Object to a word whose opposite stands in its place in the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.grounding.alignment import Alignment, Language
from assistant.grounding.lexicon import CONTENT, NEGATORS
from assistant.grounding.polarity import is_negated, is_opposed
from assistant.grounding.substitutions import is_flanked, substitutions
from assistant.grounding.tokenization import Token, Tokenized
from assistant.models import Contradiction

ALIKE = 0.7  # the share of a claim's other words that a sentence must have to speak of the same thing
SHARE = 0.6  # the same, where the opposite stands in the word's place
COPIED = 0.85  # from here on the rest is the evidence's own words
REACH = 3  # content words within which a word of the claim must stand beside the opposite


class Opposites:
    """A word turned into its opposite."""

    code = "opposites"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield words whose opposite stands in their place.

        >>> from assistant.grounding.alignment import align, index_text
        >>> from assistant.grounding.tokenization import tokenize
        >>> there = index_text("Wheat prices rose in the port after the storm.")
        >>> claim = tokenize("Wheat prices fell in the port.")
        >>> [(item.text, item.evidence) for item in Opposites().find(align(claim, there))]
        [('fell', 'rose')]
        """
        seen = set[tuple[int, int]]()
        for item in (*_substituted(alignment), *_turned_around(alignment)):
            if (item.start, item.end) not in seen:
                seen.add((item.start, item.end))
                yield item


def _substituted(alignment: Alignment) -> Iterator[Contradiction]:
    tokens = alignment.claim.tokens
    for item in substitutions(alignment):
        if alignment.share(item.line, item.claim) < SHARE:
            continue
        line = alignment.evidence.lines[item.line]
        copied = item.tight and is_flanked(alignment, item)  # the words around are the evidence's own
        for at in item.claim:
            if alignment.matches[at] and not (copied and alignment.share(item.line, item.claim) >= COPIED):
                continue  # the evidence has the claim's word, too
            if is_negated(tokens, at, True) != is_negated(line.tokens, item.evidence[0], True):
                continue
            for word in item.evidence:
                consistent = _denied_once if copied else _consistent
                if is_opposed(tokens[at], line.tokens[word]) and not consistent(tokens, at, line.tokens, word):
                    yield alignment.contradiction("reversal", at, at, line.text_of(word, word))


def _consistent(tokens: tuple[Token, ...], at: int, theirs: tuple[Token, ...], word: int) -> bool:
    """Whether two opposites need not differ: one is denied, either side has both, or something only lasts so long."""
    mine = tokens[at]
    if any(mine.antonyms & token.antonyms for token in theirs):
        return True
    lasts = mine.text in _LASTING and any(token.number or token.date for token in tokens[at + 1 : at + 4])
    return lasts or _denied_once(tokens, at, theirs, word) or any(is_opposed(mine, token) for token in tokens)


def _denied_once(tokens: tuple[Token, ...], at: int, theirs: tuple[Token, ...], word: int) -> bool:
    """Whether just one of two words is negated, or the claim goes on with a synonym.

    Negated: "did not attend", "was absent".
    """
    mine, other = (
        any(token.text in NEGATORS for token in listed[max(0, place - 2) : place])
        for listed, place in ((tokens, at), (theirs, word))
    )
    agreed = any(
        token.antonyms & theirs[word].antonyms for token in tokens[at + 1 : at + 4]
    )  # "ruled that he was innocent"
    return mine != other or agreed


_LASTING = frozenset("استمر استمرت يستمر تستمر دام دامت lasted continued stayed remained".split())


def _turned_around(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield a word whose opposite stands elsewhere in a sentence that has the rest: verb first here, last there."""
    if alignment.best < 0:
        return
    tokens, theirs = alignment.claim.tokens, alignment.evidence.lines[alignment.best].tokens
    used = {place.word for place in alignment.places if place and place.line == alignment.best}
    for at, token in enumerate(tokens):
        if not token.antonyms or alignment.places[at] or alignment.best in alignment.matches[at]:
            continue
        if alignment.share(alignment.best, (at,)) < ALIKE:
            continue
        for word, other in enumerate(theirs):
            if word in used or not other.weight or not is_opposed(token, other):
                continue
            consistent = (
                is_negated(tokens, at) or is_negated(theirs, word) or any(is_opposed(other, their) for their in theirs)
            )
            consistent = consistent or _consistent(tokens, at, theirs, word)
            if not consistent and _of_the_same(alignment.evidence.lines[alignment.best], word, used):
                yield alignment.contradiction(
                    "reversal", at, at, alignment.evidence.lines[alignment.best].text_of(word, word)
                )
                break


def _of_the_same(line: Tokenized, word: int, used: set[int]) -> bool:
    """Whether a word beside it, up to a mark, is in the claim: not that buses ran where the metro stopped."""
    for step in (1, -1):
        at, seen = word, 0
        while 0 <= at + step < len(line.tokens) and seen < REACH and not line.clause_ends[min(at, at + step)]:
            at += step
            if at in used:
                return True
            seen += line.tokens[at].weight >= CONTENT
    return False
