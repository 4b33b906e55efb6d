"""A reply → its outcome: every metric, the hard invariants it broke, whether it passed and whom to blame. No I/O, no model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.metrics.aligned_reply import Exhibit, Support
from evals.metrics.answer_metrics import said
from evals.metrics.citation_metrics import citations
from evals.metrics.failure_stage import NO_ANSWER, blame, violations
from evals.metrics.search_metrics import search
from evals.models import Entry, Outcome, Score

JUDGED = ("grounded", "supported", "citation_recall", "citation_precision")


def score(case: Case, entry: Entry, corpus: Corpus, support: Support, judge: Support | None = None) -> Outcome:
    """What one reply came to. An error in place of a reply has no scores and neither passes nor fails.

    With a `judge` the metrics that rest on a check are given a second time under its name, `judge_grounded` and so on; whether a
    case passes never depends on it.
    """
    if entry.reply is None:
        return Outcome(
            case=case.id, repeat=entry.repeat, passed=None, blame=NO_ANSWER, detail=entry.error or "no reason was given"
        )
    exhibit = Exhibit(case, entry.reply, corpus, support)
    found = blame(exhibit)
    broken = violations(exhibit)
    step, detail = found or (broken[0], "a hard invariant") if found or broken else (None, "")
    return Outcome(
        case=case.id,
        repeat=entry.repeat,
        passed=step is None,
        scores={**search(exhibit), **citations(exhibit), **said(exhibit), **_judged(exhibit, judge)},
        violations=broken,
        blame=step,
        detail=detail,
    )


def _judged(exhibit: Exhibit, judge: Support | None) -> dict[str, Score]:
    if judge is None:
        return {}
    again = citations(Exhibit(exhibit.case, exhibit.reply, exhibit.corpus, judge))
    return {f"judge_{name}": again[name] for name in JUDGED}


def outcomes(
    cases: Iterable[Case], entries: Iterable[Entry], corpus: Corpus, support: Support, judge: Support | None = None
) -> dict[str, dict[str, list[Outcome]]]:
    """Side → case → the outcome of each repeat, in order; entries of cases that are not asked for are passed over."""
    known: Mapping[str, Case] = {case.id: case for case in cases}
    found: dict[str, dict[str, list[Outcome]]] = {"new": {}, "base": {}}
    for entry in sorted(entries, key=lambda entry: entry.repeat):
        if entry.case in known:
            scored = score(known[entry.case], entry, corpus, support, judge)
            found.setdefault(entry.side, {}).setdefault(entry.case, []).append(scored)
    return found


def code() -> str:
    """Twelve hexadecimal digits of the code that scores: figures of two runs compare only where it is the same."""
    here = Path(__file__).parent
    root = here.parents[1]
    folders = (root / "index" / "language", root / "assistant" / "grounding", here)
    files = [root / "evals" / "cases" / "corpus.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    digest = hashlib.sha256()
    for path in sorted(file for file in files if file.exists()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
