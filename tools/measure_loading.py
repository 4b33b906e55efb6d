"""How well articles are read: `python -m tools.measure_loading [PART …]`.

Each part printed by itself; needs ../shared.

Parts: sentences, encodings, titles, boilerplate, languages, duplicates, pdf, speed. Rows of public sets, read as they
are; where a part adds something (junk above headlines, other encodings), it says so.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from index.chunking import cut
from index.language.analyzer import words
from index.language.sentences import sentences
from index.loaders.article_loader import Article, read
from index.loaders.boilerplate import find_boilerplate
from index.loaders.encoding import Unreadable, decode
from index.loaders.language_detection import detect_language
from index.loaders.metadata import extract_metadata
from index.near_duplicates import Sketch, group_of, sketch

SHARED = Path(__file__).parent.parent / ".." / "shared"
DATA = SHARED / "data"

LANGUAGES = ("ar", "en", "de", "el", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
KNOWN_JUNK = (
    "اخبار سياسية",
    "الأخبار",
    "الرئيسية > أخبار > محليات",
    "بقلم: فلان الفلاني",
    "نشرت في 3 مايو 2024",
    "شارك",
)
NEW_JUNK = (  # worded as sites word it, but in none of the lists of the program
    *("أخبار البلد", "شؤون المدينة", "صوت وصورة", "القسم العربي", "حجم الخط + -", "استمع للمقال الآن", "ميدان"),
    *("وقت النشر 10:30 صباحا", "دبي ـ مراسلنا", "الأحد، 5 مايو 2024", "كتب - سامر العلي"),
)


def rows(path: str) -> Iterator[dict[str, Any]]:
    """The rows of a data file, plain or gzipped."""
    file = DATA / path
    with gzip.open(file, "rt", encoding="utf-8") if path.endswith(".gz") else file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def news(count: int | None = None) -> list[dict[str, Any]]:
    """Articles of SaudiNewsNet; a fixed draw of `count` of them."""
    samples = list(rows("saudinewsnet/passages.jsonl.gz"))
    return samples if count is None else random.Random(5).sample(samples, count)


def of_sentences() -> Iterator[str]:
    """Answers that stay inside one sentence."""
    for name, code in (("arcd", "ar"), *(("xquad", code) for code in LANGUAGES)):
        texts = {row["id"]: row["text"] for row in rows(f"{name}/passages.jsonl") if row["lang"] == code}
        pieces = {key: [span.of(text) for span in sentences(text)] for key, text in texts.items()}
        asked = [row for row in rows(f"{name}/questions.jsonl") if row["passage_id"] in texts and row["answers"]]
        inside = [
            any(row["answers"][0] in piece for piece in pieces[row["passage_id"]])
            for row in asked
            if row["answers"][0] in texts[row["passage_id"]]
        ]
        long = [len(piece.split()) for samples in pieces.values() for piece in samples]
        yield f"{name}-{code}: {sum(inside) / len(inside):.4f} of {len(inside)}; {sum(long) / len(long):.1f} words each"


def of_encodings() -> Iterator[str]:
    """Articles written in an encoding: read right, refused, or read wrong."""
    texts = [row["text"] for row in news(2000)]
    foreign = defaultdict(list)
    for row in rows("xquad/passages.jsonl"):
        foreign[row["lang"]].append(row["text"])
    cases = [("cp1256", texts), ("iso8859_6", texts), ("cp1256", [text[:150] for text in texts])]
    cases += [
        ("cp1251", foreign["ru"]),
        ("koi8-r", foreign["ru"]),
        ("iso8859_7", foreign["el"]),
        ("cp1252", foreign["de"]),
    ]
    cases += [
        ("cp1254", foreign["tr"]),
        ("gb18030", foreign["zh"]),
        ("cp874", foreign["th"]),
        ("mac_arabic", foreign["ar"]),
    ]
    for encoding, wanted in cases:
        done: Counter[str] = Counter()
        for text in wanted:
            data = text.encode(encoding, "ignore")
            try:
                done["right" if decode(data) == data.decode(encoding) else "wrong"] += 1
            except Unreadable:
                done["refused"] += 1
        yield f"{encoding}, {sum(map(len, wanted)) // len(wanted)} characters each: {dict(done)}"


def of_titles() -> Iterator[str]:
    """Headlines of news under lines of junk, and articles without one."""
    dice, drawn = random.Random(5), news(3000)
    for name, junk, count in (
        ("nothing above", (), 0),
        ("known junk", KNOWN_JUNK, 2),
        ("new junk", NEW_JUNK, 1),
        ("new junk", NEW_JUNK, 2),
    ):
        for titled in (True, False):
            done: Counter[str] = Counter()
            for row in drawn:
                lines = [*dice.sample(junk, count), *([row["title"]] if titled else []), row["text"]]
                samples, wanted = extract_metadata("\n\n".join(lines)).title, row["title"].strip() if titled else None
                done["right" if samples == wanted else "none" if samples is None else "wrong"] += 1
            shares = ", ".join(f"{kind} {number / len(drawn):.3f}" for kind, number in done.most_common())
            yield f"{count} × {name}, {'a headline' if titled else 'no headline'}: {shares}"


def of_boilerplate() -> Iterator[str]:
    """What is marked in the reference articles.

    (line numbers), and how much of a clean corpus.
    """
    for entry in read(SHARED / "articles"):
        if isinstance(entry, Article):
            lines = sorted({entry.text.count("\n", 0, span.start) + 1 for span in entry.boilerplate})
            yield f"{entry.id}: lines {lines}; title {entry.title!r}; published {entry.published}"
    texts = [row["text"] for row in news()]
    marks = [span.of(text) for text in texts for span in find_boilerplate(text)]
    share = sum(map(len, marks)) / sum(map(len, texts))
    yield f"saudinewsnet: {len(marks)} marks in {len(texts)} articles, {share:.4f} of their characters"
    yield f"  of more than 12 words: {[mark[:60] for mark in marks if len(mark.split()) > 12 and 'SMS' not in mark]}"


def of_languages() -> Iterator[str]:
    """The language told of each passage."""
    outcomes: dict[str, Counter[str | None]] = defaultdict(Counter)
    for row in rows("xquad/passages.jsonl"):
        outcomes[row["lang"]][detect_language(row["text"])] += 1
    yield ", ".join(f"{code} {item[code] / item.total():.3f}" for code, item in outcomes.items())
    yield f"saudinewsnet: {Counter(detect_language(row['text']) for row in news())}"


class _Drawer:
    def __init__(self) -> None:
        self.holders: dict[int, list[tuple[str, Sketch]]] = defaultdict(list)

    def near(self, keys: Sequence[int]) -> Iterator[tuple[str, Sketch]]:
        return (holder for key in keys for holder in self.holders[key][:50])


def of_duplicates() -> Iterator[str]:
    """Pairs of articles in one group, against the computed pairs of the corpus."""
    drawn, drawer, groups = news(), _Drawer(), {}
    began = time.process_time()
    sketches = {row["id"]: sketch(row["text"]) for row in drawn}
    sketched = time.process_time()
    for id, samples in sketches.items():
        if samples:
            groups[id] = group_of(samples, drawer) or id
            for key in samples.keys:
                drawer.holders[key].append((groups[id], samples))
    grouped = time.process_time()
    pairs = {frozenset((row["a"], row["b"])): row["kind"] for row in rows("saudinewsnet/near_duplicates.jsonl.gz")}
    together = Counter(kind for pair, kind in pairs.items() if len({groups.get(id, id) for id in pair}) == 1)
    for kind, number in Counter(pairs.values()).items():
        yield f"{kind}: {together[kind] / number:.3f} of {number} pairs in one group"
    sizes = Counter(groups.values())
    all_pairs = sum(size * (size - 1) // 2 for size in sizes.values())
    yield (
        f"in one group and in no list: {all_pairs - together.total()} of {all_pairs} pairs; largest group "
        f"{max(sizes.values())}"
    )
    yield (
        f"{(sketched - began) / len(drawn) * 1000:.2f} ms to sketch an article, "
        f"{(grouped - sketched) / len(drawn) * 1000:.2f} to group it"
    )


def of_pdf() -> Iterator[str]:
    """Word pairs of news that survive being made a PDF and read again, shaped.

    (where uharfbuzz is installed) and not.
    """
    from fpdf import FPDF

    from index.loaders.pdf import extract_pdf_text

    font = next(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"), None)
    if font is None:
        yield "skipped: no font DejaVuSans.ttf under /usr/share/fonts"
        return
    for shaped in (False, True):
        shares = []
        for row in news(40):
            paper = FPDF()
            paper.add_font("D", "", str(font))
            paper.add_page()
            paper.set_font("D", size=12)
            try:
                paper.set_text_shaping(shaped)
            except Exception as error:
                yield f"shaped: skipped ({error})"
                return
            for line in row["text"].split("\n"):
                paper.multi_cell(0, 7, line, new_x="LMARGIN", new_y="NEXT", align="R")
            outcomes, wanted = words(extract_pdf_text(bytes(paper.output()), 5_000_000)), words(row["text"])
            pairs = set(pairwise(outcomes))
            shares.append(sum(pair in pairs for pair in pairwise(wanted)) / (len(wanted) - 1))
        yield (
            f"{'shaped' if shaped else 'not shaped'}: {sum(shares) / len(shares):.3f} of the word pairs of "
            f"{len(shares)} articles"
        )


def of_speed() -> Iterator[str]:
    """Processor time of each stage on one core."""
    texts = [f"{row['title']}\n{row['text']}" for row in news(2000)]
    articles = [Article(id=str(number), text=text, sha256="") for number, text in enumerate(texts)]
    size = sum(map(len, texts)) / 1e6
    made: list[int] = []
    stages: list[tuple[str, Callable[[int], object]]] = [
        ("sentences", lambda place: sentences(texts[place])),
        ("extract_metadata (title, day, language, boilerplate)", lambda place: extract_metadata(texts[place])),
        ("cut into passages", lambda place: made.append(len(cut(articles[place])))),
        ("sketched", lambda place: sketch(texts[place])),
    ]
    for name, work in stages:
        work(0)
        began = time.process_time()
        for place in range(len(texts)):
            work(place)
        spent = time.process_time() - began
        rate = f", {sum(made) / spent:,.0f} passages/s" if made and name.startswith("cut") else ""
        yield f"{name}: {spent / len(texts) * 1000:.2f} ms an article, {size / spent:.1f} M characters/s{rate}"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "sentences": of_sentences,
    "encodings": of_encodings,
    "titles": of_titles,
    "boilerplate": of_boilerplate,
    "languages": of_languages,
    "duplicates": of_duplicates,
    "pdf": of_pdf,
    "speed": of_speed,
}


def main(wanted: Sequence[str]) -> None:
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not here")
        return
    for name in wanted or PARTS:
        print(f"{name}: {(PARTS[name].__doc__ or '').strip()}")
        for line in PARTS[name]():
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
