"""What the report shows, as plain values: one card for each case, claims with their verdicts, passages with the quotation marked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from assistant.rendering.plain_text import surroundings
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.gate.verdict import Verdict
from evals.log.run_log import Manifest
from evals.metrics.aligned_reply import Exhibit, Support
from evals.models import Entry, Failed, Measured, Outcome, Reply
from index.models import Span, Value

AROUND = 400  # characters of a paragraph shown on either side of a quotation


class Claim(Value, frozen=True, kw_only=True):
    """A sentence of an answer: its verdict as a class of the style sheet, and the passages it is linked to."""

    text: str
    verdict: str  # full, partial, none, unknown
    marks: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # ids of passages on the page
    reasons: tuple[str, ...] = ()


class Quoted(Value, frozen=True, kw_only=True):
    """A quotation in its paragraph."""

    id: str
    file_id: str
    before: str
    quote: str
    after: str


class Said(Value, frozen=True, kw_only=True):
    """One side's answer to a case."""

    title: str
    abstained: bool
    claims: tuple[Claim, ...]
    passages: tuple[Quoted, ...]
    outcome: str  # passed, failed, error
    blame: str
    detail: str
    violations: tuple[str, ...]


class Card(Value, frozen=True, kw_only=True):
    """A case with what both sides said. `standing`: confirmed, open, flaky, better, failing or invariant."""

    case: Case
    standing: str
    told: str
    gold: tuple[tuple[str, str, str], ...]  # accepted, file, quotation
    sides: tuple[Said, ...]


class Diff(Value, frozen=True, kw_only=True):
    """A prompt that changed: its lines side by side, each with the class same, gone, new or changed."""

    name: str
    rows: tuple[tuple[str, str, str], ...]  # class, before, after


class Bench:
    """What is needed to look at single answers: the corpus, the check, and the answers of both sides by case."""

    def __init__(
        self,
        corpus: Corpus,
        support: Support,
        new: Mapping[str, Sequence[Entry]],
        base: Mapping[str, Sequence[Entry]],
        outcomes: Mapping[tuple[str, str, int], Outcome],
    ) -> None:
        self.corpus, self.support = corpus, support
        self.sides = {"base": base, "new": new}
        self.outcomes = outcomes

    def card(self, case: Case, standing: str, told: str) -> Card:
        """A case as the report shows it: on each side the answer that tells most, a failing one where there is one."""
        sides = []
        for side in ("base", "new"):
            entries = self.sides[side].get(case.id, ())
            if entries:
                worst = min(entries, key=lambda entry: self._rank(side, entry))
                sides.append(self._said(case, side, worst))
        gold = tuple(
            (fact.accept[0] if fact.accept else fact.id, file_id, quote)
            for fact in case.facts
            for file_id, quote in fact.evidence[:1]
        )
        return Card(case=case, standing=standing, told=told, gold=gold, sides=tuple(sides))

    def _rank(self, side: str, entry: Entry) -> tuple[int, int]:
        outcome = self.outcomes.get((side, entry.case, entry.repeat))
        passed = outcome.passed if outcome else None
        return ({False: 0, None: 1, True: 2}[passed], entry.repeat)

    def _said(self, case: Case, side: str, entry: Entry) -> Said:
        outcome = self.outcomes.get((side, entry.case, entry.repeat))
        blame, detail = (outcome.blame or "", outcome.detail) if outcome else ("", "")
        if entry.reply is None:
            return Said(
                title=side,
                abstained=False,
                claims=(Claim(text=entry.error or "", verdict="unknown"),),
                passages=(),
                outcome="error",
                blame=blame,
                detail=detail,
                violations=(),
            )
        claims, passages = self._claims(case, entry.reply, f"{case.id}-{side}")
        return Said(
            title=side,
            abstained=entry.reply.answer.abstained,
            claims=claims,
            passages=passages,
            outcome="passed" if outcome and outcome.passed else "failed",
            blame=blame,
            detail=detail,
            violations=outcome.violations if outcome else (),
        )

    def _claims(self, case: Case, reply: Reply, prefix: str) -> tuple[tuple[Claim, ...], tuple[Quoted, ...]]:
        exhibit = Exhibit(case, reply, self.corpus, self.support)
        if not reply.answer.sentences:
            return (Claim(text=reply.answer.text, verdict="unknown"),), ()
        claims, passages = [], []
        for at, (sentence, verdict) in enumerate(zip(reply.answer.sentences, exhibit.verdicts, strict=True)):
            places = []
            for number, cite in enumerate(sentence.citations):
                quoted = _quoted(self.corpus, cite.file_id, Span(cite.start, cite.end), f"{prefix}-{at}-{number}")
                places.append(quoted.id)
                passages.append(quoted)
            claims.append(
                Claim(
                    text=sentence.text,
                    verdict=_degree(verdict),
                    marks=tuple(dict.fromkeys(cite.file_id for cite in sentence.citations)),
                    places=tuple(places),
                    reasons=sentence.reasons,
                )
            )
        return tuple(claims), tuple(passages)


