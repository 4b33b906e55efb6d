"""The path: cases → answer each (cached, repeated) → score → compare with the baseline → verdict."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from assistant.budget import Budget, BudgetSpent
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.engines.engine import FRESH, Engine
from evals.gate import decision
from evals.gate.baseline import Baseline
from evals.gate.gate_plan import Again, Outcomes, Plan, Side
from evals.gate.verdict import Verdict, stopped
from evals.log.run_log import Log
from evals.metrics.aligned_reply import Support
from evals.metrics.scoring import outcomes, score
from evals.models import Entry, Outcome
from index.models import Value

Progress = Callable[[int, int], None]  # answers that are there, of how many


class Finished(Value, frozen=True, kw_only=True):
    """A run that was scored. `verdict` is None where there was no baseline to compare with."""

    entries: tuple[Entry, ...]
    outcomes: dict[str, list[Outcome]]  # case → one for each repeat
    verdict: Verdict | None = None


class Pace(Value, frozen=True, kw_only=True):
    """How the answers are asked for: so many at once, so many times each."""

    workers: int = 1
    repeats: int = 1


def run(
    cases: Sequence[Case],
    engine: Engine,
    corpus: Corpus,
    support: Support,
    log: Log,
    *,
    pace: Pace | None = None,
    budget: Budget | None = None,
    baseline: Baseline | None = None,
    base_engine: Engine | None = None,
    judge: Support | None = None,
    plan: Plan | None = None,
    problems: Sequence[str] = (),
    comparisons: int = 1,
    allow_inconclusive: bool = False,
    progress: Progress = lambda done, wanted: None,
) -> Finished:
    """Cases → answer each (what the log has is not asked again) → score → compare with the baseline → verdict.

    `base_engine` answers as the baseline did, with its prompts: the gate asks both afresh about the cases that came out worse. Where
    there is none (the prompts are the same and the code changed) the baseline's own repeats are held against the fresh answers. A
    budget that is spent ends the run with the verdict `budget`; what was answered is in the log, and the same call goes on from there.
    """
    pace = pace or Pace()
    if baseline:
        plain = decision.beforehand(
            cases, baseline.shas(), problems, plan=plan, comparisons=comparisons, allow_inconclusive=allow_inconclusive
        )
        if plain:
            return Finished(entries=log.entries(), outcomes={}, verdict=plain)
    wanted = [(case, repeat) for case in cases for repeat in range(pace.repeats)]
    limit = budget.limit if budget else None
    try:
        answer_all("new", wanted, engine, log, workers=pace.workers, progress=progress)
        new = outcomes(cases, log.entries(), corpus, support, judge)["new"]
        first = first_look(new)
        if baseline is None:
            return Finished(entries=log.entries(), outcomes=first)
        base = baseline.outcomes(cases, corpus, support)
        sides: dict[Side, Engine | Outcomes] = {"new": engine, "base": base_engine or base}
        verdict = decision.decide(
            cases,
            base,
            first,
            None if engine.about.deterministic else _again(cases, sides, corpus, support, log, pace.workers),
            plan=plan,
            problems=problems,
            comparisons=comparisons,
            allow_inconclusive=allow_inconclusive,
        )
    except BudgetSpent:
        assert budget and limit is not None
        found = first_look(outcomes(cases, log.entries(), corpus, support)["new"])
        return Finished(entries=log.entries(), outcomes=found, verdict=stopped(len(cases), budget.spent, limit))
    return Finished(entries=log.entries(), outcomes=first, verdict=verdict)


def first_look(found: Mapping[str, Sequence[Outcome]]) -> dict[str, list[Outcome]]:
    """Case → the outcomes without those of the gate's fresh runs."""
    return {case: [one for one in there if one.repeat < FRESH] for case, there in found.items()}


def answer_all(
    side: str,
    wanted: Iterable[tuple[Case, int]],
    engine: Engine,
    log: Log,
    *,
    workers: int = 1,
    progress: Progress = lambda done, wanted: None,
) -> None:
    """Ask for the answers that the log does not have; each is on disk before the next is asked for by the same worker.

    A failure becomes an error entry, which the next run tries again. BudgetSpent ends it all.
    """
    wanted = list(wanted)
    left = [(case, repeat) for case, repeat in wanted if not log.answered(side, case.id, repeat)]
    progress(len(wanted) - len(left), len(wanted))
    pool = ThreadPoolExecutor(workers)
    try:
        under_way: list[Future[None]] = [pool.submit(_answer, side, *one, engine, log) for one in left]
        for done, future in enumerate(as_completed(under_way), len(wanted) - len(left) + 1):
            future.result()
            progress(done, len(wanted))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answer(side: str, case: Case, repeat: int, engine: Engine, log: Log) -> None:
    began = time.perf_counter()
    try:
        reply, error = engine.answer(case, repeat), None
    except BudgetSpent:
        raise
    except Exception as failed:  # of whatever kind: one case without an answer must not cost the others
        reply, error = None, f"{type(failed).__name__}: {failed}"
    seconds = round(time.perf_counter() - began, 4)
    log.append(Entry(case=case.id, repeat=repeat, side=side, reply=reply, error=error, seconds=seconds))


def _again(
    cases: Sequence[Case],
    sides: Mapping[Side, Engine | Outcomes],
    corpus: Corpus,
    support: Support,
    log: Log,
    workers: int,
) -> Again:
    """Fresh runs for the gate, through the same log, so that a killed gate goes on as a killed run does.

    A side that cannot be run again gives what it has.
    """
    by_id = {case.id: case for case in cases}
    used: Counter[tuple[Side, str]] = Counter()

    def again(side: Side, names: Sequence[str], times: int, /) -> Outcomes:
        engine = sides[side]
        if isinstance(engine, Mapping):
            return {name: engine.get(name, ()) for name in names}
        repeats = {name: range(FRESH + used[side, name], FRESH + used[side, name] + times) for name in names}
        used.update({(side, name): times for name in names})
        answer_all(
            side, [(by_id[name], repeat) for name in names for repeat in repeats[name]], engine, log, workers=workers
        )
        there = {(entry.side, entry.case, entry.repeat): entry for entry in log.entries()}
        return {
            name: [score(by_id[name], there[side, name, repeat], corpus, support) for repeat in repeats[name]]
            for name in names
        }

    return again
