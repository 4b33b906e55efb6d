"""What the commands of `isnad eval` do: options → a session → the path → print. The only place that touches files, output and clock."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from evals import runner as path
from evals import session
from evals.cases import corpus as texts
from evals.cases.case import Case, fingerprint
from evals.cases.case_lint import lint
from evals.cli.estimate import outlook
from evals.engines.engine import FRESH
from evals.gate import baseline as baselines
from evals.gate import decision as gates
from evals.gate import gate_records, statistics
from evals.gate.gate_plan import nobody
from evals.gate.verdict import INCONCLUSIVE, PASS, Verdict
from evals.log import run_log
from evals.log.run_log import LOG, VERDICT, Log, Manifest
from evals.metrics.aligned_reply import Support
from evals.metrics.citation_support import Checked
from evals.metrics.scoring import outcomes
from evals.models import Entry, Outcome
from evals.report import ci_output, text_report
from evals.report.summary import summarise
from evals.session import Session, Wanted
from index.errors import UsageError


def run(options: argparse.Namespace) -> int:
    """Answer the cases, score the answers, print; 0 where every case was answered, 3 where not, 4 where the budget ended it."""
    statistics.ready()
    if options.rescore:
        return _rescore(options)
    wanted = _wanted(options)
    if options.lint:
        return _lint(wanted)
    with session.opened(wanted) as opened:
        folder, manifest = _begun(options, opened)
        finished = _run(options, opened, folder, None)
        verdict = finished.verdict or gates.complete(opened.cases, finished.outcomes)
        run_log.save(folder / VERDICT, verdict)
        _say_run(options, opened.cases, finished.outcomes, manifest, verdict, folder)
    return verdict.exit_code


def gate(options: argparse.Namespace) -> int:
    """Run, compare with the baseline, confirm, decide; the exit code is the verdict's."""
    statistics.ready()
    wanted = _wanted(options)
    with session.opened(wanted, lambda name: baselines.load(options.baseline or name)) as opened:
        before = opened.baseline
        assert before
        folder, manifest = _begun(options, opened)
        finished = _run(options, opened, folder, before)
        assert finished.verdict
        verdict = msgspec.structs.replace(finished.verdict, against=before.name)
        run_log.save(folder / VERDICT, verdict)
        if verdict.finding == "pass":
            gate_records.record(manifest, fingerprint(opened.cases), now())
        _say_verdict(options, verdict, f"the baseline {before.name} of {before.log[-1].at:%Y-%m-%d}", folder)
        _tell(options, opened.cases, finished.outcomes, verdict, _changed(before.manifest, manifest))
    return verdict.exit_code


def compare(options: argparse.Namespace) -> int:
    """Two runs that are there. What a fresh run would have to confirm stays open, unless the engines are deterministic."""
    statistics.ready()
    after_folder = run_log.find(options.runs, options.after)
    after = run_log.load(after_folder)
    wanted = of_run(after, options.articles)
    cases = session.chosen(wanted)
    with read(wanted) as (corpus, support):
        before, base = _side(options, options.before, cases, corpus, support)
        new = outcomes(cases, run_log.entries(after_folder), corpus, support)["new"]
        made = run_log.comparisons(options.runs, fingerprint(cases), [f"{options.before} {options.after}"])
        verdict = gates.decide(
            cases,
            base,
            path.first_look(new),
            None if before.deterministic and after.deterministic else nobody,
            problems=session.differences(before, after, engines=False),
            comparisons=made,
            allow_inconclusive=options.allow_inconclusive,
        )
    _say_verdict(options, verdict, options.before, None)
    _tell(options, cases, path.first_look(new), verdict, _changed(before, after))
    return verdict.exit_code


def baseline(options: argparse.Namespace) -> int:
    """Set, show or trace a baseline."""
    if options.what == "set":
        return _bless(options)
    name = options.which or options.name
    if not name:
        there = sorted(path.stem for path in baselines.FOLDER.glob("*.json"))
        say("\n".join(there) if there else "no baseline is set; `isnad eval baseline set RUN` sets one")
        return 0
    found = baselines.load(name)
    for one in found.log if options.what == "log" else found.log[-1:]:
        say(f"{one.at:%Y-%m-%d %H:%M}  {one.run}  {one.passed} of {one.cases} answers passed  {one.why}")
    if options.what == "show":
        say(
            f"engine {found.manifest.engine}, model {found.manifest.model or '–'}, commit {found.manifest.commit or '–'}"
        )
        say(f"articles {texts.fingerprint(found.manifest.articles)}, {len(found.shas())} cases")
        for prompt, value in found.manifest.prompts.items():
            say(f"prompt {prompt} {value}")
    return 0


