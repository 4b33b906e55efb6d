"""The commands that run and compare: run, gate, compare, baseline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from evals import runner
from evals.cases.case import Case, fingerprint
from evals.cases.corpus import articles_fingerprint
from evals.cli.estimate import estimate_run
from evals.cli.files import now, say, write
from evals.curation.case_lint import BALANCED, lint
from evals.engines.engine import FRESH
from evals.gate import baseline as baselines
from evals.gate import decision, gate_records
from evals.gate.gate_config import GateConfig, no_rerun
from evals.gate.verdict import INCONCLUSIVE, PASS, GateVerdict
from evals.log import run_log
from evals.log.run_log import LOG, VERDICT, Manifest, RunLog
from evals.metrics import statistics
from evals.metrics.scoring import Scorer
from evals.models import Outcome, Outcomes
from evals.report import ci_output, text_report
from evals.report.summary import summarise
from evals.runner import RunConfig, first_look
from evals.session import RunOptions, choose_cases, differences, open_run, open_scorer, options_of
from index.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Answer the cases, score, print.

    0 if every case was answered, 3 if not, 4 at the cost limit.
    """
    statistics.require_libraries()
    if arguments.rescore:
        return _rescore(arguments)
    options = _run_options(arguments)
    if arguments.lint:
        return _lint(options)
    with open_run(options) as (config, manifest):
        folder, manifest = _begin(arguments, manifest)
        finished = _run(config, folder)
        verdict = finished.verdict or decision.decide_completeness(config.cases, finished.outcomes)
        run_log.save(folder / VERDICT, verdict)
        _print_run(arguments, config.cases, finished.outcomes, manifest, verdict, folder)
    return verdict.exit_code


def gate(arguments: argparse.Namespace) -> int:
    """Run, compare with the baseline, confirm, decide; the exit code is the verdict's."""
    statistics.require_libraries()
    with open_run(_run_options(arguments), lambda name: baselines.load(arguments.baseline or name)) as opened:
        config, made = opened
        before = config.baseline
        assert before
        folder, manifest = _begin(arguments, made)
        gate_config = GateConfig(
            problems=differences(before.manifest, made),
            unexercised=() if arguments.answers else gate_records.unexercised(made, arguments.prompts),
            comparisons=run_log.count_comparison(arguments.runs, fingerprint(config.cases), folder.name),
            allow_inconclusive=arguments.allow_inconclusive,
        )
        finished = _run(msgspec.structs.replace(config, gate=gate_config), folder)
        assert finished.verdict
        verdict = msgspec.structs.replace(finished.verdict, against=before.name)
        run_log.save(folder / VERDICT, verdict)
        if verdict.finding == "pass":
            gate_records.record(manifest, fingerprint(config.cases), now())
        against = f"the baseline {before.name} of {before.log[-1].at:%Y-%m-%d}"
        _print_verdict(arguments, verdict, against, folder)
        changed = [*_changed_prompts(before.manifest, manifest), *verdict.unexercised]
        _write_ci_output(arguments, config.cases, finished.outcomes, verdict, changed)
    return verdict.exit_code


def compare(arguments: argparse.Namespace) -> int:
    """Compare two existing runs.

    What fresh runs would have to confirm stays open between other engines.
    """
    statistics.require_libraries()
    after = run_log.read_run(run_log.find(arguments.runs, arguments.after))
    options = options_of(after.manifest, arguments.articles, arguments.runs)
    cases = choose_cases(options)
    with open_scorer(options) as scorer:
        before, base = _load_side(arguments, arguments.before, cases, scorer)
        new = first_look(scorer.outcomes(cases, after.entries)["new"])
    what = f"{arguments.before} {arguments.after}"
    config = GateConfig(
        problems=differences(before, after.manifest, engines=False),
        comparisons=run_log.count_comparison(arguments.runs, fingerprint(cases), what),
        allow_inconclusive=arguments.allow_inconclusive,
    )
    exact = before.deterministic and after.manifest.deterministic
    verdict = decision.decide(cases, base, new, None if exact else no_rerun, config)
    _print_verdict(arguments, verdict, arguments.before, None)
    _write_ci_output(arguments, cases, new, verdict, _changed_prompts(before, after.manifest))
    return verdict.exit_code


