"""How large a passage should be: `python -m tools.measure_passage_size [TOKENS …]`; needs ../shared.

Paragraphs of arcd and xquad are glued together to the articles they come from and cut anew for each budget; 2,000
articles of SaudiNewsNet lie among the Arabic ones. A larger passage is found more easily and says less to the point, so
beside R@1 and MRR of the passage that holds the answer it counts how often the answer is within the first 500, 1,000
and 2,000 tokens that a model would read.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from index.chunking import cut
from index.models import Article, Passage
from index.search.lexical import LexicalIndex, LexicalWriter
from index.token_count import count
from tools.measure_loading import DATA, news, rows

BUDGETS = (96, 128, 192, 256, 384, 512)
WINDOWS = (500, 1000, 2000)
QUESTIONS = 500


def glued(name: str, code: str) -> tuple[list[Article], list[tuple[str, str, str]]]:
    """The articles of a set, and its questions, each with its article and its answer."""
    by_title: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(f"{name}/passages.jsonl"):
        if row["lang"] == code:
            by_title[row["title"]].append(row)
    articles, homes = [], {}
    for number, (title, parts) in enumerate(by_title.items()):
        id = f"{name}-{number}"
        arabic_title = title if (name, code) != ("xquad", "ar") else None  # xquad titles are English
        text = "\n".join(part["text"] for part in parts)
        articles.append(Article(id=id, text=text, sha256="", title=arabic_title))
        homes.update({part["id"]: (id, part["text"]) for part in parts})
    asked = [row for row in rows(f"{name}/questions.jsonl") if row["passage_id"] in homes and row["answers"]]
    known = [row for row in asked if row["answers"][0] in homes[row["passage_id"]][1]]
    return articles, [(row["question"], homes[row["passage_id"]][0], row["answers"][0]) for row in known[:QUESTIONS]]


def measured(articles: list[Article], questions: list[tuple[str, str, str]], budget: int) -> Iterator[str]:
    """The figures of one set at one budget."""
    passages: dict[str, Passage] = {}
    with tempfile.TemporaryDirectory() as folder:
        with LexicalWriter(Path(folder)) as writer:
            for article in articles:
                by_id = {item.id: item for item in cut(article, budget)}
                passages |= by_id
                writer.replace(article.id, article.title, [(match.id, match.text) for match in by_id.values()])
            writer.commit()
        index = LexicalIndex.open(Path(folder))
        ranks, within = [], Counter[int]()
        for question, home, answer in questions:
            read = 0
            for rank, (id, _) in enumerate(index.search(question, 40), 1):
                read += count(passages[id].text)
                if passages[id].article_id == home and answer in passages[id].text:
                    ranks.append(rank)
                    within.update(window for window in WINDOWS if read <= window)
                    break
    yield (
        f"{len(passages)} passages; R@1 {ranks.count(1) / len(questions):.3f}, MRR "
        f"{sum(1 / rank for rank in ranks) / len(questions):.3f}"
    )
    yield ", ".join(f"within {window} tokens {within[window] / len(questions):.3f}" for window in WINDOWS)


def main(budgets: list[int]) -> None:
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not here")
        return
    among = [Article(id=row["id"], text=row["text"], sha256="", title=row["title"]) for row in news(2000)]
    for budget in budgets or BUDGETS:
        for name, code in (("arcd", "ar"), ("xquad", "ar"), ("xquad", "en")):
            articles, questions = glued(name, code)
            figures = measured(articles + (among if code == "ar" else []), questions, budget)
            print(f"{budget} tokens, {name}-{code}: {'; '.join(figures)}", flush=True)


if __name__ == "__main__":
    main([int(item) for item in sys.argv[1:]])
