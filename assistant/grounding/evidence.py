"""What a sentence is checked against.

The cited words with the article around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.alignment.tokenization import Tokenized
from index.language.analyzer import stem, words
from index.language.sentences import sentences
from index.models import Value

AROUND = 1_500  # characters of the article to either side of the cited words that are read
LONG = 12_000  # characters beyond which only the sentences nearest to the claim are read
NEAREST = 60  # sentences of a long text that are kept, each with its neighbours


class Evidence(Value, frozen=True, kw_only=True):
    """What a sentence cites: the quoted words, the article that they stand in.

    And what the file says of itself.
    """

    text: str
    article: str = ""
    file_id: str = ""
    published: date | None = None
    title: str | None = None
    publisher: str | None = None


def surrounding_text(evidence: Sequence[Evidence]) -> str:
    """Return the cited words, each with its title and the article around it."""
    return "\n".join(map(_surroundings, evidence))


def _surroundings(item: Evidence) -> str:
    head = f"{item.title}\n\n" if item.title and item.title not in item.article[:400] else ""
    at = item.article.find(item.text) if item.text else 0
    if at < 0:
        return head + item.text + "\n" + item.article[: 2 * AROUND]
    if len(item.article) <= 2 * AROUND + len(item.text):
        return head + (item.article or item.text)
    low = max(item.article.rfind("\n", 0, max(0, at - AROUND)) + 1, at - 2 * AROUND, 0)
    return head + item.article[low : at + len(item.text) + AROUND]


def nearest_sentences(text: str, claim: Tokenized) -> str:
    """Return the sentences of a long text that are nearest to a claim, in order."""
    if len(text) <= LONG:
        return text
    wanted = {token.stem: token.weight for token in claim.tokens if token.weight}
    figures = any(token.number or token.date for token in claim.tokens)
    spans = sentences(text)
    scores = []
    for number, span in enumerate(spans):
        piece = span.of(text)
        shared = {stem(word) for word in words(piece)} & wanted.keys()
        digits = 0.3 * (figures and any(map(str.isdigit, piece)))
        scores.append((-sum(wanted[word] for word in shared) - digits, number))
    kept = {near for _, number in sorted(scores)[:NEAREST] for near in (number - 1, number, number + 1)}
    return "\n".join(spans[number].of(text) for number in sorted(kept) if 0 <= number < len(spans))