def baseline(arguments: argparse.Namespace) -> int:
    """Set, show or trace a baseline."""
    if arguments.what == "set":
        return _set_baseline(arguments)
    name = arguments.which or arguments.name
    if not name:
        names = sorted(path.stem for path in baselines.FOLDER.glob("*.json"))
        say("\n".join(names) if names else "no baseline is set; `isnad eval baseline set RUN` sets one")
        return 0
    stored = baselines.load(name)
    for record in stored.log if arguments.what == "log" else stored.log[-1:]:
        say(f"{record.at:%Y-%m-%d %H:%M}  {record.run}  {record.passed} of {record.cases} answers passed  {record.why}")
    if arguments.what == "show":
        manifest = stored.manifest
        say(f"engine {manifest.engine}, model {manifest.model or '–'}, commit {manifest.commit or '–'}")
        say(f"articles {articles_fingerprint(manifest.articles)}, {len(stored.shas())} cases")
        for prompt, value in manifest.prompts.items():
            say(f"prompt {prompt} {value}")
    return 0


def _set_baseline(arguments: argparse.Namespace) -> int:
    recorded = run_log.read_run(run_log.find(arguments.runs, arguments.which))
    manifest = recorded.manifest
    options = options_of(manifest, runs=arguments.runs)
    cases = choose_cases(options)
    name = arguments.name or baselines.baseline_name(manifest.engine, manifest.suite)
    with open_scorer(options) as scorer:
        entries = tuple(entry for entry in recorded.entries if entry.repeat < FRESH)
        outcomes = scorer.outcomes(cases, entries)["new"]
    before = baselines.load(name) if baselines.path_of(name).exists() else None
    first = msgspec.structs.replace(recorded, entries=entries)
    made = baselines.make_baseline(name, first, cases, outcomes, why=arguments.why, before=before)
    written = baselines.write(made)
    gate_records.record(manifest, fingerprint(cases), now(), how="baseline")
    say(f"{written}: {made.log[-1].passed} of {made.log[-1].cases} answers passed; commit it")
    return 0


def _run_options(arguments: argparse.Namespace) -> RunOptions:
    return RunOptions(
        suite=arguments.suite,
        cases=arguments.cases,
        answers=arguments.answers,
        articles=tuple(arguments.articles),
        engine=arguments.engine,
        prompts=arguments.prompts,
        repeats=arguments.repeats,
        offline=arguments.offline,
        record=arguments.record,
        max_cost=arguments.max_cost,
        per_minute=arguments.per_minute,
        workers=arguments.workers,
        judge=arguments.judge,
        runs=arguments.runs,
        only=_failed_cases(arguments) if arguments.only_failed else frozenset(),
        why=arguments.why,
    )


def _failed_cases(arguments: argparse.Namespace) -> frozenset[str]:
    """Return the cases of another run that did not pass there."""
    folder = run_log.find(arguments.runs, arguments.only_failed)
    recorded = run_log.read_run(folder)
    options = options_of(recorded.manifest, arguments.articles, arguments.runs)
    with open_scorer(options) as scorer:
        outcomes = scorer.outcomes(choose_cases(options), recorded.entries)["new"]
    failed = frozenset(case for case, repeats in outcomes.items() if not all(outcome.passed for outcome in repeats))
    if not failed:
        raise UsageError("evals.none_failed", folder=folder)
    return failed


def _load_side(
    arguments: argparse.Namespace, name: str, cases: tuple[Case, ...], scorer: Scorer
) -> tuple[Manifest, dict[str, list[Outcome]]]:
    """Return the manifest and outcomes of a baseline or a run of that name."""
    if baselines.path_of(name).exists():
        before = baselines.load(name)
        return before.manifest, before.outcomes(cases, scorer)
    recorded = run_log.read_run(run_log.find(arguments.runs, name))
    return recorded.manifest, first_look(scorer.outcomes(cases, recorded.entries)["new"])


