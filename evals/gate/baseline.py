"""The blessed run that a change is compared with: one committed JSON file, which changes only when somebody says so.

It holds hashes, what every case came to, and the answers themselves in short, so that both sides are always scored by the same
rules, those of today, and a reader sees what was said before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assistant.models import Answer, Citation, Sentence, Source, Verdict
from evals.cases.case import PACKAGE, Case
from evals.cases.corpus import Corpus
from evals.log.run_log import Manifest
from evals.metrics.aligned_reply import Support
from evals.metrics.scoring import outcomes
from evals.models import Entry, Outcome, Place, Reply
from index.errors import UsageError
from index.models import Value

FOLDER = PACKAGE / "baselines"
FORMAT = 1


class Said(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A sentence by its place in the answer, and its citations by their place in the files."""

    at: tuple[int, int]
    verdict: Verdict = "unchecked"
    cites: tuple[tuple[str, int, int], ...] = ()


class Kept(Value, frozen=True, kw_only=True, omit_defaults=True):
    """One answer of the blessed run. `passed` is for readers; comparisons score the answer anew."""

    case: str
    sha: str  # of the case as it was
    text: str
    repeat: int = 0
    abstained: bool = False
    passed: bool | None = None
    blame: str | None = None
    said: tuple[Said, ...] = ()
    hits: tuple[tuple[str, int, int | None], ...] | None = None
    shown: int | None = None


class Blessing(Value, frozen=True, kw_only=True):
    """Who said that a run is the one to compare with, and why."""

    at: datetime
    run: str
    why: str
    passed: int
    cases: int


class Baseline(Value, frozen=True, kw_only=True):
    """The blessed run of one engine, and the log of earlier blessings."""

    name: str
    format: int
    manifest: Manifest
    log: tuple[Blessing, ...]
    answers: tuple[Kept, ...]

    def entries(self, corpus: Corpus) -> list[Entry]:
        """The answers as they were, their quotations taken from the corpus."""
        return [
            Entry(case=answer.case, repeat=answer.repeat, reply=_reply(answer, corpus, self.manifest.engine))
            for answer in self.answers
        ]

    def outcomes(self, cases: Sequence[Case], corpus: Corpus, support: Support) -> dict[str, list[Outcome]]:
        """What the answers come to by the rules of today; a case that is new or was changed since has none."""
        same = {case.id for case in cases if self.shas().get(case.id) == case.sha}
        entries = [entry for entry in self.entries(corpus) if entry.case in same]
        return outcomes([case for case in cases if case.id in same], entries, corpus, support)["new"]

    def shas(self) -> dict[str, str]:
        return {answer.case: answer.sha for answer in self.answers}


def bless(
    name: str,
    manifest: Manifest,
    cases: Iterable[Case],
    entries: Iterable[Entry],
    found: Mapping[str, Sequence[Outcome]],
    *,
    why: str,
    before: Baseline | None = None,
) -> Baseline:
    """Make a run the one to compare with. Raises UsageError where a case was not answered: a baseline has no holes."""
    shas = {case.id: case.sha for case in cases}
    results = {(outcome.case, outcome.repeat): outcome for outcomes in found.values() for outcome in outcomes}
    kept = [
        _kept(entry, shas[entry.case], results[entry.case, entry.repeat])
        for entry in entries
        if entry.side == "new" and entry.reply and (entry.case, entry.repeat) in results
    ]
    missing = sorted(set(shas) - {one.case for one in kept})
    if missing:
        raise UsageError(f"{len(missing)} cases have no answer in this run ({missing[0]}, …): resume it, then bless it")
    blessing = Blessing(
        at=datetime.now(UTC).replace(microsecond=0),
        run=manifest.id,
        why=why,
        passed=sum(bool(one.passed) for one in kept),
        cases=len(kept),
    )
    return Baseline(
        name=name,
        format=FORMAT,
        manifest=manifest,
        log=(*(before.log if before else ()), blessing),
        answers=tuple(sorted(kept, key=lambda item: (item.case, item.repeat))),
    )


def path_of(name: str, folder: Path | None = None) -> Path:
    """The file of a baseline, by its name or its path.

    >>> path_of("model:some/model", Path("b")).name
    'model-some-model.json'
    """
    if name.endswith(".json"):
        return Path(name)
    return (folder or FOLDER) / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.json"


def load(name: str, folder: Path | None = None) -> Baseline:
    """A baseline by its name or its path. Raises UsageError where there is none."""
    path = path_of(name, folder)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise UsageError(
            f"there is no baseline {path.name} in {path.parent}; `isnad eval run` (for a model with --repeats 8), "
            f"then `isnad eval baseline set --name {path.stem}` makes one"
        ) from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is no baseline: {error}") from error
    if found.format != FORMAT:
        raise UsageError(f"{path} has the format {found.format}, this program reads {FORMAT}; set it anew")
    return found


def write(baseline: Baseline, folder: Path | None = None) -> Path:
    """Write a baseline, one line for each answer, so that a diff of two of them can be read."""
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


def _kept(entry: Entry, sha: str, outcome: Outcome) -> Kept:
    assert entry.reply
    answer, hits = entry.reply.answer, entry.reply.hits
    return Kept(
        case=entry.case,
        sha=sha,
        repeat=entry.repeat,
        text=answer.text,
        abstained=answer.abstained,
        passed=outcome.passed,
        blame=outcome.blame,
        said=tuple(
            Said(
                at=(sentence.start, sentence.end),
                verdict=sentence.verdict,
                cites=tuple((cite.file_id, cite.start, cite.end) for cite in sentence.citations),
            )
            for sentence in answer.sentences
        ),
        hits=None if hits is None else tuple((hit.file_id, hit.start, hit.end) for hit in hits),
        shown=entry.reply.shown,
    )


def _reply(kept: Kept, corpus: Corpus, engine: str) -> Reply:
    sentences = tuple(
        Sentence(
            text=kept.text[text.at[0] : text.at[1]],
            start=text.at[0],
            end=text.at[1],
            verdict=text.verdict,
            citations=tuple(
                Citation(file_id=file_id, start=start, end=end, quote=(corpus.text(file_id) or "")[start:end])
                for file_id, start, end in text.cites
            ),
        )
        for text in kept.said
    )
    cited = dict.fromkeys(cite[0] for text in kept.said for cite in text.cites)
    answer = Answer(
        question="",
        text=kept.text,
        abstained=kept.abstained,
        engine=engine,
        sentences=sentences,
        sources=tuple(Source(file_id=one) for one in cited),
    )
    hits = None if kept.hits is None else tuple(Place(file_id=one, start=a, end=b) for one, a, b in kept.hits)
    return Reply(answer=answer, hits=hits, shown=kept.shown)
