"""What a run would take, told before anything is asked: the cases and their faults, the articles, the engine, and the most it may cost."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.chat_model import Prices
from assistant.models import Usage
from assistant.settings import Settings
from evals.cases import corpus as texts
from evals.cases.case import Case, fingerprint
from evals.cases.corpus import Corpus
from evals.engines.chat_models import name_of
from evals.gate.baseline import path_of
from evals.session import Wanted


def outlook(wanted: Wanted, cases: Sequence[Case], corpus: Corpus) -> tuple[str, ...]:
    """Lines in words; no model is asked, and none need be there."""
    settings = Settings.load()
    kind = "answers" if wanted.answers else wanted.engine or ("model" if settings.has_model else "extract")
    name = name_of(kind, settings)
    events = len({case.cluster for case in cases})
    lines = [
        f"{wanted.cases or wanted.suite}@{fingerprint(cases)}: {len(cases)} cases, {events} events, "
        f"{len(corpus.articles)} articles @{texts.fingerprint(corpus.hashes())}",
        f"engine {name}; {'the baseline is there' if path_of(name).exists() else 'there is no baseline yet'}",
    ]
    return (*lines, _cost(cases, wanted.repeats, settings)) if kind == "model" else tuple(lines)


def _cost(cases: Sequence[Case], repeats: int, settings: Settings) -> str:
    """The most that a first look may take, rewriting and translating aside: every passage fits, every answer is as long as it may be."""
    asked = repeats * sum(1 + sum(turn.answer is None for turn in case.turns) for case in cases)
    most = Usage(requests=asked, tokens_in=asked * settings.context_tokens, tokens_out=asked * settings.answer_tokens)
    cost = Prices(tokens_in=settings.price_in, tokens_out=settings.price_out).of(most).cost
    money = "set ISNAD_PRICE_IN and ISNAD_PRICE_OUT to see the cost" if cost is None else f"cost at most {cost:.2f}"
    return f"{asked:,} answers, at most {most.tokens_in:,} tokens in and {most.tokens_out:,} out; {money}"
