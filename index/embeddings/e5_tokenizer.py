"""Split texts into the pieces of a SentencePiece Unigram vocabulary.

The library `tokenizers` gives the same pieces, but takes 103 MB for the 130,087 that are kept by default, more than the
network. A dictionary takes 23. No piece reaches over a space, so each word is split once and remembered.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

SPACE = "▁"  # stands before every word, in place of the space
SPECIAL = 4  # <s>, <pad>, </s>, <unk>: rows that no text can ask for
BOS, EOS, UNK = 0, 2, 3
POSITIONS = 512  # tokens that the network can take, <s> and </s> included
LETTERS = 32 * POSITIONS  # a longer text is cut before it is split: a piece has at most 16 letters
REMEMBERED = 50_000  # words, about 0.2 kB each
LONGEST_REMEMBERED = 40  # letters of a word
PENALTY = 10.0  # below the worst piece, the score of an unknown letter (SentencePiece's constant)

# Marks that may compose with the letter before them. SentencePiece's NFKC composes but never reorders, and Arabic vowel
# signs keep the order in which they were typed, so a run of marks is composed only where that makes it shorter.
_COMPOSABLE = re.compile(r"\w[\u0300-\u036f\u0653-\u0655\u0654\u093c\u3099\u309a]+")


class Tokenizer:
    """Turn texts into ids of pieces, between <s> and </s>.

    pieces: the rows of the embedding table in order, the first four of them special. worst: the lowest score of the
    vocabulary before it was pruned, so that an unknown letter costs the same in every build. Safe to be used by several
    threads.

    >>> pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁قال", "ت"]
    >>> tokenizer = Tokenizer(pieces, [0, 0, 0, 0, -3, -5, -4], {0x640: ""}, worst=-20)
    >>> tokenizer.ids("قـالت قال")
    [0, 5, 6, 5, 2]
    """

    def __init__(
        self, pieces: Sequence[str], scores: Sequence[float], normalisation: Mapping[int, str], *, worst: float
    ) -> None:
        self._ids = {piece: place for place, piece in enumerate(pieces) if place >= SPECIAL}
        self._scores = array("f", scores)
        self._normalisation = normalisation
        self._unknown = worst - PENALTY
        self._longest = max(map(len, pieces), default=1)
        self._words: dict[str, tuple[int, ...]] = {}
        self._turn = Lock()

    def ids(self, text: str, limit: int = POSITIONS) -> list[int]:
        """Return the ids of a text between <s> and </s>, cut to `limit` in all."""
        ids = [BOS]
        for word in self._split(text):
            ids += self._word(word)
            if len(ids) >= limit:
                break
        return [*ids[: limit - 1], EOS]

    def unknown_share(self, text: str) -> float:
        """Return the share of letters, 0 to 1, that are pieces of no kept script."""
        letters = "".join(word[1:] for word in self._split(text))
        return sum(letter not in self._ids for letter in letters) / len(letters) if letters else 0.0

    def _split(self, text: str) -> Iterator[str]:
        """Yield the words of the normalised text, each with SPACE before it."""
        normalised = self.normalise(text[:LETTERS])
        for word in normalised.split(" "):
            if word:
                yield SPACE + word

    def normalise(self, text: str) -> str:
        """Return the text in NFKC, without controls, with one kind of space."""
        text = text.translate(self._normalisation)
        return text if text.isascii() else _COMPOSABLE.sub(_composed, text)

    def _word(self, word: str) -> tuple[int, ...]:
        """Return the ids of the best split of a word, remembered for short ones."""
        try:
            return self._words[word]
        except KeyError:
            ids = self._best(word)
        if len(word) <= LONGEST_REMEMBERED:
            with self._turn:
                if len(self._words) >= REMEMBERED:
                    self._words.clear()
                self._words[word] = ids
        return ids

    def _best(self, word: str) -> tuple[int, ...]:
        """Return the split whose scores have the highest sum (Viterbi).

        Neighbouring unknown letters become a single <unk>.
        """
        ids, scores, longest, size = self._ids, self._scores, self._longest, len(word)
        best = [0.0] + [float("-inf")] * size  # by end
        back = [(0, UNK)] * (size + 1)  # by end: where the last piece begins, and its id
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(start + longest, size) + 1):
                piece = ids.get(word[start:end])
                if piece is not None and here + scores[piece] > best[end]:
                    best[end] = here + scores[piece]
                    back[end] = (start, piece)
            if here + self._unknown > best[start + 1]:
                best[start + 1] = here + self._unknown
                back[start + 1] = (start, UNK)
        split: list[int] = []
        end = size
        while end:
            end, piece = back[end]
            if piece != UNK or not split or split[-1] != UNK:
                split.append(piece)
        return tuple(reversed(split))


def _composed(match: re.Match[str]) -> str:
    composed = unicodedata.normalize("NFC", match[0])
    return composed if len(composed) < len(match[0]) else match[0]
