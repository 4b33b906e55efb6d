"""Write index/language/lexicons/word_weights.txt.

English and Arabic words by how common they are, and so by what their absence costs.

    python -m tools.make_frequent      (needs wordfreq: `uv pip install wordfreq`)

English: the order of the o200k_base vocabulary, whose tokens were merged most frequent first (Sennrich et al. 2016): a
word with a low number is common in the writing of the world. That vocabulary has few whole Arabic words: these are
weighed by their frequency in books, news, subtitles and the web, as wordfreq (Speer 2022) has it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path

from index.language.normalize import folded
from index.token_count import _encoding

FILE = Path(__file__).parent.parent / "index" / "language" / "lexicons" / "word_weights.txt"
LIMIT = 90_000  # tokens: beyond it a word is as good as unknown
RAREST = 0.9  # the weight of an Arabic word from which it is as good as unknown
HEADER = """# Words by what their absence costs a claim, from 0 to 1; made by tools/make_frequent.py.
# The Arabic words are after wordfreq 3.1 by Robyn Speer, whose data are under CC BY-SA 4.0, as are these lines of them.
"""


def english() -> dict[str, float]:
    """Folded word → its weight: 0.1 for the commonest words, 0.36 for number 15,000 of the vocabulary, 0.8 for number
    90,000.
    """
    encoding, weight_of = _encoding(), dict[str, int]()
    for number in range(LIMIT):
        try:
            word = encoding.decode_single_token_bytes(number).decode()
        except (KeyError, UnicodeDecodeError):
            continue
        if word[0] == " " and word[1:].isalpha() and len(plain := folded(word[1:])) >= 3 and plain.isascii():
            weight_of.setdefault(plain, number)
    return {word: max(0.1, (math.log(max(number, 400)) - 6) / 6) ** 2 for word, number in weight_of.items()}


def arabic() -> dict[str, float]:
    """Folded word → its weight: 0.28 for الحكومة, 0.66 for هواتف, by the logarithm of how often it stands among a
    thousand million.
    """
    from wordfreq import get_frequency_dict

    shares: defaultdict[str, float] = defaultdict(float)
    for word, share in get_frequency_dict("ar", "small").items():
        plain = folded(word)
        if len(plain) >= 2 and plain.isalpha() and not plain.isascii():
            shares[plain] += share
    weights = {
        word: min(1.0, max(0.12, (7.2 - math.log10(share * 1e9)) / 4.2)) ** 1.3 for word, share in shares.items()
    }
    return {word: weight for word, weight in weights.items() if weight < RAREST}


def main() -> None:
    """Write the file: a line for each weight, two decimals, with its words."""
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for word, weight in (english() | arabic()).items():
        classes[f"{weight:.2f}"].append(word)
    lines = [f"{weight} {' '.join(sorted(words))}" for weight, words in sorted(classes.items())]
    FILE.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
