"""The commands of `isnad eval` that look at what is there: report, label, calibrate, from-feedback."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from evals import session
from evals.cases import labelling as labels
from evals.cases.case import dump
from evals.cases.feedback import drafts, of_store
from evals.cli.run_commands import answers, now, of_run, read, say, text_of, write
from evals.engines import chat_models
from evals.gate import baseline as baselines
from evals.gate import statistics
from evals.gate.verdict import Verdict
from evals.log import run_log
from evals.log.run_log import VERDICT
from evals.metrics import judge_calibration as figures
from evals.metrics.model_judge import Judge
from evals.report import text_report
from evals.report.html_report import Side, html, side_of
from index.errors import UsageError


def report(options: argparse.Namespace) -> int:
    """Write a run as one HTML file."""
    statistics.ready()
    folder = run_log.find(options.runs, options.which)
    manifest = run_log.load(folder)
    wanted = of_run(manifest, ())
    cases = session.chosen(wanted)
    with read(wanted) as (corpus, support):
        verdict = _verdict(folder)
        against = options.against or (verdict.against if verdict else "")
        base = None
        if against and baselines.path_of(against).exists():
            base = side_of(baselines.load(against), corpus)
        elif against:
            other = run_log.find(options.runs, against)
            base = Side(manifest=run_log.load(other), entries=answers(other))
        new = Side(manifest=manifest, entries=answers(folder))
        judge = session.judge_of(manifest, options.runs / "calls.jsonl", corpus)
        text = html(cases, corpus, support, new, base, verdict, judge=judge, language=options.lang)
    page = text.encode()
    write(options.output, page)
    say(f"{options.output}: {len(page) // 1024} KB, opens from disk")
    return 0


def _verdict(folder: Path) -> Verdict | None:
    """What came of a run; None where nothing was decided. UsageError where the file is damaged."""
    file = folder / VERDICT
    try:
        return msgspec.json.decode(file.read_bytes(), type=Verdict) if file.exists() else None
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is damaged: {error}; delete it, or run the gate again") from error


def label(options: argparse.Namespace) -> int:
    """Write what a person should judge, or read what was judged."""
    folder = run_log.find(options.runs, options.which)
    manifest = run_log.load(folder)
    wanted = of_run(manifest, ())
    cases = session.chosen(wanted)
    verdict = _verdict(folder)
    flipped = {flip.case for flip in verdict.worse} if verdict else set()
    with read(wanted) as (corpus, support):
        if options.read:
            statistics.ready()
            everything = labels.queue(cases, answers(folder), corpus, support, share=1.1)
            said = [one.check == "full" for one in everything if one.check]
            say(text_report.labelled_text(labels.learnt(labels.read(text_of(options.read)), said)))
            return 0
        judge = session.judge_of(manifest, options.runs / "calls.jsonl", corpus)
        queued = labels.queue(
            cases, answers(folder), corpus, support, judge=judge, flipped=flipped, share=options.share
        )
    write(options.output, labels.table(queued).encode())
    say(f"{options.output}: {len(queued)} sentences; fill in the column `label` with {', '.join(labels.LABELS)}")
    return 0


def calibrate(options: argparse.Namespace) -> int:
    """How far a judge, or the deterministic check, agrees with people."""
    statistics.ready()
    judge = _judge(options)
    if options.rows.suffix == ".json":
        pairs = figures.preferences(text_of(options.rows).encode(), str(options.rows))[: options.limit]
        say(text_report.agreement_text("shared words (F1)", figures.agreement(pairs, figures.word_f1)))
        if judge:
            say(text_report.agreement_text(options.judge, figures.agreement(pairs, figures.judged_f1(judge))))
        return 0
    if judge is None:
        raise UsageError(
            "name the judge: --judge MODEL (the deterministic check is measured by `make bench-grounding`)"
        )
    labelled = figures.rows(text_of(options.rows).encode(), str(options.rows))
    if options.limit:
        seen: dict[str, int] = {}
        labelled = tuple(row for row in labelled if _nth(seen, row.source) <= options.limit)
    found = figures.calibrate(labelled, judge)
    say(msgspec.json.encode(found).decode() if options.json else text_report.calibration_text(options.judge, found))
    return 0


def _judge(options: argparse.Namespace) -> Judge | None:
    """The judge that is asked for."""
    if not options.judge:
        return None
    paid = chat_models.paid(options.runs / "calls.jsonl", offline=False, max_cost=None, per_minute=None)
    return chat_models.judge(options.judge, paid)


def _nth(seen: dict[str, int], source: str) -> int:
    seen[source] = seen.get(source, 0) + 1
    return seen[source]


def from_feedback(options: argparse.Namespace) -> int:
    """Draft cases from readers' feedback."""
    kept = options.feedback.is_dir()
    found = drafts(of_store(options.feedback) if kept else text_of(options.feedback).encode(), now().date())
    write(options.output, dump(found))
    say(f"{options.output}: {len(found)} drafts; complete them, then `isnad eval run --cases {options.output} --lint`")
    return 0
