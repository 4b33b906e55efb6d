"""Run an evaluation: answer, score, compare with the baseline, decide."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from assistant.budget import Budget, BudgetSpent
from evals.cases.case import Case
from evals.engines.engine import FRESH, Engine
from evals.gate import decision
from evals.gate.baseline import Baseline
from evals.gate.gate_config import GateConfig, Rerun, Side
from evals.gate.verdict import GateVerdict, budget_verdict
from evals.log.run_log import RunLog
from evals.metrics.scoring import Scorer
from evals.models import LogEntry, Outcome, Outcomes
from index.models import Value

ProgressCallback = Callable[[int, int], None]  # answers that are there, of how many


def no_progress(done: int, wanted: int) -> None:
    """Ignore the progress of a run."""


class RunConfig(Value, frozen=True, kw_only=True):
    """What a run is made of: cases, engine, scorer, baseline, gate, limits.

    `base_engine` answers with the baseline's prompts: the gate asks both engines afresh about cases that came out
    worse. Without it (the code changed, not the prompts) the baseline's own repeats are compared with the fresh
    answers.
    """

    cases: tuple[Case, ...]
    engine: Engine
    scorer: Scorer
    baseline: Baseline | None = None
    base_engine: Engine | None = None
    gate: GateConfig = GateConfig()
    budget: Budget | None = None
    workers: int = 1
    repeats: int = 1


class FinishedRun(Value, frozen=True, kw_only=True):
    """A scored run. `verdict` is None without a baseline."""

    entries: tuple[LogEntry, ...]
    outcomes: dict[str, list[Outcome]]  # case -> one for each repeat
    verdict: GateVerdict | None = None


def run(config: RunConfig, log: RunLog, progress: ProgressCallback = no_progress) -> FinishedRun:
    """Answer the cases that the log lacks, score, and compare with the baseline.

    A spent budget ends the run with the verdict `budget`; its answers are in the log, and the same call goes on from
    there.
    """
    cases, scorer, baseline = config.cases, config.scorer, config.baseline
    if baseline:
        plain = decision.decide_beforehand(cases, baseline.shas(), config.gate)
        if plain:
            return FinishedRun(entries=log.entries(), outcomes={}, verdict=plain)
    wanted = [(case, repeat) for case in cases for repeat in range(config.repeats)]
    limit = config.budget.limit if config.budget else None
    try:
        answer_all("new", wanted, config.engine, log, workers=config.workers, progress=progress)
        new = first_look(scorer.outcomes(cases, log.entries())["new"])
        if baseline is None:
            return FinishedRun(entries=log.entries(), outcomes=new)
        base = baseline.outcomes(cases, scorer)
        rerun = None if config.engine.info.deterministic else _make_rerun(config, base, log)
        verdict = decision.decide(cases, base, new, rerun, config.gate)
    except BudgetSpent:
        assert config.budget and limit is not None
        outcomes = first_look(scorer.without_judge.outcomes(cases, log.entries())["new"])
        verdict = budget_verdict(len(cases), config.budget.spent, limit)
        return FinishedRun(entries=log.entries(), outcomes=outcomes, verdict=verdict)
    return FinishedRun(entries=log.entries(), outcomes=new, verdict=verdict)


def first_look(outcomes: Outcomes) -> dict[str, list[Outcome]]:
    """Return the outcomes without those of the gate's fresh runs."""
    return {case: [outcome for outcome in repeats if outcome.repeat < FRESH] for case, repeats in outcomes.items()}


def answer_all(
    side: str,
    wanted: Iterable[tuple[Case, int]],
    engine: Engine,
    log: RunLog,
    *,
    workers: int = 1,
    progress: ProgressCallback = no_progress,
) -> None:
    """Ask for the answers that the log lacks.

    A worker has each on disk before it asks for the next.

    A failure becomes an error entry, which the next run tries again; BudgetSpent is raised.
    """
    wanted = list(wanted)
    missing = [(case, repeat) for case, repeat in wanted if not log.answered(side, case.id, repeat)]
    present = len(wanted) - len(missing)
    progress(present, len(wanted))
    pool = ThreadPoolExecutor(workers)
    try:
        futures: list[Future[None]] = [
            pool.submit(_answer, side, case, repeat, engine, log) for case, repeat in missing
        ]
        for done, future in enumerate(as_completed(futures), present + 1):
            future.result()
            progress(done, len(wanted))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answer(side: str, case: Case, repeat: int, engine: Engine, log: RunLog) -> None:
    began = time.perf_counter()
    try:
        reply, error = engine.answer(case, repeat), None
    except BudgetSpent:
        raise
    except Exception as failure:  # of whatever kind: a case without an answer must not cost the others
        reply, error = None, f"{type(failure).__name__}: {failure}"
    seconds = round(time.perf_counter() - began, 4)
    log.append(LogEntry(case=case.id, repeat=repeat, side=side, reply=reply, error=error, seconds=seconds))


def _make_rerun(config: RunConfig, base: Outcomes, log: RunLog) -> Rerun:
    """Make fresh runs for the gate through the same log, so that it can resume.

    A side that cannot be run again gives the outcomes it has.
    """
    by_id = {case.id: case for case in config.cases}
    sides: Mapping[Side, Engine | Outcomes] = {"new": config.engine, "base": config.base_engine or base}
    scorer = config.scorer.without_judge
    used: Counter[tuple[Side, str]] = Counter()

    def rerun(side: Side, names: Sequence[str], times: int, /) -> Outcomes:
        engine = sides[side]
        if isinstance(engine, Mapping):
            return {name: engine.get(name, ()) for name in names}
        wanted = [(by_id[name], FRESH + used[side, name] + number) for name in names for number in range(times)]
        used.update({(side, name): times for name in names})
        answer_all(side, wanted, engine, log, workers=config.workers)
        entries = {(entry.side, entry.case, entry.repeat): entry for entry in log.entries()}
        outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
        for case, repeat in wanted:
            outcomes[case.id].append(scorer.score(case, entries[side, case.id, repeat]))
        return outcomes

    return rerun
