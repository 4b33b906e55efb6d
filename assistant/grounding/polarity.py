"""Tell whether a word is negated and whether two words are opposites."""

from __future__ import annotations

from assistant.grounding.lexicon import DENIALS, NEGATORS
from assistant.grounding.tokenization import Token

REACH = 4  # words before a word in which a negation counts


def is_opposed(first: Token, second: Token) -> bool:
    """Whether two words stand on opposite sides of a pair of antonyms.

    >>> from assistant.grounding.tokenization import tokenize
    >>> is_opposed(*tokenize("rose fell").tokens), is_opposed(*tokenize("rose climbed").tokens)
    (True, False)
    """
    return any(side ^ 1 in second.antonyms for side in first.antonyms)


def is_negated(tokens: tuple[Token, ...], at: int, only_particles: bool = False) -> bool:
    """Whether a negation or a verb of denial stands just before a word, or is the word."""
    return any(
        tokens[word].text in NEGATORS or (not only_particles and tokens[word].text in DENIALS)
        for word in range(max(0, at - REACH), at + 1)
    )
