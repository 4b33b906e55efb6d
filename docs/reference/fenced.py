"""For the reference pages: examples and drawings in docstrings, which are plain text, become blocks of code."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Fenced(griffe.Extension):
    """Fences every paragraph that begins with `>>>` or holds a drawn tree."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """The text with its examples fenced.

    >>> print(fenced("What it does.\\n\\n>>> 1 + 1\\n2"))
    What it does.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    return "\n\n".join(map(_paragraph, re.split(r"\n\s*\n", text)))


def _paragraph(text: str) -> str:
    if text.lstrip().startswith(">>>"):
        return f"```pycon\n{text}\n```"
    return f"```text\n{text}\n```" if "├──" in text else text
