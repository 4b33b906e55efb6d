"""Measure disagreements and updates on labelled pairs: `python -m tools.measure_disagreements [--half dev] [--list]`.

disagreement_labels.jsonl beside this file names, for pairs of numbers in articles of one story, what a reader called
them: conflict (two values for one thing at one time), update (a later value), neither. A number is an article's id and
the offsets of its digits or words. Most pairs are of SaudiNewsNet in ../shared/data (not part of the project), drawn at
random among numbers of one story that count alike, 78 of them among those that share more words; the others are of
the case articles. Half "dev" chose the thresholds of assistant/disagreements/comparison.py, half "test" is reported. Of
each pair's two whole articles the pair is compared as in an answer. Printed are precision and recall with 95 %
intervals (Wilson), of the pairs labelled.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from assistant.disagreements.comparison import comparable
from assistant.disagreements.mentions import Mention, mentions
from evals.cases.corpus import INVENTED, STORIES, build_corpus
from evals.metrics.statistics import wilson
from index.models import Article, Hit, Passage, parse_day

LABELS = Path(__file__).with_name("disagreement_labels.jsonl")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "saudinewsnet" / "passages.jsonl.gz"


def load_articles() -> dict[str, Article]:
    """Return the articles of the labels by id; those of SaudiNewsNet only where its file is there."""
    with tempfile.TemporaryDirectory() as folder:
        articles = build_corpus((*INVENTED, STORIES), Path(folder) / "store", searchable=False).articles
    if DATA.exists():
        with gzip.open(DATA, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                articles[row["id"]] = Article(
                    id=row["id"], text=row["text"], sha256="", title=row["title"], published=parse_day(row["date"][:10])
                )
    return articles


def predict(row: dict[str, Any], articles: dict[str, Article]) -> str:
    """Return "conflict", "update" or "neither" for a labelled pair."""
    listed = list(mentions(_hit(articles[row[side][0]]) for side in "ab"))
    wanted = [tuple(row[side]) for side in "ab"]
    for left, right, relation in comparable(listed):
        if all(any(_is_at(mention, place) for mention in (left, right)) for place in wanted):
            return relation
    return "neither"


def _hit(article: Article) -> Hit:
    passage = Passage(id=article.id, article_id=article.id, start=0, end=len(article.text), text=article.text)
    return Hit(passage=passage, article=article, score=1.0, story="one")


def _is_at(mention: Mention, place: tuple[str, int, int]) -> bool:
    file_id, start, end = place
    first = mention.sentence.start + mention.number.span.start
    last = mention.sentence.start + mention.number.span.end
    return mention.article.id == file_id and first < end and start < last


def main() -> None:
    """Print precision and recall of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("dev", "test"), default="test")
    parser.add_argument("--list", action="store_true", help="also print each pair that is not as labelled")
    options = parser.parse_args()
    articles = load_articles()
    rows = [row for row in map(json.loads, LABELS.read_text("utf-8").splitlines()) if row["half"] == options.half]
    rows = [row for row in rows if row["a"][0] in articles and row["b"][0] in articles]
    pairs = [(row["kind"], predict(row, articles), row) for row in rows]
    counts = Counter((kind, predicted) for kind, predicted, _ in pairs)
    print(f"{options.half}: {len(pairs)} pairs", dict(Counter(kind for kind, _, _ in pairs)))
    for kind in ("conflict", "update"):
        right = counts[kind, kind]
        shown = sum(number for (_, predicted), number in counts.items() if predicted == kind)
        labelled = sum(number for (label, _), number in counts.items() if label == kind)
        for name, total in (("precision", shown), ("recall", labelled)):
            share = wilson(right, total)
            print(f"{kind} {name}: {right} of {total} ({share.low:.2f} to {share.high:.2f})")
    if options.list:
        for kind, predicted, row in pairs:
            if kind != predicted:
                texts = (articles[row[side][0]].text[row[side][1] - 40 : row[side][2] + 30] for side in "ab")
                print(kind, predicted, *(" ".join(text.split()) for text in texts), sep=" | ")


if __name__ == "__main__":
    main()