def _begin(arguments: argparse.Namespace, manifest: Manifest) -> tuple[Path, Manifest]:
    """Return the folder of a run that begins or goes on, and the manifest in it."""
    if arguments.resume is None:
        folder = arguments.runs / manifest.id
    else:
        folder = run_log.find(arguments.runs, arguments.resume or None)
    return folder, run_log.begin(folder, manifest)


def _run(config: RunConfig, folder: Path) -> runner.FinishedRun:
    """Run with a progress bar on stderr if that is a terminal."""
    from tqdm import tqdm

    bar = tqdm(unit=" answers", file=sys.stderr, disable=not sys.stderr.isatty())

    def progress(done: int, wanted: int) -> None:
        bar.total = wanted
        bar.update(done - bar.n)

    with RunLog(folder / LOG) as log, bar:
        return runner.run(config, log, progress)


def _rescore(arguments: argparse.Namespace) -> int:
    """Score what a run answered by today's rules."""
    folder = run_log.find(arguments.runs, arguments.rescore)
    recorded = run_log.read_run(folder)
    options = options_of(recorded.manifest, arguments.articles, arguments.runs)
    cases = choose_cases(options)
    with open_scorer(options, recorded.manifest.judge) as scorer:
        outcomes = first_look(scorer.outcomes(cases, recorded.entries)["new"])
    verdict = decision.decide_completeness(cases, outcomes)
    _print_run(arguments, cases, outcomes, recorded.manifest, verdict, folder)
    return verdict.exit_code


def _lint(options: RunOptions) -> int:
    cases = choose_cases(options)
    with open_scorer(options) as scorer:
        faults = lint(cases, scorer.corpus, balance=options.cases is None and options.suite in BALANCED)
        estimate = estimate_run(options, cases, scorer.corpus)
    for fault in faults:
        say(fault)
    serious = sum(not fault.warning for fault in faults)
    sys.stderr.write("\n".join((*estimate, f"{serious} faults")) + "\n")
    return INCONCLUSIVE if serious else PASS


def _print_run(
    arguments: argparse.Namespace,
    cases: Sequence[Case],
    outcomes: Outcomes,
    manifest: Manifest,
    verdict: GateVerdict,
    folder: Path,
) -> None:
    summary = summarise(cases, outcomes)
    if arguments.json:
        say(msgspec.json.encode({"run": str(folder), "exit_code": verdict.exit_code, "summary": summary}).decode())
        return
    say(text_report.run_text(cases, outcomes, summary, manifest))
    say(f"\n{verdict.headline}\nrun: {folder}")


def _print_verdict(arguments: argparse.Namespace, verdict: GateVerdict, against: str, folder: Path | None) -> None:
    if arguments.json:
        record = {"run": str(folder) if folder else None, "exit_code": verdict.exit_code, "verdict": verdict}
        say(msgspec.json.encode(record).decode())
        return
    say(text_report.verdict_text(verdict, against=against))
    if folder:
        say(f"report: isnad eval report {folder}")


def _write_ci_output(
    arguments: argparse.Namespace,
    cases: Sequence[Case],
    outcomes: Outcomes,
    verdict: GateVerdict,
    changed: list[str],
) -> None:
    """Write what a continuous-integration server reads, where it was asked for."""
    if arguments.junit:
        write(arguments.junit, ci_output.junit(cases, outcomes, verdict))
    if arguments.step_summary:
        write(arguments.step_summary, f"{ci_output.markdown(verdict)}\n".encode(), append=True)
    if arguments.annotations:
        for line in ci_output.annotation_lines(verdict, changed):
            say(line)


def _changed_prompts(before: Manifest, now: Manifest) -> list[str]:
    return sorted(name for name, value in now.prompts.items() if before.prompts.get(name) != value)
