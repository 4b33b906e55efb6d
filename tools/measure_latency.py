"""Measure what an answer by a model costs beside the model.

    python -m tools.measure_latency [--rounds N] [--passages N] [--store FOLDER] [--silent MS]

On the sample articles, and on a store of about `--passages` more: news of ../shared/data where they are, each repeated
with other sentences and numbers, else made ones. The store is kept in `--store` and used again. Among the news each
question is asked once (a headline).

The model is the scripted server of the tests on the loopback address, which says the beginning of the first four
passages that it is shown, each with its mark (or of the text where it knows none), after `--silent` milliseconds and at
that pace a sentence (default 0: it answers at once). In one run, in turn:

bare        the openai client alone with a prompt of the same length: what the server and the wire take
ours        question → search → prompt → stream → marks, quotes, check
reference   llama-index's CitationQueryEngine over the same retriever, through its OpenAILike, streamed

first: from the question to the first text. whole: to its end. What the last two take above `bare` is theirs; cpu is
what this process, the server in it, worked.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from assistant import pipeline
from assistant.chat_model import ChatModel, Prices
from assistant.generative.model_writer import ModelWriter
from index.ingest.sync import Lexicon, sync
from index.integrations.llama_index import ArticleRetriever
from index.model_api import Provider
from index.store.ledger import Ledger
from index.token_count import count
from tests.scripted import Scripted
from tools.measure_speed import made

HERE = Path(__file__).parent.parent
QUESTIONS = (
    "من استقبل وزير الخارجية السوري في الكرملين؟",
    "كم دامت محادثات بوتين والأسد؟",
    "متى تعقد القمة الروسية العربية؟",
    "من ترأس وفد وزارة الدفاع السورية إلى موسكو؟",
    "ماذا قال لافروف عن العقوبات؟",
)
WORDS = 25  # of each passage, in a reply
SHOWN = re.compile(
    r"(?ms)^=+ \w+ source \[(\d+)\] =+\n.*?\n\n(.*?)\n=+ \w+ end of|^Source (\d+):\n(.*?)\n(?=Source|-----)"
)
DATA = HERE.parent / "shared" / "data" / "saudinewsnet"
PER_ARTICLE = 2.35  # passages of a news article


class Model(Scripted):
    """The scripted server, which stays silent for so many seconds before each sentence."""

    def __init__(self, silent: float) -> None:
        super().__init__(scripted_reply, pieces=12)
        self.silent = silent

    async def events(self, text: str, fault: str | None, wants_usage: bool) -> AsyncIterator[str]:
        began, paused = time.perf_counter(), 0
        async for event in super().events(text, fault, wants_usage):
            if "]." in event or not paused:  # keep the pace, whoever reads slowly
                paused += 1
                await asyncio.sleep(max(0.0, began + paused * self.silent - time.perf_counter()))
            yield event


def scripted_reply(messages: list[dict[str, str]]) -> str:
    """The reply: the beginnings of four passages with their numbers, or as much of any other text."""
    prompt = messages[-1]["content"]
    shown = [(match[1] or match[3], match[2] or match[4]) for match in SHOWN.finditer(prompt)][:4]
    beginnings = [(number, " ".join(text.replace(".", "").split()[:WORDS])) for number, text in shown]
    words = prompt.split()
    plain = [(str(at), " ".join(words[at * WORDS : (at + 1) * WORDS])) for at in range(4)]
    return " ".join(f"{text} [{number}]." for number, text in beginnings or plain)


def timed(pieces: Callable[[str], Iterator[str]], questions: Sequence[str]) -> list[tuple[float, float, float]]:
    """Milliseconds to the first text, to the end, and of the processor, for each question."""
    timings = []
    for question in questions:
        began, worked = time.perf_counter(), time.process_time()
        answer = pieces(question)
        next(answer)
        first = time.perf_counter()
        for _ in answer:
            pass
        timings.append((first - began, time.perf_counter() - began, time.process_time() - worked))
    return [(first * 1000, whole * 1000, cpu * 1000) for first, whole, cpu in timings]


def shown(name: str, timings: list[tuple[float, float, float]]) -> str:
    cells = []
    for column in zip(*timings, strict=True):
        ranked = sorted(column)
        cells.append(f"{statistics.median(ranked):8.1f} {ranked[int(len(ranked) * 0.95)]:8.1f}")
    return f"{name:10} {' '.join(cells)}"


def reference(retriever: ArticleRetriever, server: Scripted, folder: Path) -> Callable[[str], Iterator[str]]:
    import llama_index.core

    # nltk refuses files with more than one link, as some installers make them
    words = Path(llama_index.core.__file__).parent / "_static" / "nltk_cache"
    os.environ["NLTK_DATA"] = str(shutil.copytree(words, folder / "nltk"))
    from llama_index.core.query_engine import CitationQueryEngine
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(
        model="m", api_base=server.url, api_key="k", is_chat_model=True, max_retries=0, context_window=100_000
    )
    engine = CitationQueryEngine.from_args(index=None, llm=llm, retriever=retriever, streaming=True)  # type: ignore[arg-type]

    def ask(question: str) -> Iterator[str]:
        yield from engine.query(question).response_gen  # type: ignore[union-attr,misc]

    return ask


def ours(retriever: ArticleRetriever, server: Scripted) -> Callable[[str], Iterator[str]]:
    model = ChatModel(Provider(key="k", base_url=server.url), "m")
    writer = ModelWriter(model, count=count, budget=6000, prices=Prices())

    def ask(question: str) -> Iterator[str]:
        return pipeline.stream(question, retriever.retriever, writer)

    return ask


def bare(server: Scripted) -> Callable[[str], Iterator[str]]:
    import openai

    client = openai.OpenAI(api_key="k", base_url=server.url, max_retries=0)

    def ask(question: str) -> Iterator[str]:
        prompt = question + (HERE / "articles" / "001_dc8abb098d9da563.txt").read_text("utf-8") * 5
        for chunk in client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": prompt}], stream=True
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    return ask


def filled(store: Path, passages: int) -> None:
    """A store of the sample articles and of about so many passages more, without vectors: nothing here asks them."""
    ledger = Ledger.create(store)
    lexicon = Lexicon(ledger)
    sync(HERE / "articles", ledger, [lexicon])
    file = store.with_suffix(".jsonl")
    if passages and DATA.is_dir():
        with file.open("wb") as lines:
            lines.writelines(msgspec.json.encode(report) + b"\n" for report in reports(round(passages / PER_ARTICLE)))
    elif passages:
        made(passages, file)  # about a passage each
    if passages:
        sync(file, ledger, [lexicon])
        file.unlink()
    ledger.close()


def reports(number: int) -> Iterator[dict[str, str]]:
    """Return so many news articles, recombined where there are fewer.

    Each with half of its paragraphs from another and other figures.
    """
    with gzip.open(DATA / "passages.jsonl.gz", "rb") as file:
        rows = [msgspec.json.decode(line) for line in file]
    chance = random.Random(1)
    for at in range(number):
        row = rows[at % len(rows)]
        title, text = str(row["title"]), str(row["text"])
        if at >= len(rows):
            other = str(chance.choice(rows)["text"]).split("\n")
            mixed = [chance.choice(other) if chance.random() < 0.5 else part for part in text.split("\n")]
            text = re.sub(r"\d+", lambda digits: str(chance.randrange(10 ** len(digits[0]))), "\n".join(mixed))
            title = f"{title} {chance.randrange(1000)}"
        yield {"id": f"n{at}", "title": title, "text": text, "lang": "ar"}


def questions(passages: int, rounds: int) -> tuple[list[str], list[str]]:
    """What is asked first, untimed, and what is timed.

    Headlines where there are news, each once; else a few questions again and again.
    """
    if passages and DATA.is_dir():
        asked = [msgspec.json.decode(line)["question"] for line in (DATA / "questions.jsonl").open("rb")]
        return asked[-20:], asked[: rounds * len(QUESTIONS)]
    return list(QUESTIONS), [*QUESTIONS] * rounds


def main() -> int:
    parser = argparse.ArgumentParser(description="What an answer costs beside the model.")
    parser.add_argument("--rounds", type=int, default=20, help="times five questions")
    parser.add_argument("--passages", type=int, default=0, help="how many passages stand beside those of the sample")
    parser.add_argument("--store", type=Path, help="keep the store in this folder; one that is there is used as it is")
    parser.add_argument("--silent", type=float, default=0.0, help="milliseconds before each sentence of the model")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Model(chosen.silent / 1000) as server:
        store = chosen.store or Path(folder) / "store"
        if not store.exists():
            filled(store, chosen.passages)
        retriever = ArticleRetriever.open(store)
        print(f"{retriever.retriever.ledger.counts()['passages']:,} passages; load {os.getloadavg()[0]:.1f}")
        print("ms         first p50      p95  whole p50      p95   cpu p50      p95")
        first, then = questions(chosen.passages, chosen.rounds)
        ways = (("bare", bare(server)), ("ours", ours(retriever, server)))
        for name, ask in (*ways, ("reference", reference(retriever, server, Path(folder)))):
            timed(ask, first)
            print(shown(name, timed(ask, then)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
