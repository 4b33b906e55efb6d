"""Who answers the cases: this program, or the answers of any other system. One verb, so that a sabotaged double is ten lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

import prompts
from assistant import pipeline
from assistant.chat_model import Message, Model
from assistant.models import RetrievedPassage
from assistant.query.followups import Conversation
from evals.cases.case import Case
from evals.models import Place, Reply
from index.errors import ProviderError
from index.model_api import Reply as Said
from index.models import Value
from index.search.retriever import Retriever

FRESH = 100  # repeats from here on are those of the gate: never an answer of the first look


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
    """This program over a store. `writer` makes what writes the answer to a repeat of a case: quotations, or a model.

    `folder` holds the prompts to use.
    """

    def __init__(
        self,
        retriever: Retriever,
        writer: Callable[[Case, int], pipeline.Writer],
        about: About,
        *,
        folder: Path = prompts.FOLDER,
    ) -> None:
        self._retriever, self._writer, self.about, self._folder = retriever, writer, about, folder

    def answer(self, case: Case, repeat: int) -> Reply:
        """The answer, with the passages that it was written from. Earlier questions of the case are asked first.

        Raises ProviderError where any request on the way failed, also where the answer could do without it.
        """
        writer = self._writer(case, repeat)
        with prompts.using(self._folder):
            conversation = Conversation()
            for turn in case.turns:
                said = (
                    turn.answer
                    or pipeline.answer(turn.question, self._retriever, writer, conversation=conversation).text
                )
                conversation = conversation.after(turn.question, said)
            answer = pipeline.answer(case.question, self._retriever, writer, conversation=conversation)
        if isinstance(writer.model, Watched) and writer.model.failed:
            raise writer.model.failed
        return Reply(answer=answer, hits=tuple(map(place, answer.hits)))


class Watched:
    """A model that remembers whether a request failed: an answer that had to do without a reply is none to judge."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.failed: ProviderError | None = None

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Said]:
        try:
            return (yield from self._model.reply(messages))
        except ProviderError as error:
            self.failed = self.failed or error
            raise


def place(seen: RetrievedPassage) -> Place:
    """A passage of an answer as the metrics take it."""
    return Place(file_id=seen.file_id, start=seen.start, end=seen.end)


def prompt_texts(folder: Path = prompts.FOLDER) -> dict[str, str]:
    """Every prompt that answers are made with, by name: the judge's makes none."""
    return {name: (folder / f"{name}.jinja").read_text("utf-8") for name in prompts.names(folder) if name != "judge"}


def prompt_hashes(texts: dict[str, str]) -> dict[str, str]:
    """The hash of each prompt, as it stands in every answer it leads to."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}
