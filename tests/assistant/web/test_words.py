"""The words of the page: each that is used is there in both languages, and each that is there is used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from assistant.web.callbacks import SENT_WORDS
from assistant.web.verdict_labels import VerdictKey
from assistant.web.words import ARABIC, ENGLISH, WORDS, Words, choose_language
from index.messages.catalog import section

SOURCES = "".join(path.read_text("utf-8") for path in Path("assistant/web").glob("*.py"))


def used() -> set[str]:
    """The names after `words.`, `WORDS[language].`, `ARABIC.` or `page.` in the package, and those that are asked for
    by name.
    """
    named = re.findall(r"(?:\bwords|WORDS\[language\]|\bARABIC)\.([a-z_]+)|\(\"page\.([a-z_]+)\"", SOURCES)
    by_name = {*SENT_WORDS, "too_large", *get_args(VerdictKey)}
    return ({name or code for name, code in named} | by_name) - {"css", "js"}


def test_every_word_that_the_page_uses_is_there_and_no_other() -> None:
    assert used() - {"language", "direction", "switch_to"} == set(section("page", "en"))


def test_both_languages_have_every_word() -> None:
    assert set(WORDS) == {"ar", "en"}
    for name in section("page", "en"):
        assert getattr(ARABIC, name) and getattr(ENGLISH, name)


def test_a_word_that_the_catalogue_lacks_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no words 'nothing'"):
        _ = Words("en").nothing


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [(None, None, "ar"), ("en", "ar", "en"), ("xx", "en-GB,ar;q=0.5", "en"), (None, "fr,de", "ar")],
)
def test_the_language_is_what_was_chosen_or_what_the_browser_prefers(
    cookie: str | None, accepted: str | None, language: str
) -> None:
    assert choose_language(cookie, accepted) == language
