"""Chat models for evals: the configured one with every reply kept and every cent counted, or the recorded replies; and judges."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from assistant import container
from assistant.budget import Budget
from assistant.chat_model import ChatModel, Model, Prices, Recorded
from assistant.generative.model_writer import ModelWriter
from assistant.pipeline import Writer
from assistant.settings import Settings
from evals.cases.case import PACKAGE, Case
from evals.engines.engine import About, AssistantEngine, Engine, Watched, prompt_hashes, prompt_texts
from evals.engines.rate_limiter import Limiter
from evals.engines.recorded_calls import Calls, Remembered
from evals.metrics.model_judge import ModelJudge
from index.errors import UsageError
from index.ingest.sync import READING
from index.model_api import Provider, Wait
from index.search.retriever import Retriever
from index.token_count import count

RECORDINGS = PACKAGE / "recordings"
TODAY = date(
    2026, 11, 1
)  # the day on which cases without `as_of` are asked: the clock is an input, or nothing could be kept


class Paid:
    """What calls go through: the kept replies, one limiter, one budget, and one connection for each model."""

    def __init__(
        self, settings: Settings, calls: Calls, budget: Budget, *, limiter: Limiter | None = None, offline: bool = False
    ) -> None:
        self.settings, self.calls, self.budget, self.limiter, self.offline = settings, calls, budget, limiter, offline
        self.prices = Prices(tokens_in=settings.price_in, tokens_out=settings.price_out)
        self._opening = threading.Lock()
        self._models: dict[str, Model] = {}

    def needed(self) -> None:
        """Raise UsageError where no model is set."""
        if not self.settings.has_model:
            raise UsageError("no model is set: set OPENAI_API_KEY or OPENAI_BASE_URL (--engine extract needs none)")

    def model(self, name: str, repeat: int) -> Model:
        """A model by name, every reply of which is kept."""
        return Remembered(
            None if self.offline else self._opened(name),
            self.calls,
            repeat,
            name=name,
            parameters=f"answer_tokens={self.settings.answer_tokens} temperature=0",
            limiter=self.limiter,
            budget=self.budget,
            prices=self.prices,
        )

    def _opened(self, name: str) -> Model:
        self.needed()
        settings = self.settings
        with self._opening:
            if name not in self._models:
                wait = Wait(
                    first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds
                )
                provider = Provider(key=settings.model_key(), base_url=settings.base_url, wait=wait)
                self._models[name] = ChatModel(provider, name, answer_tokens=settings.answer_tokens)
            return self._models[name]


def paid(kept: Path, *, offline: bool, max_cost: float | None, per_minute: float | None) -> Paid:
    """The way to the configured model. Raises UsageError where a cost limit is set and the prices are not known."""
    settings = Settings.load()
    limiter = Limiter(per_minute) if per_minute else None
    return Paid(settings, Calls(kept), container.budget(settings, max_cost), limiter=limiter, offline=offline)


class Maker:
    """Makes engines over one store: with the program's prompts, with changed ones, with those of the baseline."""

    def __init__(self, retriever: Retriever, paid: Paid, *, recorded: bool = False) -> None:
        self._retriever, self._paid, self._recorded = retriever, paid, recorded
        if recorded and not RECORDINGS.is_dir():
            raise UsageError(f"there are no recordings in {RECORDINGS.name}; use --engine extract")
        if not recorded and not paid.offline:
            paid.needed()

    def engine(self, folder: Path) -> Engine:
        """The engine that uses the prompts of a folder."""
        settings, texts = self._paid.settings, prompt_texts(folder)
        about = About(
            name=name_of("recorded" if self._recorded else "model", settings),
            deterministic=self._recorded,
            model="recorded" if self._recorded else settings.model,
            parameters={"context_tokens": str(settings.context_tokens), "answer_tokens": str(settings.answer_tokens)},
            prompts=prompt_hashes(texts),
            prompt_texts=texts,
            index={"reading": READING, "search": "lexical"},
        )
        return AssistantEngine(self._retriever, self._writer, about, folder=folder)

    def _writer(self, case: Case, repeat: int) -> Writer:
        settings = self._paid.settings
        model = Recorded(RECORDINGS) if self._recorded else self._paid.model(settings.model, repeat)
        return ModelWriter(
            Watched(model),
            count=count,
            budget=settings.context_tokens,
            prices=self._paid.prices,
            today=lambda: case.as_of or TODAY,
        )


def name_of(kind: str, settings: Settings) -> str:
    """What an engine of a kind is called, and so the baseline it is compared with.

    >>> name_of("extract", Settings()), name_of("model", Settings(model="some-model"))
    ('extract', 'model:some-model')
    """
    return f"model:{settings.model}" if kind == "model" else kind


def judge(name: str, paid: Paid) -> ModelJudge:
    """A chat model as judge."""
    return ModelJudge(paid.model(name, 0))
