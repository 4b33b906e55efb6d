"""The language of an article, ISO 639-1: by its script where that is enough, else by py3langid, which lives here only."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

SAMPLE = 2_000  # characters
LIKELY = 0.5  # of 1: what is less likely is not said
SURE = 20  # letters: fewer say nothing

_SCRIPTS = {
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "TAMIL": "ta",
    "BENGALI": "bn",
    "CJK": "zh",
}
_DIALECTS = {"arz": "ar", "ary": "ar", "apc": "ar", "azb": "az", "ckb": "ku"}  # codes of three letters
_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3]+")
_NOT_ARABIC = re.compile("[پچژگکیےٹڈڑںھہۀۆێڕڵ]")


def language(text: str) -> str | None:
    """The language of a text; None where there is too little of it, or none is likely.

    >>> language("وصل القطار إلى المحطة في موعده."), language("12:30")
    ('ar', None)
    """
    sample = text[:SAMPLE]
    arabic = "".join(_ARABIC.findall(sample))
    if len(arabic) >= SURE and len(arabic) > len(sample) / 2:
        return "ar" if len(_NOT_ARABIC.findall(arabic)) < 0.02 * len(arabic) else _guessed(sample)
    scripts = Counter(_script(letter) for letter in sample if letter.isalpha())
    if sum(scripts.values()) < SURE:
        return None
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.05 * scripts["CJK"] > 0:
        return "ja"
    return _SCRIPTS.get(scripts.most_common(1)[0][0]) or _guessed(sample)


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _guessed(text: str) -> str | None:
    found = str(_identifier().classify(text)[0])
    return found if len(found) == 2 else _DIALECTS.get(found)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=LIKELY)
