"""Look up the page's words in the message catalogue, section `page`."""

from __future__ import annotations

import re
from typing import Literal

from index.messages.catalog import section

Language = Literal["ar", "en"]
LANGUAGES = {"ar": "العربية", "en": "English", "fr": "Français", "tr": "Türkçe", "fa": "فارسی", "de": "Deutsch"}


class Words:
    """The words of the page in a language, each as an attribute.

    Placeholders such as `{date}` are filled in where the words are used.

    >>> Words("en").send, Words("ar").direction
    ('Ask', 'rtl')
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.direction: Literal["rtl", "ltr"] = "rtl" if language == "ar" else "ltr"
        self.switch_to: Language = "en" if language == "ar" else "ar"
        self._messages = section("page", language)

    def __getattr__(self, name: str) -> str:
        try:
            return str(self.__dict__["_messages"][name])
        except KeyError:
            raise AttributeError(f"the page has no words {name!r}") from None


ARABIC, ENGLISH = Words("ar"), Words("en")
WORDS: dict[Language, Words] = {"ar": ARABIC, "en": ENGLISH}


def choose_language(cookie: str | None, accepted: str | None) -> Language:
    """Return the visitor's language, else the browser's preference, else Arabic.

    >>> choose_language(None, "en-GB,en;q=0.9"), choose_language("ar", "en-GB"), choose_language(None, None)
    ('en', 'ar', 'ar')
    >>> choose_language(None, "fr-FR,fr;q=0.9,ar;q=0.5")
    'ar'
    """
    preferred = re.findall(r"[a-z]{2,3}", re.sub(r"-\w+|;\s*q=[\d.]+", "", (accepted or "").lower()))
    for code in (cookie, *preferred):
        if code in ("ar", "en"):
            return "ar" if code == "ar" else "en"
    return "ar"
