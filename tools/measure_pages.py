"""Measure how often the title and the day of a page are read right.

`python -m tools.measure_pages [SET=FOLDER …]` reads the pages that `tools.page_set` makes and, where their folders are
given, those with which trafilatura and htmldate are evaluated (`trafilatura=…/tests`, `htmldate=…/tests`, checkouts of
their repositories), by our reader, trafilatura and htmldate. A title is right where its letters and digits are those
expected; a day where it is the same day. `--half fit` is the half of each set to work on, `--half report` (the default)
the other; `--out FILE` writes a line a page.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple

from index.loaders.encoding import Unreadable
from index.loaders.extraction import extract
from index.loaders.metadata import extract_metadata
from index.loaders.page_outline import line_key
from tools.page_set import Page, made_pages


class Read(NamedTuple):
    """What a reader took from a page; `text` is what can be cited."""

    title: str | None = None
    day: date | None = None
    text: str = ""


def by_isnad(data: bytes) -> Read:
    try:
        extracted = extract("html", data)
    except Unreadable:
        return Read()
    metadata = extract_metadata(extracted.text, extracted.metadata)
    kept = list(extracted.text)
    for span in metadata.boilerplate:
        kept[span.start : span.end] = " " * (span.end - span.start)
    return Read(metadata.title, metadata.published, "".join(kept))


def by_trafilatura(data: bytes) -> Read:
    import trafilatura

    document = trafilatura.bare_extraction(data, with_metadata=True)
    if document is None or isinstance(document, dict):
        return Read()
    return Read(document.title, date.fromisoformat(document.date) if document.date else None, document.text or "")


def by_htmldate(data: bytes) -> Read:
    import trafilatura
    from htmldate import find_date

    tree = trafilatura.load_html(data)
    day = find_date(tree, original_date=True) if tree is not None else None
    return Read(None, date.fromisoformat(day) if day else None)


READERS: dict[str, Callable[[bytes], Read]] = {
    "isnad": by_isnad,
    "trafilatura": by_trafilatura,
    "htmldate": by_htmldate,
}


def stored_pages(folder: Path) -> Iterator[Page]:
    """Yield the pages of an evaluation.

    They lie in folders beside JSON files of `{url: {file, title, date}}`.
    """
    files = {path.name: path for path in folder.rglob("*") if path.is_file()}
    for expected in sorted(folder.glob("eval*.json")):
        values = json.loads(expected.read_text("utf-8"))
        for value in values.values() if isinstance(values, dict) else ():
            path = files.get(value.get("file", ""))
            title, day = value.get("title") or None, _day(value.get("date"))
            if path is not None and (title or day):
                yield Page(path.name, path.read_bytes(), title, day)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:  # some are misspelt
        return None


def is_of_half(page: Page, half: str) -> bool:
    """Return whether a page belongs to a half: `fit`, `report`, or `all` pages."""
    fit = hashlib.sha256(page.name.encode()).digest()[0] % 2 == 0
    return half == "all" or fit == (half == "fit")


def measure(name: str, pages: list[Page], out: Path | None) -> None:
    """Print how many titles and days each reader took right, and its time a page."""
    titles, days = (sum(getattr(page, field) is not None for page in pages) for field in ("title", "day"))
    print(f"{name}: {len(pages)} pages, {titles} with a title, {days} with a day")
    paragraphs, furniture = (sum(len(getattr(page, part)) for page in pages) for part in ("story", "furniture"))
    lines = []
    for reader, read in READERS.items():
        taken, spent = [], []
        for page in pages:
            begun = time.process_time()
            taken.append(read(page.data))
            spent.append(time.process_time() - begun)
        pairs = list(zip(pages, taken, strict=True))
        title = sum(page.title is not None and line_key(page.title) == line_key(got.title or "") for page, got in pairs)
        letter = sum(page.title is not None and page.title.split() == (got.title or "").split() for page, got in pairs)
        right = sum(page.day is not None and page.day == got.day for page, got in pairs)
        missing = sum(page.day is not None and got.day is None for page, got in pairs)
        print(
            f"  {reader}: titles {title} ({letter} to the letter), days {right}, wrong {days - right - missing}, "
            f"none {missing}; median {1000 * median(spent):.1f} ms, mean {1000 * sum(spent) / len(spent):.1f} ms"
        )
        story = sum(paragraph in got.text for page, got in pairs for paragraph in page.story)
        cited = sum(text in got.text for page, got in pairs for text in page.furniture)
        if furniture and name == "made" and reader != "htmldate":
            print(f"    paragraphs of the story {story} of {paragraphs}, furniture left {cited} of {furniture}")
        lines += [
            {
                "set": name,
                "reader": reader,
                "page": page.name,
                "title": page.title,
                "day": str(page.day),
                "read": [got.title, str(got.day)],
            }
            for page, got in pairs
        ]
    if out is not None:
        with out.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("sets", nargs="*", metavar="SET=FOLDER")
    parser.add_argument("--half", choices=("fit", "report", "all"), default="report")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    sets = {"made": list(made_pages())}
    for pair in chosen.sets:
        name, _, folder = pair.partition("=")
        sets[name] = list(stored_pages(Path(folder)))
    for name, pages in sets.items():
        measure(name, [page for page in pages if is_of_half(page, chosen.half)], chosen.out)


if __name__ == "__main__":
    main()
