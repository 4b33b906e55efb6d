"""Who answers the cases: this program, or the answers of any other system. One verb, so that a sabotaged double is ten lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Protocol

import prompts
from assistant import answering
from assistant.records import Draft
from assistant.understand import Question
from evals.cases import Case
from evals.records import Place, Reply
from index.records import Hit, Value
from index.retrieval import Retriever


class About(Value, frozen=True, kw_only=True):
    """What an engine is, for the manifest. `deterministic`: the same case gets the same answer, so that repeats say nothing."""

    name: str
    deterministic: bool = False
    model: str | None = None
    parameters: dict[str, str] = {}
    prompts: dict[str, str] = {}  # the prompts it uses, with their hashes; none without a model
    prompt_texts: dict[str, str] = {}
    index: dict[str, str] = {}


class Engine(Protocol):
    """Answers a case. Raises an IsnadError where it cannot: that is an error of the run, never a wrong answer."""

    @property
    def about(self) -> About: ...

    def answer(self, case: Case, repeat: int) -> Reply: ...


class AssistantEngine:
    """This program over a store. `writer` makes what writes one repeat's answers: quotations, or a model."""

    def __init__(self, retriever: Retriever, writer: Callable[[int], answering.Writer], about: About) -> None:
        self._retriever, self._writer, self.about = retriever, writer, about

    def answer(self, case: Case, repeat: int) -> Reply:
        """The answer, with the passages that the writer was given."""
        witness = Witness(self._writer(repeat))
        answer = answering.answer(case.question, self._retriever, witness)
        return Reply(answer=answer, hits=tuple(map(place, witness.hits)))


class Witness:
    """A writer that remembers which hits it was given."""

    def __init__(self, writer: answering.Writer) -> None:
        self._writer = writer
        self.engine = writer.engine
        self.hits: tuple[Hit, ...] = ()

    def write(self, question: Question, hits: tuple[Hit, ...]) -> Generator[str, None, Draft]:
        self.hits = hits
        draft: Draft = yield from self._writer.write(question, hits)
        return draft


def place(hit: Hit) -> Place:
    """A hit as the metrics take it."""
    return Place(file_id=hit.article.id, start=hit.passage.start, end=hit.passage.end)


def prompt_texts(folder: Path = prompts.FOLDER) -> dict[str, str]:
    """Every prompt there is, by name."""
    return {name: (folder / f"{name}.jinja").read_text("utf-8") for name in prompts.names(folder)}


def prompt_hashes(texts: dict[str, str]) -> dict[str, str]:
    """The hash of each prompt, as it stands in every answer it leads to."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}
