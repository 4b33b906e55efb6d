"""Read the values of options.

Each function reads one kind; its `ArgumentTypeError` names what it accepts.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import UsageError

if TYPE_CHECKING:
    from datetime import date


class OptionError(UsageError):
    """Options that do not go together: wrong usage, exit code 2."""


def name(text: str) -> str:
    """Read the name of an article or a file.

    Bytes that the locale cannot decode reach Python as surrogates, and such a name cannot be looked up.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ArgumentTypeError(f"wants a name in the encoding of this terminal, not {text[:40]!r}; set LC_ALL=C.UTF-8")
    return text


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers between two, both included.

    >>> whole(1, 100)("7")
    7
    """

    def number(text: str) -> int:
        if not (text.isdecimal() and least <= int(text[:9]) <= most):
            raise ArgumentTypeError(f"wants a whole number from {least} to {most}")
        return int(text)

    return number


def amount(text: str) -> float:
    """Parse a number above 0: an amount of money, or a rate."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"wants a number above 0, not {text[:40]!r}")
    return number


def day(text: str) -> date | None:
    from index import models

    try:
        return models.parse_day(text)
    except UsageError:
        raise ArgumentTypeError(f"wants a day such as 2025-12-23, not {text[:40]!r}") from None


def language(text: str) -> str:
    if not re.fullmatch("[a-z]{2}", code := text.strip().lower()):
        raise ArgumentTypeError(f"wants a code of two letters such as ar or en, not {text[:40]!r}")
    return code


def folder(text: str) -> Path:
    if not text.strip():
        raise ArgumentTypeError("wants the name of a folder, not nothing")
    return Path(name(text))
