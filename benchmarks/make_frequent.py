"""Write assistant/grounding/frequent.txt: English and Arabic words in the order of how common they are.

    python -m benchmarks.make_frequent

The order is that of the o200k_base vocabulary, whose tokens were merged most frequent first (Sennrich et al. 2016): a word
with a low number is common in the writing of the world. Only whole words of three letters or more are kept.
"""

from __future__ import annotations

from pathlib import Path

from index.text.fold import folded
from index.tokens import _encoding

FILE = Path(__file__).parent.parent / "assistant" / "grounding" / "frequent.txt"
LIMIT = 90_000  # beyond it a word is as good as unknown
STEP = 1.2  # each line holds the words whose number is up to this many times that of the line before


def ranked() -> dict[str, int]:
    """Folded word → its lowest number in the vocabulary."""
    encoding, found = _encoding(), {}
    for number in range(LIMIT):
        try:
            word = encoding.decode_single_token_bytes(number).decode()
        except (KeyError, UnicodeDecodeError):
            continue
        letters = word[1:]
        if word[0] == " " and letters.isalpha() and (letters.isascii() or min(letters) >= "\u0600"):
            plain = folded(letters)
            if len(plain) >= 3 and (plain.isascii() or max(plain) <= "\u06ff"):
                found.setdefault(plain, number)
    return found


def main() -> None:
    """Write the file: one line for each class of commonness, the class's first number in front."""
    lines: list[str] = []
    edge, listed = 400.0, []
    for word, number in sorted(ranked().items(), key=lambda one: one[1]):
        while number > edge:
            if listed:
                lines.append(f"{int(edge)} {' '.join(sorted(listed))}")
            edge, listed = edge * STEP, []
        listed.append(word)
    lines.append(f"{int(edge)} {' '.join(sorted(listed))}")
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
