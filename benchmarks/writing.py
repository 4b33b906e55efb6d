"""What an answer by a model costs beside the model: `make bench-writing`, or `python -m benchmarks.writing [--rounds N] [--passages N]`.

On the sample articles, and on as many made ones beside them as give `--passages` (default: none).

The model is the scripted server of the tests on the loopback address, which answers at once. In one run, in turn:

bare        the openai client alone with a prompt of the same length: what the server and the wire take
ours        question → search → prompt → stream → marks and quotes
reference   llama-index's CitationQueryEngine over the same retriever, through its OpenAILike, streamed

first: from the question to the first text. whole: to its end. What the last two take above `bare` is theirs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant import answering
from assistant.model import ChatModel, Prices
from assistant.modelled import Modelled
from benchmarks.speed import made
from index.build import Lexicon, sync
from index.ledger import Ledger
from index.llamaindex import ArticleRetriever
from index.provider import Provider
from index.tokens import count
from tests.scripted import Scripted

HERE = Path(__file__).parent.parent
QUESTIONS = (
    "من استقبل وزير الخارجية السوري في الكرملين؟",
    "كم دامت محادثات بوتين والأسد؟",
    "متى تعقد القمة الروسية العربية؟",
    "من ترأس وفد وزارة الدفاع السورية إلى موسكو؟",
    "ماذا قال لافروف عن العقوبات؟",
)
SAID = "التقى بوتين في الكرملين بموسكو وزير الخارجية السوري أسعد الشيباني [1]. واتفق الجانبان على لجنتين [2]. " * 2


def timed(pieces: Callable[[str], Iterator[str]], rounds: int) -> list[tuple[float, float]]:
    """Milliseconds to the first text and to the end, for each question of each round."""
    found = []
    for round in range(rounds + 1):
        for question in QUESTIONS:
            began = time.perf_counter()
            answer = pieces(question)
            next(answer)
            first = time.perf_counter()
            for _ in answer:
                pass
            if round:  # the first warms up
                found.append(((first - began) * 1000, (time.perf_counter() - began) * 1000))
    return found


def shown(name: str, found: list[tuple[float, float]]) -> str:
    cells = []
    for column in zip(*found, strict=True):
        ranked = sorted(column)
        cells.append(f"{statistics.median(ranked):8.1f} {ranked[int(len(ranked) * 0.95)]:8.1f}")
    return f"{name:10} {cells[0]} {cells[1]}"


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
        yield from engine.query(question).response_gen  # type: ignore[union-attr]

    return ask


def ours(retriever: ArticleRetriever, server: Scripted) -> Callable[[str], Iterator[str]]:
    model = ChatModel(Provider(key="k", base_url=server.url), "m")
    writer = Modelled(model, count=count, budget=6000, prices=Prices())

    def ask(question: str) -> Iterator[str]:
        return answering.stream(question, retriever.retriever, writer)

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


def filled(folder: Path, passages: int) -> None:
    """A store of the sample articles and of made ones, without vectors: nothing here asks them."""
    ledger = Ledger.create(folder / "store")
    lexicon = Lexicon(ledger)
    sync(HERE / "articles", ledger, [lexicon])
    if passages:
        made(passages, folder / "made.jsonl")  # about a passage each
        sync(folder / "made.jsonl", ledger, [lexicon])
    print(f"{ledger.counts()['passages']:,} passages")
    ledger.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="What an answer costs beside the model.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--passages", type=int, default=0, help="how many passages of made articles stand beside the sample"
    )
    chosen = parser.parse_args()
    rounds = chosen.rounds
    with tempfile.TemporaryDirectory() as folder, Scripted(SAID, pieces=12) as server:
        filled(Path(folder), chosen.passages)
        retriever = ArticleRetriever.open(Path(folder) / "store")
        print("ms         first p50      p95  whole p50     p95")
        print(shown("bare", timed(bare(server), rounds)))
        print(shown("ours", timed(ours(retriever, server), rounds)))
        print(shown("reference", timed(reference(retriever, server, Path(folder)), rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
