"""Chat models for evals: configured or recorded, with kept replies; judges."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from assistant import container
from assistant.chat_model import ChatModel, Model, Prices, Recorded
from assistant.generative.model_writer import ModelWriter
from assistant.pipeline import Writer
from assistant.settings import Settings
from evals.cases.case import PACKAGE, Case
from evals.engines.engine import AssistantEngine, Engine, EngineInfo, MonitoredModel, prompt_hashes, prompt_texts
from evals.engines.rate_limiter import RateLimiter
from evals.engines.recorded_calls import CachedModel, CallCache, RecordingModel
from evals.metrics.model_judge import EntailmentJudge, Judge, JudgedSupport, ModelJudge
from index.errors import UsageError
from index.ingest.sync import READING
from index.model_api import Provider, Wait
from index.search.retriever import Retriever
from index.token_count import count

RECORDINGS = PACKAGE / "recordings"
INDEX = {"reading": READING, "search": "lexical"}  # how articles are cut and searched, for the manifest
TODAY = date(2026, 11, 1)  # of cases without `as_of`: with the clock as an input replies can be kept


class ModelAccess:
    """Access to models: stored replies, a limiter, a budget, open connections.

    Raises UsageError for a cost limit without known prices.
    """

    def __init__(
        self, calls: Path, *, offline: bool = False, max_cost: float | None = None, per_minute: float | None = None
    ) -> None:
        self.settings = Settings.load()
        self.offline = offline
        self.budget = container.budget(self.settings, max_cost)
        self.prices = Prices(tokens_in=self.settings.price_in, tokens_out=self.settings.price_out)
        self._calls = CallCache(calls)
        self._limiter = RateLimiter(per_minute) if per_minute else None
        self._opening = threading.Lock()
        self._models: dict[str, Model] = {}

    def require_model(self) -> None:
        """Raise UsageError if no model is set."""
        if not self.settings.has_model:
            raise UsageError("evals.no_model")

    def model(self, name: str, repeat: int) -> Model:
        """Return a model by name, every reply of which is stored."""
        return CachedModel(
            None if self.offline else self._open(name),
            self._calls,
            repeat,
            name=name,
            parameters=f"answer_tokens={self.settings.answer_tokens} temperature=0",
            limiter=self._limiter,
            budget=self.budget,
            prices=self.prices,
        )

    def judge(self, name: str) -> Judge:
        """Return a chat model as judge, or the entailment model of `local:NAME`."""
        return EntailmentJudge(name) if name.startswith("local:") else ModelJudge(self.model(name, 0))

    def judged_support(self, name: str | None) -> JudgedSupport | None:
        """Return a judge's measure of support; None without a name."""
        return JudgedSupport(self.judge(name)) if name else None

    def _open(self, name: str) -> Model:
        self.require_model()
        settings = self.settings
        with self._opening:
            if name not in self._models:
                wait = Wait(
                    first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds
                )
                provider = Provider(key=settings.model_key(), base_url=settings.base_url, wait=wait)
                self._models[name] = ChatModel(provider, name, answer_tokens=settings.answer_tokens)
            return self._models[name]


class EngineFactory:
    """Makes engines over one store.

    With the program's prompts, with changed ones, with the baseline's.
    """

    def __init__(
        self, retriever: Retriever, access: ModelAccess, *, recorded: bool = False, record: bool = False
    ) -> None:
        self._retriever, self._access, self._recorded, self._record = retriever, access, recorded, record
        if recorded and not RECORDINGS.is_dir():
            raise UsageError("evals.no_recordings")
        if not recorded and not access.offline:
            access.require_model()

    def engine(self, folder: Path) -> Engine:
        """Return the engine with the prompts of a folder."""
        settings, texts = self._access.settings, prompt_texts(folder)
        info = EngineInfo(
            name=engine_name("recorded" if self._recorded else "model", settings),
            deterministic=self._recorded,
            model="recorded" if self._recorded else settings.model,
            parameters={"context_tokens": str(settings.context_tokens), "answer_tokens": str(settings.answer_tokens)},
            prompts=prompt_hashes(texts),
            prompt_texts=texts,
            index=INDEX,
        )
        return AssistantEngine(self._retriever, self._make_writer, info, folder=folder)

    def _make_writer(self, case: Case, repeat: int) -> Writer:
        settings = self._access.settings
        model = Recorded(RECORDINGS) if self._recorded else self._access.model(settings.model, repeat)
        if self._record and repeat == 0:
            model = RecordingModel(model, RECORDINGS)
        return ModelWriter(
            MonitoredModel(model),
            count=count,
            budget=settings.context_tokens,
            prices=self._access.prices,
            today=lambda: case.as_of or TODAY,
        )


def extract_engine(store: Path) -> Engine:
    """Return the engine that answers by quoting, whatever model is set."""
    retriever = container.open_retriever(store, Settings())
    info = EngineInfo(name="extract", deterministic=True, index=INDEX)
    return AssistantEngine(retriever, lambda case, repeat: container.answer_writer(retriever, Settings()), info)


def engine_name(kind: str, settings: Settings) -> str:
    """Return the name of an engine, and so of the baseline it is compared with.

    >>> engine_name("extract", Settings()), engine_name("model", Settings(model="some-model"))
    ('extract', 'model:some-model')
    """
    return f"model:{settings.model}" if kind == "model" else kind
