"""Score a reply: metrics, hard invariants, and whether it passes.

No I/O, and no model but the judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.metrics.aligned_reply import AlignedReply, Support
from evals.metrics.answer_metrics import answer_scores
from evals.metrics.citation_metrics import citation_scores
from evals.metrics.failure_stage import NO_ANSWER, broken_invariants, find_failure
from evals.metrics.search_metrics import search_scores
from evals.models import Failed, LogEntry, Measured, Outcome, Reply, Score
from index.models import Value

JUDGED = ("grounded", "supported", "citation_recall", "citation_precision")


class Scorer(Value, frozen=True, kw_only=True):
    """Scores replies over a corpus by a check, and again by a judge if there is one.

    The judge's scores are named `judge_grounded` and so on; whether a case passes never depends on them.
    """

    corpus: Corpus
    support: Support
    judge: Support | None = None

    @property
    def without_judge(self) -> Scorer:
        """Return the same scorer without its judge, which asks a model and costs money."""
        return msgspec.structs.replace(self, judge=None)

    def align(self, case: Case, reply: Reply) -> AlignedReply:
        """Align a reply with its case."""
        return AlignedReply(case, reply, self.corpus, self.support)

    def score(self, case: Case, entry: LogEntry) -> Outcome:
        """Score a reply.

        An error in place of a reply has no scores and neither passes nor fails.
        """
        if entry.reply is None:
            detail = entry.error or "no reason was given"
            return Outcome(case=case.id, repeat=entry.repeat, passed=None, blame=NO_ANSWER, detail=detail)
        aligned = self.align(case, entry.reply)
        violations = broken_invariants(aligned)
        failure = find_failure(aligned) or ((violations[0], "a hard invariant") if violations else None)
        stage, detail = failure or (None, "")
        return Outcome(
            case=case.id,
            repeat=entry.repeat,
            passed=stage is None,
            scores={
                **search_scores(aligned),
                **citation_scores(aligned),
                **answer_scores(aligned),
                **self._judge_scores(case, entry.reply),
            },
            violations=violations,
            blame=stage,
            detail=detail,
        )

    def _judge_scores(self, case: Case, reply: Reply) -> dict[str, Score]:
        if self.judge is None:
            return {}
        scores = citation_scores(AlignedReply(case, reply, self.corpus, self.judge))
        return {f"judge_{name}": scores[name] for name in JUDGED}

    def outcomes(self, cases: Iterable[Case], entries: Iterable[LogEntry]) -> dict[str, dict[str, list[Outcome]]]:
        """Score entries into side → case id → outcomes in order.

        Entries of other cases are ignored.
        """
        known: Mapping[str, Case] = {case.id: case for case in cases}
        outcomes: dict[str, dict[str, list[Outcome]]] = {"new": {}, "base": {}}
        for entry in sorted(entries, key=lambda entry: entry.repeat):
            if entry.case in known:
                outcome = self.score(known[entry.case], entry)
                outcomes.setdefault(entry.side, {}).setdefault(entry.case, []).append(outcome)
        return outcomes


def degree_name(support: Measured | Failed) -> str:
    """Name a degree of support: full, partial or none; "" for a failed measurement."""
    if isinstance(support, Failed):
        return ""
    return "full" if support.value >= 1.0 else "none" if support.value <= 0.0 else "partial"


def scoring_code() -> str:
    """Return twelve hexadecimal digits of the code that scores.

    Only equal ones compare.
    """
    here = Path(__file__).parent
    root = here.parents[1]
    folders = (root / "index" / "language", root / "assistant" / "grounding", here)
    files = [root / "evals" / "cases" / "corpus.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    digest = hashlib.sha256()
    for path in sorted(file for file in files if file.exists()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
