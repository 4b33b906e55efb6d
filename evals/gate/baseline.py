"""The baseline that a change is compared with: one committed JSON file.

It holds hashes, the outcome of every case and the answers in short, so that both sides are always scored by today's
rules, and a reader sees what was answered before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assistant.models import Answer, Citation, Sentence, Source, Verdict
from evals.cases.case import PACKAGE, Case
from evals.cases.corpus import Corpus
from evals.log.run_log import Manifest, RunRecord
from evals.metrics.scoring import Scorer
from evals.models import LogEntry, Outcome, Outcomes, PassageSpan, Reply
from index.errors import UsageError
from index.models import Value

COMMITTED = PACKAGE / "baselines"
FOLDER = COMMITTED if COMMITTED.is_dir() else Path("evals", "baselines")  # the wheel carries no baselines
FORMAT = 1


class BaselineSentence(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A sentence by its span in the answer, with the spans it cites by file."""

    at: tuple[int, int]
    verdict: Verdict = "unchecked"
    cites: tuple[tuple[str, int, int], ...] = ()


class BaselineAnswer(Value, frozen=True, kw_only=True, omit_defaults=True, rename={"sentences": "said"}):
    """An answer of the baseline.

    `passed` is for readers; comparisons score the answer anew.
    """

    case: str
    sha: str  # of the case as it was
    text: str
    repeat: int = 0
    abstained: bool = False
    passed: bool | None = None
    blame: str | None = None
    sentences: tuple[BaselineSentence, ...] = ()
    hits: tuple[tuple[str, int, int | None], ...] | None = None
    shown: int | None = None


class BaselineRecord(Value, frozen=True, kw_only=True):
    """When a run became the baseline, and why."""

    at: datetime
    run: str
    why: str
    passed: int
    cases: int


class Baseline(Value, frozen=True, kw_only=True):
    """The run of an engine that changes are compared with, and earlier ones' log."""

    name: str
    format: int
    manifest: Manifest
    log: tuple[BaselineRecord, ...]
    answers: tuple[BaselineAnswer, ...]

    def run_record(self, corpus: Corpus) -> RunRecord:
        """Return the answers as log entries, their quotes taken from the corpus."""
        entries = tuple(
            LogEntry(case=answer.case, repeat=answer.repeat, reply=_restore(answer, corpus, self.manifest.engine))
            for answer in self.answers
        )
        return RunRecord(manifest=self.manifest, entries=entries)

    def outcomes(self, cases: Sequence[Case], scorer: Scorer) -> dict[str, list[Outcome]]:
        """Score the answers by today's rules.

        A case that is new or changed since has none.
        """
        shas = self.shas()
        unchanged = [case for case in cases if shas.get(case.id) == case.sha]
        entries = self.run_record(scorer.corpus).entries
        return scorer.without_judge.outcomes(unchanged, entries)["new"]

    def shas(self) -> dict[str, str]:
        """Map each case to its hash as it was answered."""
        return {answer.case: answer.sha for answer in self.answers}


def make_baseline(
    name: str, run: RunRecord, cases: Sequence[Case], outcomes: Outcomes, *, why: str, before: Baseline | None = None
) -> Baseline:
    """Make a run the baseline. Raises UsageError if a case was not answered.

    A baseline has no holes.
    """
    shas = {case.id: case.sha for case in cases}
    scored = {(outcome.case, outcome.repeat): outcome for repeats in outcomes.values() for outcome in repeats}
    answers = [
        _shorten(entry, shas[entry.case], scored[entry.case, entry.repeat])
        for entry in run.entries
        if entry.side == "new" and entry.reply and (entry.case, entry.repeat) in scored
    ]
    missing = sorted(set(shas) - {answer.case for answer in answers})
    if missing:
        raise UsageError("evals.cases_unanswered", cases=len(missing), first=missing[0])
    record = BaselineRecord(
        at=datetime.now(UTC).replace(microsecond=0),
        run=run.manifest.id,
        why=why,
        passed=sum(bool(answer.passed) for answer in answers),
        cases=len(answers),
    )
    return Baseline(
        name=name,
        format=FORMAT,
        manifest=run.manifest,
        log=(*(before.log if before else ()), record),
        answers=tuple(sorted(answers, key=lambda answer: (answer.case, answer.repeat))),
    )


