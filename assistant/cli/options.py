"""What the value of an option may be; argparse says what else it wants."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number between two, both included.

    >>> whole(1, 100)("7")
    7
    """

    def number(text: str) -> int:
        if not (text.isdecimal() and least <= int(text[:9]) <= most):
            raise ArgumentTypeError(f"wants a whole number from {least} to {most}")
        return int(text)

    return number


def amount(text: str) -> float:
    """A number above 0: money, or a rate."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"wants a number above 0, not {text[:40]!r}")
    return number


def day(text: str) -> date | None:
    from index import models
    from index.errors import UsageError

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
    return Path(text)
