"""Estimate a run before anything is asked: its engine, size and cost."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.chat_model import Prices
from assistant.models import Usage
from assistant.settings import Settings
from evals.cases.case import Case, fingerprint
from evals.cases.corpus import Corpus, articles_fingerprint
from evals.engines.chat_models import engine_name
from evals.gate.baseline import baseline_name, path_of
from evals.session import RunOptions, engine_kind


def estimate_run(options: RunOptions, cases: Sequence[Case], corpus: Corpus) -> tuple[str, ...]:
    """Return lines in words; no model is asked, and none need be set."""
    settings = Settings.load()
    kind = engine_kind(options, settings.has_model)
    name = engine_name(kind, settings)
    known = path_of(baseline_name(name, options.suite)).exists()
    events = len({case.cluster for case in cases})
    lines = [
        f"{options.cases or options.suite}@{fingerprint(cases)}: {len(cases)} cases, {events} events, "
        f"{len(corpus.articles)} articles @{articles_fingerprint(corpus.hashes())}",
        f"engine {name}; {'the baseline is there' if known else 'there is no baseline yet'}",
    ]
    return (*lines, _cost(cases, options.repeats, settings)) if kind == "model" else tuple(lines)


def _cost(cases: Sequence[Case], repeats: int, settings: Settings) -> str:
    """Return the most that a first look may take, without rewriting and translating.

    It assumes that every passage fits and that every answer is as long as it may be.
    """
    asked = repeats * sum(1 + sum(turn.answer is None for turn in case.turns) for case in cases)
    most = Usage(requests=asked, tokens_in=asked * settings.context_tokens, tokens_out=asked * settings.answer_tokens)
    cost = Prices(tokens_in=settings.price_in, tokens_out=settings.price_out).of(most).cost
    money = "set ISNAD_PRICE_IN and ISNAD_PRICE_OUT to see the cost" if cost is None else f"cost at most {cost:.2f}"
    return f"{asked:,} answers, at most {most.tokens_in:,} tokens in and {most.tokens_out:,} out; {money}"
