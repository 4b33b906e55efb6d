"""Who answers the cases: this program, or the answers of any other system. One verb, so that a sabotaged double is ten lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

import prompts
from assistant import answering
from assistant.conversation import Conversation, standalone
from assistant.model import Message, Model
from assistant.records import Answer, Draft
from assistant.understand import Question
from evals.cases import Case
from evals.records import Place, Reply
from index.errors import ProviderError
from index.provider import Reply as Said
from index.records import Hit, Value
from index.retrieval import Retriever
from index.tokens import count


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

    `model` makes the model that rewrites follow-ups; without one the rule does. `folder` holds other prompts than the program's.
    """

    def __init__(
        self,
        retriever: Retriever,
        writer: Callable[[Case, Model | None], answering.Writer],
        about: About,
        *,
        model: Callable[[int], Model] | None = None,
        folder: Path = prompts.FOLDER,
    ) -> None:
        self._retriever, self._writer, self.about = retriever, writer, about
        self._model, self._folder = model, folder

    def answer(self, case: Case, repeat: int) -> Reply:
        """The answer, with the passages that the writer was given. Earlier questions of the case are asked first.

        Raises ProviderError where any request on the way failed, also where the answer could do without it.
        """
        watched = Watched(self._model(repeat)) if self._model else None
        with prompts.using(self._folder):
            conversation = Conversation()
            for turn in case.turns:
                said = turn.answer or self._ask(case, turn.question, conversation, watched)[0].text
                conversation = conversation.after(turn.question, said)
            answer, hits = self._ask(case, case.question, conversation, watched)
        if watched and watched.failed:
            raise watched.failed
        return Reply(answer=answer, hits=tuple(map(place, hits)))

    def _ask(
        self, case: Case, question: str, conversation: Conversation, model: Watched | None
    ) -> tuple[Answer, tuple[Hit, ...]]:
        alone = standalone(question, conversation, model=model, count=count)
        witness = Witness(self._writer(case, model))
        return answering.answer(alone.question, self._retriever, witness), witness.hits


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


class Witness:
    """A writer that remembers which hits it was given."""

    def __init__(self, writer: answering.Writer) -> None:
        self._writer = writer
        self.engine, self.model = writer.engine, writer.model
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