def _bless(options: argparse.Namespace) -> int:
    folder = run_log.find(options.runs, options.which)
    manifest = run_log.load(folder)
    wanted = of_run(manifest, ())
    cases = session.chosen(wanted)
    name = options.name or manifest.engine
    with read(wanted) as (corpus, support):
        entries = [entry for entry in run_log.entries(folder) if entry.repeat < FRESH]
        outcome = outcomes(cases, entries, corpus, support)["new"]
        there = baselines.path_of(name).exists()
        before = baselines.load(name) if there else None
        blessed = baselines.bless(name, manifest, cases, entries, outcome, why=options.why, before=before)
    written = baselines.write(blessed)
    gate_records.record(manifest, fingerprint(cases), now(), how="baseline")
    say(f"{written}: {blessed.log[-1].passed} of {blessed.log[-1].cases} answers passed; commit it")
    return 0


# --- what they share ---


def _wanted(options: argparse.Namespace) -> Wanted:
    return Wanted(
        suite=options.suite,
        cases=options.cases,
        answers=options.answers,
        articles=tuple(options.articles),
        engine=options.engine,
        prompts=options.prompts,
        repeats=options.repeats,
        offline=options.offline,
        max_cost=options.max_cost,
        per_minute=options.per_minute,
        workers=options.workers,
        judge=options.judge,
        calls=options.runs / "calls.jsonl",
        only=_failed_in(options) if options.only_failed else frozenset(),
        why=options.why,
    )


def of_run(manifest: Manifest, articles: tuple[Path, ...] | list[Path]) -> Wanted:
    """What a run was made of: its suite, and the cases it answered."""
    named = Path(manifest.suite)
    custom = named if named.suffix == ".jsonl" else None
    return Wanted(
        suite="core" if custom else manifest.suite,
        cases=custom,
        articles=tuple(articles) or tuple(map(Path, manifest.folders)),
        only=frozenset(manifest.cases),
        why=f"looking at run {manifest.id}",
    )


def _failed_in(options: argparse.Namespace) -> frozenset[str]:
    """The cases of another run that did not pass there."""
    folder = run_log.find(options.runs, options.only_failed)
    manifest = run_log.load(folder)
    wanted = of_run(manifest, options.articles)
    cases = session.chosen(wanted)
    with read(wanted) as (corpus, support):
        outcome = outcomes(cases, run_log.entries(folder), corpus, support)["new"]
    failed = frozenset(case for case, there in outcome.items() if not all(one.passed for one in there))
    if not failed:
        raise UsageError(f"no case failed in {folder}")
    return failed


@contextmanager
def read(wanted: Wanted) -> Iterator[tuple[texts.Corpus, Support]]:
    """The articles alone, to score what was answered before."""
    with tempfile.TemporaryDirectory(prefix="isnad-eval-") as folder:
        corpus = texts.build(session.folders(wanted), Path(folder) / "store", searchable=False)
        yield corpus, Checked(corpus)


def _side(
    options: argparse.Namespace, name: str, cases: tuple[Case, ...], corpus: texts.Corpus, support: Support
) -> tuple[Manifest, dict[str, list[Outcome]]]:
    """A baseline or a run, whichever has that name."""
    if baselines.path_of(name).exists():
        before = baselines.load(name)
        return before.manifest, before.outcomes(cases, corpus, support)
    folder = run_log.find(options.runs, name)
    return run_log.load(folder), path.first_look(outcomes(cases, run_log.entries(folder), corpus, support)["new"])


def _begun(options: argparse.Namespace, opened: Session) -> tuple[Path, Manifest]:
    """The folder of a run that begins, or goes on."""
    if options.resume is None:
        folder = options.runs / opened.manifest.id
    else:
        folder = run_log.find(options.runs, options.resume or None)
    return folder, run_log.begin(folder, opened.manifest)


