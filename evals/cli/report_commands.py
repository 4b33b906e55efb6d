"""Commands on existing runs and rows: report, label, calibrate, from-feedback."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from evals.cases.case import dump
from evals.cli.files import now, read_text, say, write
from evals.curation import labelling
from evals.curation.feedback import draft_cases, read_votes
from evals.engines.chat_models import ModelAccess
from evals.engines.engine import FRESH
from evals.gate import baseline as baselines
from evals.gate.verdict import GateVerdict
from evals.log import run_log
from evals.log.run_log import VERDICT, RunRecord
from evals.metrics import judge_calibration, statistics
from evals.metrics.judge_calibration import LabelledClaim
from evals.report import text_report
from evals.report.html_report import render_report
from evals.session import choose_cases, open_scorer, options_of
from index.errors import UsageError


def report(arguments: argparse.Namespace) -> int:
    """Write a run as one HTML file."""
    statistics.require_libraries()
    folder = run_log.find(arguments.runs, arguments.which)
    new = _first_answers(folder)
    options = options_of(new.manifest, runs=arguments.runs)
    with open_scorer(options, new.manifest.judge) as scorer:
        verdict = _load_verdict(folder)
        against = arguments.against or (verdict.against if verdict else "")
        base = None
        if against and baselines.path_of(against).exists():
            base = baselines.load(against).run_record(scorer.corpus)
        elif against:
            base = _first_answers(run_log.find(arguments.runs, against))
        cases = choose_cases(options)
        page = render_report(cases, scorer, new, base, verdict, language=arguments.lang).encode()
    write(arguments.output, page)
    say(f"{arguments.output}: {len(page) // 1024} KB, opens from disk")
    return 0


def _first_answers(folder: Path) -> RunRecord:
    """Return a run with the answers of the first look.

    The gate's fresh runs are not shown.
    """
    recorded = run_log.read_run(folder)
    entries = tuple(entry for entry in recorded.entries if entry.side == "new" and entry.repeat < FRESH)
    return RunRecord(manifest=recorded.manifest, entries=entries)


def _load_verdict(folder: Path) -> GateVerdict | None:
    """Read the verdict of a run, None without any. Raises UsageError if it is damaged."""
    file = folder / VERDICT
    try:
        return msgspec.json.decode(file.read_bytes(), type=GateVerdict) if file.exists() else None
    except msgspec.DecodeError as error:
        raise UsageError("evals.verdict_damaged", file=file, error=error) from error


def label(arguments: argparse.Namespace) -> int:
    """Write what a person should judge, or read what was judged."""
    folder = run_log.find(arguments.runs, arguments.which)
    recorded = _first_answers(folder)
    options = options_of(recorded.manifest, runs=arguments.runs)
    cases = choose_cases(options)
    verdict = _load_verdict(folder)
    if arguments.read:
        statistics.require_libraries()
        with open_scorer(options) as scorer:
            every = labelling.queue_sentences(cases, recorded.entries, scorer, share=1.1)
        rows = labelling.read_table(read_text(arguments.read))
        say(
            text_report.labels_text(
                labelling.evaluate_labels(rows, [row.check == "full" for row in every if row.check])
            )
        )
        return 0
    flipped = {flip.case for flip in verdict.worse} if verdict else set()
    with open_scorer(options, recorded.manifest.judge) as scorer:
        rows = labelling.queue_sentences(cases, recorded.entries, scorer, flipped=flipped, share=arguments.share)
    write(arguments.output, labelling.write_table(rows).encode())
    say(f"{arguments.output}: {len(rows)} sentences; fill in the column `label` with {', '.join(labelling.LABELS)}")
    return 0


def calibrate(arguments: argparse.Namespace) -> int:
    """Measure how far a judge agrees with people."""
    statistics.require_libraries()
    claims = judge_calibration.read_claims(read_text(arguments.rows).encode(), str(arguments.rows))
    if not arguments.judge:
        raise UsageError("evals.no_judge")
    judge = ModelAccess(arguments.runs / "calls.jsonl").judge(arguments.judge)
    calibrations = judge_calibration.calibrate(_limited(claims, arguments.limit), judge)
    if arguments.json:
        say(msgspec.json.encode(calibrations).decode())
    else:
        say(text_report.calibration_text(arguments.judge, calibrations))
    return 0


def _limited(claims: Sequence[LabelledClaim], limit: int | None) -> Iterator[LabelledClaim]:
    """Yield the first `limit` claims of each source."""
    seen: Counter[str] = Counter()
    for claim in claims:
        seen[claim.source] += 1
        if limit is None or seen[claim.source] <= limit:
            yield claim


def from_feedback(arguments: argparse.Namespace) -> int:
    """Draft cases from readers' feedback."""
    is_store = arguments.feedback.is_dir()
    data = read_votes(arguments.feedback) if is_store else read_text(arguments.feedback).encode()
    drafts = draft_cases(data, now().date())
    write(arguments.output, dump(drafts))
    lint = f"`isnad eval run --cases {arguments.output} --lint`"
    say(f"{arguments.output}: {len(drafts)} drafts; complete them, then {lint}")
    return 0
