"""The words of the page in Arabic and in English. Both languages have every field, or the program does not start."""

from __future__ import annotations

import re

from assistant.web.arabic import ARABIC
from assistant.web.english import ENGLISH
from assistant.web.wording import Language, Words

__all__ = ["ARABIC", "ENGLISH", "LANGUAGES", "WORDS", "Language", "Words", "chosen"]

WORDS: dict[Language, Words] = {"ar": ARABIC, "en": ENGLISH}
LANGUAGES = {"ar": "العربية", "en": "English", "fr": "Français", "tr": "Türkçe", "fa": "فارسی", "de": "Deutsch"}


def chosen(cookie: str | None, accepted: str | None) -> Language:
    """The language of the page: what the visitor chose, else Arabic or English by what the browser prefers, Arabic where it says nothing.

    >>> chosen(None, "en-GB,en;q=0.9"), chosen("ar", "en-GB"), chosen(None, "fr-FR,fr;q=0.9,ar;q=0.5"), chosen(None, None)
    ('en', 'ar', 'ar', 'ar')
    """
    if cookie in ("ar", "en"):
        return "ar" if cookie == "ar" else "en"
    for code in re.findall(r"[a-z]{2,3}", re.sub(r"-\w+|;\s*q=[\d.]+", "", (accepted or "").lower())):
        if code == "ar" or code == "en":
            return "ar" if code == "ar" else "en"
    return "ar"