def _degree(verdict: Measured | Failed) -> str:
    if isinstance(verdict, Failed):
        return "unknown"
    return "full" if verdict.value >= 1.0 else "none" if verdict.value <= 0.0 else "partial"


def _quoted(corpus: Corpus, file_id: str, span: Span, name: str) -> Quoted:
    text = corpus.text(file_id) or ""
    around = surroundings(text, span)
    start, end = max(around.start, span.start - AROUND), min(around.end, span.end + AROUND)
    return Quoted(
        id=name, file_id=file_id, before=text[start : span.start], quote=span.of(text), after=text[span.end : end]
    )


def standings(verdict: Verdict | None, outcomes: Mapping[str, Sequence[Outcome]]) -> list[tuple[str, str]]:
    """(case, standing) in the order in which a reader wants them: what broke, what is open, what got better, what still fails."""
    found: dict[str, str] = {}
    failing = [case for case, there in outcomes.items() if not all(one.passed for one in there)]
    listed = (
        ("invariant", [violation.case for violation in verdict.violations if violation.confirmed] if verdict else []),
        ("confirmed", [flip.case for flip in verdict.confirmed] if verdict else []),
        ("open", [flip.case for flip in verdict.worse if flip.undecided] if verdict else []),
        ("flaky", [flip.case for flip in verdict.flaky] if verdict else []),
        ("better", [flip.case for flip in verdict.better] if verdict else []),
        ("failing", failing),
    )
    for standing, cases in listed:
        for case in cases:
            found.setdefault(case, standing)
    order = [standing for standing, _ in listed]
    return sorted(found.items(), key=lambda item: (order.index(item[1]), item[0]))


def prompt_diffs(before: Manifest | None, now: Manifest) -> tuple[Diff, ...]:
    """The prompts that differ between two runs, line by line."""
    if before is None:
        return ()
    diffs = []
    for name in sorted(set(before.prompt_texts) | set(now.prompt_texts)):
        old, new = before.prompt_texts.get(name, ""), now.prompt_texts.get(name, "")
        if old != new:
            diffs.append(Diff(name=name, rows=tuple(_rows(old.splitlines(), new.splitlines()))))
    return tuple(diffs)


def _rows(old: list[str], new: list[str]) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            kept = list(zip(old[a:b], new[c:d], strict=True))
            rows += [("same", x, y) for x, y in (kept if len(kept) < 7 else kept[:3])]
            if len(kept) >= 7:
                rows.append(("skipped", "⋯", "⋯"))
                rows += [("same", x, y) for x, y in kept[-3:]]
            continue
        left, right = old[a:b], new[c:d]
        longest = max(len(left), len(right))
        left += [""] * (longest - len(left))
        right += [""] * (longest - len(right))
        name = {"replace": "changed", "delete": "gone", "insert": "new"}[kind]
        rows += [(name, x, y) for x, y in zip(left, right, strict=True)]
    return rows
