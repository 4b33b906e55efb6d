"""Read the pages of a scanned PDF by tesseract.

Where it is installed with its Arabic data.

Each page is rendered in the sandbox and recognised by a process of its own with a deadline. A line above each page,
marked as boilerplate, says that it was read so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache

from index.loaders.encoding import Unreadable
from index.loaders.pdf import is_no_language, join_lines
from index.loaders.sandbox import SANDBOX
from index.models import Span

SECONDS = 60  # for a page, on the clock
MAX_PAGES = 50  # about five minutes of a core
LANGUAGES = ("ara", "eng")  # with Arabic alone the Latin letters of a name become digits

_INVISIBLE = re.compile("[\f\u200e\u200f\u202a-\u202e]")  # tesseract sets them around Latin words


def is_ocr_installed() -> bool:
    """Return whether tesseract is there and knows Arabic."""
    return "ara" in _languages(shutil.which("tesseract"))


def read_pages(data: bytes) -> tuple[str, tuple[Span, ...]]:
    """Return the text of a PDF's pages as tesseract reads them.

    And the spans of the lines that mark them as read so.

    Raises Unreadable where there is no text on them, there are more than 50, or a page takes too long.
    """
    text, marks = "", list[Span]()
    number, count = 0, 1
    while number < count:
        image, count = SANDBOX.render_page(data, number)
        if count > MAX_PAGES:
            raise Unreadable("loaders.too_many_pages", pages=count, limit=MAX_PAGES)
        number += 1
        page = _recognise(image)
        if page:
            text += "\n\n" if text else ""
            marks.append(Span(len(text), len(text) + len(mark := f"[OCR {number}]\n")))
            text += mark + page
    if not text:
        raise Unreadable("loaders.no_text_scan")
    if is_no_language(text):
        raise Unreadable("loaders.text_layer_no_language")
    return text, tuple(marks)


def _recognise(image: bytes) -> str:
    """Return the text on the image of a page, lines of a paragraph joined."""
    program = shutil.which("tesseract")
    languages = "+".join(language for language in LANGUAGES if language in _languages(program))
    try:
        done = subprocess.run(
            [program or "tesseract", "stdin", "stdout", "-l", languages],
            input=image,
            env=_environment(),
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("loaders.too_slow", seconds=SECONDS) from None
    except OSError as error:
        raise Unreadable("loaders.no_process_because", error=error.strerror) from None
    paragraphs = _INVISIBLE.sub("", done.stdout.decode("utf-8", "replace")).split("\n\n")
    lines = (join_lines([line.strip() for line in paragraph.split("\n") if line.strip()]) for paragraph in paragraphs)
    return "\n".join(filter(None, lines))


@cache
def _languages(program: str | None) -> frozenset[str]:
    if program is None:
        return frozenset()
    try:
        listed = subprocess.run([program, "--list-langs"], env=_environment(), capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(listed.stdout.decode("utf-8", "replace").split("\n"))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    return kept | {"OMP_THREAD_LIMIT": "1"}
