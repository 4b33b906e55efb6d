"""Load the word lists of the project.

Each list is a file, whose head says what it holds, its source and its licence.

A plain list holds words separated by white space. A grouped list holds lines `group: words`; a group may take several
lines. Lines that begin with `#` are comments. All words are folded on reading, so files keep their usual spelling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from index.language.normalize import folded


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a list as they are written, without comments and blank lines."""
    text = files("index.language.lexicons").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def load(name: str) -> frozenset[str]:
    """Return the folded words of a plain list.

    >>> "متي" in load("question_words"), "متى" in load("question_words")
    (True, False)
    """
    return frozenset(word for line in lines(name) for word in folded(line).split())


@cache
def load_groups(name: str) -> Mapping[str, frozenset[str]]:
    """Return the folded words of a grouped list by group, in the order of the file.

    >>> sorted(load_groups("units")["rupee"])
    ['rupee', 'rupees', 'روبيات', 'روبيه']
    """
    groups: dict[str, frozenset[str]] = {}
    for line in lines(name):
        group, _, listed = line.partition(":")
        groups[group] = groups.get(group, frozenset()) | frozenset(folded(listed).split())
    return MappingProxyType(groups)
