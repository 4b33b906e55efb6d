"""A corpus of one's own: a folder of generated articles is indexed with a progress bar, searched with filters, and
asked in a batch.

    python examples/own_corpus.py --articles 10000 --questions 200 --out answers.csv

With articles of your own: --folder PATH (nothing is generated then), and questions of your own, one a line: --ask FILE.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from assistant import Assistant, Filters, Settings

TOWNS = (
    "مرجان نورا السنديان الياسمين الفيروز اللوز الغدير الزعتر الصنوبر الريحان العقيق المنار الرمان البيلسان الساقية"
).split()
BUILT = ["مدرسة", "مكتبة", "حديقة", "محطة مياه", "مستوصف", "سوق", "جسر", "ملعب"]
NAMES = "سليم رنا فؤاد هدى مروان ليلى عادل سمر نبيل دانة كريم وفاء زياد منى طارق".split()
FAMILIES = "الحداد النجار الخطيب الصباغ البستاني العطار الكاتب الفارس الراعي البنا القاضي الساعاتي".split()
PUBLISHERS = ("صحيفة الساحل", "وكالة الوادي", "موقع الميناء")
FIRST = date(2024, 1, 1)


def article(number: int) -> tuple[str, str, str]:
    """The name of a generated article, its text in Markdown, and a question that it alone answers with the name of who
    opened what.
    """
    town, built = TOWNS[number % len(TOWNS)], BUILT[number // len(TOWNS) % len(BUILT)]
    who = f"{NAMES[number % len(NAMES)]} {FAMILIES[number // 7 % len(FAMILIES)]}"
    day = FIRST + timedelta(days=number * 37 % 700)
    cost = 40 + number % 900
    text = f"""---
title: افتتاح {built} رقم {number} في {town}
date: {day.isoformat()}
publisher: {PUBLISHERS[number % len(PUBLISHERS)]}
---
افتتح رئيس البلدية {who} اليوم {built} رقم {number} في {town} بحضور الأهالي.

بلغت كلفة المشروع {cost} ألف ليرة، ودام العمل فيه {3 + number % 20} شهراً. ويقول القائمون عليه إنه يخدم {200 + number % 5000} من السكان.
"""
    return f"report-{number:05d}", text, f"من افتتح {built} رقم {number} في {town}؟"


def generate(folder: Path, articles: int) -> None:
    """Write so many articles into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in tqdm(range(articles), desc="written", unit=" articles", disable=None):
        name, text, _ = article(number)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def index(assistant: Assistant, folder: Path) -> None:
    """Bring a folder in, with a bar for each stage. A second run takes only what changed."""
    bars: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int | None) -> None:
        bar = bars.setdefault(stage, tqdm(desc=stage, unit=" articles", disable=None))
        bar.total = total
        bar.update(done - bar.n)

    report = assistant.add(folder, progress=show)
    for bar in bars.values():
        bar.close()
    print(f"{len(report.added)} added, {report.unchanged} unchanged, {len(report.skipped)} skipped")


def answers(assistant: Assistant, questions: Sequence[str], filters: Filters | None = None) -> pd.DataFrame:
    """Every question with its answer, a row each: question, answer, file_id, published, coverage, abstained,
    milliseconds.
    """
    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda question: assistant.ask(question, filters=filters, limit=5), questions)
        rows = [
            {
                "question": answer.question,
                "answer": answer.text,
                "file_id": answer.sources[0].file_id if answer.sources else None,
                "published": answer.sources[0].published if answer.sources else None,
                "coverage": answer.coverage,
                "abstained": answer.abstained,
                "milliseconds": answer.timings_ms["total"],
            }
            for answer in tqdm(asked, total=len(questions), desc="asked", unit=" questions", disable=None)
        ]
    return pd.DataFrame(rows)


def sampled(articles: int, questions: int) -> Iterator[tuple[str, str]]:
    """Questions spread over the generated articles, each with the id of the article that answers it."""
    for place in range(questions):
        name, _, question = article(place * articles // questions)
        yield name, question


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Generate, index, search with filters, ask; the answers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=10_000, help="how many to generate (default: 10000)")
    parser.add_argument("--questions", type=int, default=200, help="how many to ask of them (default: 200)")
    parser.add_argument("--folder", type=Path, help="articles of your own instead")
    parser.add_argument("--ask", type=Path, help="a file of questions, one a line")
    parser.add_argument("--store", type=Path, help="where to keep the store (default: a temporary folder)")
    parser.add_argument("--out", type=Path, help="a CSV file for the answers")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch) / "articles"
        if options.folder is None:
            generate(folder, options.articles)
        store = options.store or Path(scratch) / "store"
        with Assistant.open(store, create=True, settings=Settings()) as assistant:
            began = time.perf_counter()
            index(assistant, folder)
            print(f"indexed in {time.perf_counter() - began:.0f} s")
            late = Filters(since=FIRST + timedelta(days=365), publishers=(PUBLISHERS[0],))
            print(f"{len(assistant.articles(late)):,} articles of {PUBLISHERS[0]} are from 2025 on; of these:")
            print(
                assistant.search("افتتاح مكتبة", limit=3, filters=late).to_frame()[
                    ["score", "file_id", "title", "published"]
                ]
            )
            expected = dict(sampled(options.articles, options.questions))
            asked = options.ask.read_text("utf-8").splitlines() if options.ask else list(expected.values())
            table = answers(assistant, [question for question in asked if question.strip()])
        if options.ask is None and options.folder is None:
            table["expected"] = list(expected)
            print(f"{(table['file_id'] == table['expected']).mean():.1%} cite the article that answers")
        print(f"{table['abstained'].mean():.1%} refused, {table['milliseconds'].median():.0f} ms at the median")
        if options.out:
            table.to_csv(options.out, index=False)
    return table


if __name__ == "__main__":
    main()
