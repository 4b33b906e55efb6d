"""Detect the language of an article, by its script where that is enough.

Else by py3langid.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

SAMPLE = 2_000  # characters
LIKELY = 0.5  # probability below which no language is returned
SURE = 20  # letters that are needed

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


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of a text's language.

    None where the text is short or no language is likely.

    >>> detect_language("وصل القطار إلى المحطة في موعده."), detect_language("12:30")
    ('ar', None)
    """
    sample = text[:SAMPLE]
    arabic = "".join(_ARABIC.findall(sample))
    if len(arabic) >= SURE and len(arabic) > len(sample) / 2:
        return "ar" if len(_NOT_ARABIC.findall(arabic)) < 0.02 * len(arabic) else _identify(sample)
    scripts = Counter(_script(letter) for letter in sample if letter.isalpha())
    if sum(scripts.values()) < SURE:
        return None
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.05 * scripts["CJK"] > 0:
        return "ja"
    return _SCRIPTS.get(scripts.most_common(1)[0][0]) or _identify(sample)


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _identify(text: str) -> str | None:
    code = str(_model().classify(text)[0])
    return code if len(code) == 2 else _DIALECTS.get(code)


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=LIKELY)