def baseline_name(engine: str, suite: str) -> str:
    """Return the name of an engine's baseline.

    That of the engine, with the suite's for `archive`.

    >>> baseline_name("extract", "core"), baseline_name("extract", "archive")
    ('extract', 'extract-archive')
    """
    return f"{engine}-{suite}" if suite == "archive" else engine


def path_of(name: str, folder: Path | None = None) -> Path:
    """Return the file of a baseline by its name or its path.

    >>> path_of("model:some/model", Path("b")).name
    'model-some-model.json'
    """
    if name.endswith(".json"):
        return Path(name)
    return (folder or FOLDER) / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.json"


def load(name: str, folder: Path | None = None) -> Baseline:
    """Read a baseline by its name or its path.

    Raises UsageError if there is none or it cannot be read.
    """
    path = path_of(name, folder)
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise UsageError("evals.no_baseline", file=path.name, folder=path.parent, name=path.stem) from error
    except msgspec.DecodeError as error:
        raise UsageError("evals.not_a_baseline", path=path, error=error) from error
    if baseline.format != FORMAT:
        raise UsageError("evals.baseline_format", path=path, format=baseline.format, readable=FORMAT)
    return baseline


def write(baseline: Baseline, folder: Path | None = None) -> Path:
    """Write a baseline, one line an answer, so that a diff can be read."""
    path = path_of(baseline.name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = msgspec.json.format(
        msgspec.json.encode(msgspec.structs.replace(baseline, answers=()), order="sorted"), indent=1
    )
    rows = b",\n  ".join(msgspec.json.encode(answer) for answer in baseline.answers)
    start, end = head.split(b'"answers": []', 1)
    draft = path.with_suffix(".draft")
    draft.write_bytes(start + b'"answers": [\n  ' + rows + b"\n ]" + end + b"\n")
    draft.replace(path)
    return path


def _shorten(entry: LogEntry, sha: str, outcome: Outcome) -> BaselineAnswer:
    assert entry.reply
    answer, hits = entry.reply.answer, entry.reply.hits
    return BaselineAnswer(
        case=entry.case,
        sha=sha,
        repeat=entry.repeat,
        text=answer.text,
        abstained=answer.abstained,
        passed=outcome.passed,
        blame=outcome.blame,
        sentences=tuple(
            BaselineSentence(
                at=(sentence.start, sentence.end),
                verdict=sentence.verdict,
                cites=tuple((citation.file_id, citation.start, citation.end) for citation in sentence.citations),
            )
            for sentence in answer.sentences
        ),
        hits=None if hits is None else tuple((hit.file_id, hit.start, hit.end) for hit in hits),
        shown=entry.reply.shown,
    )


def _restore(stored: BaselineAnswer, corpus: Corpus, engine: str) -> Reply:
    sentences = tuple(
        Sentence(
            text=stored.text[sentence.at[0] : sentence.at[1]],
            start=sentence.at[0],
            end=sentence.at[1],
            verdict=sentence.verdict,
            citations=tuple(
                Citation(file_id=file_id, start=start, end=end, quote=(corpus.text(file_id) or "")[start:end])
                for file_id, start, end in sentence.cites
            ),
        )
        for sentence in stored.sentences
    )
    cited = dict.fromkeys(cite[0] for sentence in stored.sentences for cite in sentence.cites)
    answer = Answer(
        question="",
        text=stored.text,
        abstained=stored.abstained,
        engine=engine,
        sentences=sentences,
        sources=tuple(Source(file_id=file_id) for file_id in cited),
    )
    hits = None
    if stored.hits is not None:
        hits = tuple(PassageSpan(file_id=file_id, start=start, end=end) for file_id, start, end in stored.hits)
    return Reply(answer=answer, hits=hits, shown=stored.shown)