def _run(
    options: argparse.Namespace, opened: Session, folder: Path, before: baselines.Baseline | None
) -> path.Finished:
    """The path, with a bar on stderr where somebody is looking."""
    from tqdm import tqdm

    problems: tuple[str, ...] = ()
    made = 1
    if before:
        problems = session.differences(before.manifest, opened.manifest)
        made = run_log.comparisons(options.runs, fingerprint(opened.cases), [folder.name])
    bar = tqdm(unit=" answers", file=sys.stderr, disable=not sys.stderr.isatty())

    def progress(done: int, wanted: int) -> None:
        bar.total = wanted
        bar.update(done - bar.n)

    with Log(folder / LOG) as log, bar:
        return path.run(
            opened.cases,
            opened.engine,
            opened.corpus,
            opened.support,
            log,
            pace=path.Pace(workers=opened.workers, repeats=options.repeats),
            budget=opened.budget,
            baseline=before,
            base_engine=opened.base_engine,
            judge=opened.judge,
            problems=problems,
            comparisons=made,
            allow_inconclusive=getattr(options, "allow_inconclusive", False),
            progress=progress,
        )


def _rescore(options: argparse.Namespace) -> int:
    """Score what a run answered by the rules of today."""
    folder = run_log.find(options.runs, options.rescore)
    manifest = run_log.load(folder)
    wanted = of_run(manifest, options.articles)
    cases = session.chosen(wanted)
    with read(wanted) as (corpus, support):
        entries = run_log.entries(folder)
        judge = session.judge_of(manifest, options.runs / "calls.jsonl", corpus)
        found = path.first_look(outcomes(cases, entries, corpus, support, judge)["new"])
    verdict = gates.complete(cases, found)
    _say_run(options, cases, found, manifest, verdict, folder)
    return verdict.exit_code


def _lint(wanted: Wanted) -> int:
    cases = session.chosen(wanted)
    with read(wanted) as (corpus, _):
        faults = lint(cases, corpus, balance=wanted.cases is None and wanted.suite != "smoke")
        told = outlook(wanted, cases, corpus)
    for one in faults:
        say(one)
    sys.stderr.write("\n".join((*told, f"{sum(not fault.warning for fault in faults)} faults")) + "\n")
    return INCONCLUSIVE if any(not fault.warning for fault in faults) else PASS


def _say_run(
    options: argparse.Namespace,
    cases: tuple[Case, ...],
    found: dict[str, list[Outcome]],
    manifest: Manifest,
    verdict: Verdict,
    folder: Path,
) -> None:
    summary = summarise(cases, found)
    if options.json:
        say(msgspec.json.encode({"run": str(folder), "exit_code": verdict.exit_code, "summary": summary}).decode())
        return
    say(text_report.run_text(cases, found, summary, manifest))
    say(f"\n{verdict.headline}\nrun: {folder}")


def _say_verdict(options: argparse.Namespace, verdict: Verdict, against: str, folder: Path | None) -> None:
    if options.json:
        record = {"run": str(folder) if folder else None, "exit_code": verdict.exit_code, "verdict": verdict}
        say(msgspec.json.encode(record).decode())
        return
    say(text_report.verdict_text(verdict, against=against))
    if folder:
        say(f"report: isnad eval report {folder}")


def _tell(
    options: argparse.Namespace,
    cases: tuple[Case, ...],
    found: dict[str, list[Outcome]],
    verdict: Verdict,
    changed: list[str],
) -> None:
    """What a continuous-integration server reads."""
    if options.junit:
        write(options.junit, ci_output.junit(cases, found, verdict))
    if options.step_summary:
        write(options.step_summary, f"{ci_output.markdown(verdict)}\n".encode(), more=True)
    if options.annotations:
        for line in ci_output.notes(verdict, changed):
            say(line)


def _changed(before: Manifest, now: Manifest) -> list[str]:
    return sorted(name for name, value in now.prompts.items() if before.prompts.get(name) != value)


def answers(folder: Path) -> tuple[Entry, ...]:
    """The answers of the first look: those of a gate's fresh runs are not shown."""
    return tuple(entry for entry in run_log.entries(folder) if entry.side == "new" and entry.repeat < FRESH)


def text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cli.unreadable", path=file, error=error) from error


def write(file: Path, data: bytes, *, more: bool = False) -> None:
    """Write a file that was asked for, or `more` of it. UsageError where that cannot be."""
    try:
        with file.open("ab" if more else "wb") as opened:
            opened.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
