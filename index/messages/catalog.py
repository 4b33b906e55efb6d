"""Look up message templates by code and render them in English or Arabic.

`en.toml` and `ar.toml` hold one template for each code, `section.name`, with named placeholders. A template is a
string, or a table of plural forms (CLDR categories) that is selected by the parameter `count`.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "ar")
PLURAL_FORMS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
MISSING_PARAMETER: Final = "…"

Template = str | dict[str, str]

# Format specs of a placeholder that holds a list: what stands between its items.
_SEPARATORS: Final = {
    "en": {"": ", ", "or": " or ", "clauses": "; ", "sentences": " "},
    "ar": {"": "، ", "or": " أو ", "clauses": "؛ ", "sentences": " "},
}


def render(code: str, params: Mapping[str, object], language: str | None = "en") -> str:
    """Return the message of a code in a language.

    Languages without a catalogue get English.

    A parameter may itself be a message (anything with `code` and `params`) or a list of values. A code that is not in
    the catalogue is returned as it is: it is text that somebody outside the project wrote.

    >>> render("question.too_long", {"length": 3000, "limit": 2000}, "en")
    'the question has 3,000 characters; ask in at most 2,000'
    >>> render("out of {memory}", {}, "ar")
    'out of {memory}'
    """
    known = language if language in LANGUAGES else "en"
    template = catalog(known).get(code)
    if template is None:
        return code
    if isinstance(template, dict):
        template = template.get(plural_form(known, params.get("count")), template["other"])
    return _Renderer(known).vformat(template, (), params)


def is_message(code: str) -> bool:
    """Return whether the catalogue has a code.

    >>> is_message("question.empty"), is_message("no such thing")
    (True, False)
    """
    return code in catalog("en")


def labels(language: str | None) -> Mapping[str, str]:
    """Return the labels above an answer's sources, quotes and verdicts.

    >>> labels("en")["sources"]
    'Sources'
    """
    return section("labels", language)


@lru_cache(maxsize=64)
def section(name: str, language: str | None) -> Mapping[str, str]:
    """Return the strings of one section by their code without the section's name.

    >>> section("question", "en")["empty"]
    'the question is empty; write one, in quotation marks'
    """
    prefix = f"{name}."
    entries = catalog(language if language in LANGUAGES else "en").items()
    plain = {code: text for code, text in entries if code.startswith(prefix) and isinstance(text, str)}
    return MappingProxyType({code.removeprefix(prefix): text for code, text in plain.items()})


@lru_cache(maxsize=len(LANGUAGES))
def catalog(language: str) -> Mapping[str, Template]:
    """Return every template of a language by its code."""
    import tomllib  # with the first message only: `isnad --help` has none

    text = Path(__file__).with_name(f"{language}.toml").read_text("utf-8")
    return dict(_flatten(tomllib.loads(text)))


def plural_form(language: str, count: object) -> str:
    """Return the CLDR plural category of a count; `other` for what is no whole number.

    >>> [plural_form("ar", count) for count in (0, 1, 2, 7, 11, 100)], plural_form("en", 1)
    (['zero', 'one', 'two', 'few', 'many', 'other'], 'one')
    """
    if not isinstance(count, int):
        return "other"
    if language == "en":
        return "one" if count == 1 else "other"
    if count < 3:
        return ("zero", "one", "two")[max(count, 0)]
    return "few" if 3 <= count % 100 <= 10 else "many" if 11 <= count % 100 <= 99 else "other"


def placeholders(template: Template) -> frozenset[str]:
    """Return the names of a template's parameters, over all of its plural forms.

    >>> sorted(placeholders("{count} of {all:,}"))
    ['all', 'count']
    """
    if isinstance(template, dict):
        return frozenset({"count"}).union(*map(placeholders, template.values()))
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Template]]:
    for name, value in table.items():
        if isinstance(value, str) or (isinstance(value, dict) and "other" in value and value.keys() <= PLURAL_FORMS):
            yield f"{prefix}{name}", value
        else:
            yield from _flatten(value, f"{prefix}{name}.")


class _Renderer(string.Formatter):
    """Fill a template.

    Values of the wrong type come from stored answers, so they are shown, never an error.
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, MISSING_PARAMETER)

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, tuple | list):
            separators = _SEPARATORS[self._language]
            return separators.get(format_spec, separators[""]).join(self.format_field(item, "") for item in value)
        if hasattr(value, "code") and hasattr(value, "params"):
            return render(value.code, value.params, self._language)
        try:
            return format(value, format_spec)
        except (TypeError, ValueError):
            return str(value)
