"""The engine under test: this program, or the answers of any other system."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

import prompts
from assistant import pipeline
from assistant.chat_model import Message, Model
from assistant.models import Answer, RetrievedPassage
from assistant.query.followups import Conversation
from evals.cases.case import Case
from evals.models import PassageSpan, Reply
from index.errors import ProviderError
from index.model_api import Reply as ModelReply
from index.models import Value
from index.search.retriever import Retriever

UNUSED = {"judge", "plan", "look"}  # prompts: the judge is asked apart, the others with more effort than "quick"
FRESH = 100  # repeats from here on are those of the gate: never an answer of the first look


class EngineInfo(Value, frozen=True, kw_only=True):
    """A description of an engine for the manifest.

    A `deterministic` engine answers a case always alike.
    """

    name: str
    deterministic: bool = False
    model: str | None = None
    parameters: dict[str, str] = {}
    prompts: dict[str, str] = {}  # name -> hash of the prompts it uses; empty without a model
    prompt_texts: dict[str, str] = {}
    index: dict[str, str] = {}


class Engine(Protocol):
    """Answers a case. Raises an IsnadError if it cannot.

    An error of the run, never a wrong answer.
    """

    @property
    def info(self) -> EngineInfo: ...

    def answer(self, case: Case, repeat: int) -> Reply: ...


class AssistantEngine:
    """This program over a store.

    `make_writer` makes what writes the answer to a repeat of a case: quotations, or a model with the prompts of
    `folder`.
    """

    def __init__(
        self,
        retriever: Retriever,
        make_writer: Callable[[Case, int], pipeline.Writer],
        info: EngineInfo,
        *,
        folder: Path = prompts.FOLDER,
    ) -> None:
        self._retriever, self._make_writer, self.info, self._folder = retriever, make_writer, info, folder

    def answer(self, case: Case, repeat: int) -> Reply:
        """Answer a case after its earlier questions, with the passages it used.

        Raises ProviderError if any request failed, also where the answer could do without it.
        """
        writer = self._make_writer(case, repeat)
        with prompts.using(self._folder):
            conversation = Conversation()
            for turn in case.turns:
                text = turn.answer
                if not text:
                    text = self._ask(turn.question, writer, conversation).text
                conversation = conversation.after(turn.question, text)
            answer = self._ask(case.question, writer, conversation)
        if isinstance(writer.model, MonitoredModel) and writer.model.failure:
            raise writer.model.failure
        return Reply(answer=answer, hits=tuple(map(passage_span, answer.hits)))

    def _ask(self, question: str, writer: pipeline.Writer, conversation: Conversation) -> Answer:
        return pipeline.answer(question, self._retriever, writer, conversation=conversation)


class MonitoredModel:
    """A model that remembers a failed request.

    An answer that did without a reply is not to be scored.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.failure: ProviderError | None = None

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, ModelReply]:
        try:
            return (yield from self._model.reply(messages))
        except ProviderError as error:
            self.failure = self.failure or error
            raise


def passage_span(seen: RetrievedPassage) -> PassageSpan:
    """Return a passage of an answer as the metrics take it."""
    return PassageSpan(file_id=seen.file_id, start=seen.start, end=seen.end)


def prompt_texts(folder: Path = prompts.FOLDER) -> dict[str, str]:
    """Read the prompts that answers are made with, by name.

    Not those that the effort "quick" leaves out.
    """
    names = [name for name in prompts.names(folder) if name not in UNUSED]
    return {name: (folder / f"{name}.jinja").read_text("utf-8") for name in names}


def prompt_hashes(texts: dict[str, str]) -> dict[str, str]:
    """Hash each prompt as in the answers that it leads to."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}
