"""Question sets as stores.

Passages that are indexed, questions that they answer, and questions that they do not.

A question is unanswerable where the article that holds its answer was withheld (`removal`), where only its passage was
and the store is tiny (`tiny`), or where people wrote it to mislead (`squad2`). The data lie beside the checkout and are
never part of it.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from index.chunking import cut
from index.language.normalize import folded
from index.language.sentences import sentences
from index.loaders.article_loader import read
from index.models import Article, Hit, Passage, Span
from index.search.fusion import E5_WEIGHT, fuse
from index.search.lexical import LexicalIndex, LexicalWriter
from index.search.retriever import DEPTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.embeddings.protocol import Embedder

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
CASES = ROOT / "evals" / "cases"
QUESTIONS = ROOT / "tests" / "data"
PARTS = 4  # withheld in turn
STORE = 5  # articles of a tiny store
LIMIT = 10  # hits
BLANKED = 4  # sentences with an answer at most, where it is taken out of news: what stands everywhere is no answer

Row = dict[str, Any]


class Asked(NamedTuple):
    """A question; `answers` are the strings that answer it, `group` is the article it was written on."""

    question: str
    answers: tuple[str, ...]
    answerable: bool
    group: str


class Store(NamedTuple):
    """Some passages, indexed, and questions to ask of them."""

    name: str
    lexical: LexicalIndex
    passages: dict[str, tuple[Article, Passage]]
    questions: list[Asked]

    def hits(self, question: str, limit: int = LIMIT, embedder: Embedder | None = None) -> tuple[Hit, ...]:
        """Return what lexical search finds.

        With an embedder, what it finds fused with the search by meaning.
        """
        lexical = self.lexical.search(question, limit if embedder is None else limit * DEPTH)
        semantic = [] if embedder is None else self.nearest(question, limit * DEPTH, embedder)
        return tuple(
            Hit(
                article=self.passages[match.passage_id][0],
                passage=self.passages[match.passage_id][1],
                score=match.score,
                lexical_score=match.lexical_score,
            )
            for match in fuse(lexical, semantic, E5_WEIGHT)[:limit]
        )

    def nearest(self, question: str, limit: int, embedder: Embedder) -> list[tuple[str, float]]:
        """Return (passage id, cosine) of the passages nearest to a question, best first."""
        ids = list(self.passages)
        vectors = embedder.embed([self.passages[id_][1].text for id_ in ids])
        cosines = vectors @ embedder.embed([question], question=True)[0]
        return [(ids[at], float(cosines[at])) for at in (-cosines).argsort()[:limit]]


class RememberingEmbedder:
    """An embedder that computes the vector of a text once.

    The stores of a set share their passages.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[tuple[str, bool], NDArray[np.float32]] = {}
        self.name, self.dimensions = embedder.name, embedder.dimensions

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimensions)."""
        import numpy as np

        unknown = [text for text in dict.fromkeys(texts) if (text, question) not in self._vectors]
        vectors = self._embedder.embed(unknown, question=question)
        self._vectors |= {(text, question): vector for text, vector in zip(unknown, vectors, strict=True)}
        return np.array([self._vectors[text, question] for text in texts]).reshape(len(texts), self.dimensions)


def rows(path: str) -> list[Row]:
    """The rows of a JSON Lines file of the data folder."""
    return [json.loads(line) for line in (DATA / path).read_text(encoding="utf-8").splitlines()]


def stored(name: str, passages: Sequence[Row], questions: list[Asked], folder: Path) -> Store:
    """Passages indexed in a folder, each an article of its own."""
    held = {}
    with LexicalWriter(folder, anew=True) as writer:
        for row in passages:
            title, text = (row["title"] or "").replace("_", " ") or None, row["text"]
            article = Article(id=row["id"], text=text, sha256="", title=title)
            held[row["id"]] = (
                article,
                Passage(id=row["id"], article_id=row["id"], start=0, end=len(text), text=text),
            )
            writer.replace(row["id"], title, [(row["id"], text)])
        writer.commit()
    return Store(name, LexicalIndex.open(folder), held, questions)


def removal(name: str) -> Iterator[Store]:
    """Four stores, each without a quarter of the articles.

    Their questions cannot be answered, those of another quarter can.
    """
    yield from _without_quarters(name, *_read(name))


def across(asked: str, written: str) -> Iterator[Store]:
    """The same with xquad's questions in one language.

    (ISO 639-1) over its passages in another.

    An answer is what answers the parallel question in the language of the passages.
    """
    passages, questions = _read(f"xquad-{written}")
    parallel = {row["parallel_id"]: row["question"] for row in _read(f"xquad-{asked}")[1]}
    yield from _without_quarters(
        f"xquad-{asked} over {written}",
        passages,
        [row | {"question": parallel[row["parallel_id"]]} for row in questions],
    )


def _without_quarters(name: str, passages: list[Row], questions: list[Row]) -> Iterator[Store]:
    titles = {row["id"]: row["title"] for row in passages}
    for part in range(PARTS):
        kept = [row for row in passages if _part(row["title"]) != part]
        everything = "\n".join(row["text"] for row in kept)
        asked = []
        for row in questions:
            title = titles[row["passage_id"]]
            if _part(title) == part and not _stands(row["answers"], everything):
                asked.append(Asked(row["question"], (), False, title))
            elif _part(title) == (part + 1) % PARTS:
                asked.append(Asked(row["question"], tuple(row["answers"]), True, title))
        yield from _opened(name, kept, asked)


def tiny(name: str, size: int = STORE) -> Iterator[Store]:
    """Stores of `size` articles, each without a third of its passages.

    Their questions, and some on other articles.

    A store of one article is what five reports on one event are: every word of the topic is in every passage.
    """
    passages, questions = _read(name)
    by_title, by_passage = defaultdict(list), defaultdict(list)
    for row in passages:
        by_title[row["title"]].append(row)
    for row in questions:
        by_passage[row["passage_id"]].append(row)
    titles = sorted(by_title, key=lambda title: hashlib.md5(title.encode()).hexdigest())
    for first in range(0, len(titles) - size + 1, size):
        group = titles[first : first + size]
        mine = [(row, at % 3 == 2) for title in group for at, row in enumerate(by_title[title])]
        kept = [row for row, withheld in mine if not withheld]
        everything = "\n".join(row["text"] for row in kept)
        asked = [
            Asked(entry["question"], () if withheld else tuple(entry["answers"]), not withheld, row["title"])
            for row, withheld in mine
            for entry in by_passage[row["id"]]
            if not (withheld and _stands(entry["answers"], everything))
        ]
        theirs = {row["id"] for row, _ in mine}
        others = [
            question
            for question in questions
            if question["passage_id"] not in theirs and not _stands(question["answers"], everything)
        ]
        far = random.Random(first).sample(others, min(len(others), max(5, len(asked) // 4)))
        asked += [Asked(entry["question"], (), False, "another article") for entry in far]
        yield from _opened(name, kept, asked)


def gaps(name: str) -> Iterator[Store]:
    """One store of passages that lack what a third of their questions ask.

    The sentences with the answer are taken out.

    So a question is on an article that is there, and on something that this article does not tell.
    """
    passages, questions = _read(name)
    kept, asked = [], []
    by_passage = defaultdict(list)
    for row in questions:
        by_passage[row["passage_id"]].append(row)
    for row in passages:
        mine = sorted(by_passage[row["id"]], key=lambda item: hashlib.md5(item["question"].encode()).hexdigest())
        text = _without(row["text"], [answer for entry in mine[::3] for answer in entry["answers"]])
        kept.append(row | {"text": text})
        asked += [(entry, row["title"], any(answer in text for answer in entry["answers"])) for entry in mine if text]
    kept = [row for row in kept if row["text"]]
    by_title = defaultdict(str)
    for row in kept:
        by_title[row["title"]] += row["text"] + "\n"
    yield from _opened(
        f"{name}, gaps",
        kept,
        [
            Asked(entry["question"], tuple(entry["answers"]) if answered else (), answered, title)
            for entry, title, answered in asked
            if answered or not _stands(entry["answers"], by_title[title])
        ],
    )


def _without(text: str, answers: Sequence[str]) -> str:
    """A text without the sentences that hold one of the answers."""
    held = [span.of(text) for span in sentences(text)]
    return "\n".join(entry for entry in held if not any(answer in entry for answer in answers))


def squad2(*, apart: bool = False) -> Iterator[Store]:
    """One store of 646 passages, or `apart` one for each title.

    Half of the questions were written so that they only look answerable.
    """
    passages = rows("squad2_cs224n/passages.jsonl")
    titles = {row["id"]: row["title"] for row in passages}
    asked = [
        Asked(row["question"], tuple(row["answers"]), row["answerable"], titles[row["passage_id"]])
        for row in rows("squad2_cs224n/questions.jsonl")
    ]
    if not apart:
        yield from _opened("squad2", passages, asked)
        return
    for title in sorted(set(titles.values())):
        mine = [row for row in passages if row["title"] == title]
        yield from _opened("squad2", mine, [entry for entry in asked if entry.group == title])


def rgb() -> Iterator[Store]:
    """Two stores a question: the snippets a web search gave for it, and the same without those that answer it."""
    passages = {row["id"]: row for row in rows("rgb/passages.jsonl")}
    for row in rows("rgb/questions.jsonl"):
        if row["lang"] == "en" and not row["id"].endswith("#wrong"):
            ids = (row["passage_ids"] if row["answerable"] else []) + row["distractor_ids"]
            asked = Asked(row["question"], tuple(row.get("answers", ())), row["answerable"], row["id"].split("#")[0])
            yield from _opened("rgb", [passages[item_id] for item_id in ids if item_id in passages], [asked])


def news(folders: Sequence[Path], questions: Path, part: int | None = None) -> Iterator[Store]:
    """One store of news reports as they are indexed.

    The Arabic questions that stand alone and obey no planted instruction.

    With a `part`, 0 or 1: the sentences that answer this half of the questions are blanked.
    """
    articles = [entry for folder in folders for entry in read(folder) if isinstance(entry, Article)]
    written = map(json.loads, questions.read_text(encoding="utf-8").splitlines())
    chosen = (row for row in written if row["lang"] == "ar" and not row.get("history") and not row.get("canary"))
    asked = [_of_news(row) for row in chosen]
    if part is not None:
        articles, asked = _blanked(articles, asked, part)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        held: dict[str, tuple[Article, Passage]] = {}
        with LexicalWriter(Path(place), anew=True) as writer:
            for article in articles:
                passages = cut(article)
                held |= {passage.id: (article, passage) for passage in passages}
                writer.replace(article.id, article.title, [(passage.id, passage.text) for passage in passages])
            writer.commit()
        yield Store(questions.stem, LexicalIndex.open(Path(place)), held, asked)


def _blanked(articles: Sequence[Article], asked: Sequence[Asked], part: int) -> tuple[list[Article], list[Asked]]:
    """The articles without the sentences that answer half of the questions, these as unanswerable, and the others that
    still are answered.
    """
    sentence_spans = [(article.id, span) for article in articles for span in sentences(article.text)]
    texts = {article.id: article.text for article in articles}
    gone: dict[str, set[Span]] = defaultdict(set)
    kept = []
    for entry in asked:
        telling = [(id_, span) for id_, span in sentence_spans if _tells(span.of(texts[id_]), entry.answers)]
        if entry.answerable and _half(entry.question) == part and 0 < len(telling) <= BLANKED:
            kept.append(entry._replace(answers=(), answerable=False))
            for id_, span in telling:
                gone[id_].add(span)
    for id_, spans in gone.items():
        for span in spans:
            texts[id_] = texts[id_][: span.start] + " " * (span.end - span.start) + texts[id_][span.end :]
    taken = [span.of(article.text) for article in articles for span in gone[article.id]]
    kept += [
        entry
        for entry in asked
        if entry.answerable and _half(entry.question) != part and not any(_tells(text, entry.answers) for text in taken)
    ]
    return [structs.replace(article, text=texts[article.id]) for article in articles], kept


def _tells(text: str, answers: Sequence[str]) -> bool:
    plain = folded(text)
    return any(folded(answer).strip() in plain for answer in answers)


def _half(question: str) -> int:
    return int(hashlib.md5(question.encode()).hexdigest(), 16) // 16 % 2


def _of_news(row: Row) -> Asked:
    facts = row.get("facts", ())
    accepted = tuple(entry for fact in facts for entry in fact["accept"]) if facts else tuple(row.get("accept", ()))
    return Asked(row["question"], accepted, row["answerable"], row.get("cluster", "five reports"))


NEWS: dict[str, Callable[[], Iterator[Store]]] = {  # never fitted on
    "reference reports": lambda: news([ROOT.parent / "shared" / "articles"], QUESTIONS / "reference_questions.jsonl"),
    "sample reports": lambda: news([ROOT / "articles"], QUESTIONS / "sample_questions.jsonl"),
    "reference reports, gaps": lambda: chain.from_iterable(
        news([ROOT.parent / "shared" / "articles"], QUESTIONS / "reference_questions.jsonl", part) for part in (0, 1)
    ),
}
SETS: dict[str, Callable[[], Iterator[Store]]] = {
    "arcd": lambda: removal("arcd"),
    "arcd, five articles": lambda: tiny("arcd"),
    "arcd, one article": lambda: tiny("arcd", 1),
    "xquad-ar": lambda: removal("xquad-ar"),
    "xquad-ar, five articles": lambda: tiny("xquad-ar"),
    "xquad-ar, one article": lambda: tiny("xquad-ar", 1),
    "xquad-en": lambda: removal("xquad-en"),
    "xquad-en, five articles": lambda: tiny("xquad-en"),
    "xquad-en, one article": lambda: tiny("xquad-en", 1),
    "squad2": squad2,
    "squad2, one article": lambda: squad2(apart=True),
    "cases": lambda: news([ROOT / "articles", CASES / "articles"], CASES / "core.jsonl"),
    "arcd, gaps": lambda: gaps("arcd"),
    "xquad-ar, gaps": lambda: gaps("xquad-ar"),
    "xquad-en, gaps": lambda: gaps("xquad-en"),
    "xquad-en over ar": lambda: across("en", "ar"),
    "xquad-ar over en": lambda: across("ar", "en"),
    "xquad-tr over ar": lambda: across("tr", "ar"),
    "xquad-ru over ar": lambda: across("ru", "ar"),
    "cases, gaps": lambda: chain.from_iterable(
        news([ROOT / "articles", CASES / "articles"], CASES / "core.jsonl", part) for part in (0, 1)
    ),
    "rgb": rgb,
}


def _opened(name: str, passages: Sequence[Row], asked: list[Asked]) -> Iterator[Store]:
    if not passages:
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield stored(name, passages, asked, Path(folder))


def _read(name: str) -> tuple[list[Row], list[Row]]:
    folder, _, language = name.partition("-")
    passages, questions = rows(f"{folder}/passages.jsonl"), rows(f"{folder}/questions.jsonl")
    if language:
        passages = [row for row in passages if row["lang"] == language]
        questions = [row for row in questions if row["lang"] == language]
    return passages, [row for row in questions if row["answerable"]]


def _part(title: str) -> int:
    return int(hashlib.md5(title.encode()).hexdigest(), 16) % PARTS


def _stands(answers: Sequence[str], text: str) -> bool:
    """Whether an answer of some length stands in a text all the same."""
    return any(len(answer) > 3 and answer in text for answer in answers)
