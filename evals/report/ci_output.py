"""A run for a continuous-integration server: JUnit XML, a step summary in Markdown, and annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from evals.cases.case import Case
from evals.gate.verdict import Verdict
from evals.models import Outcome
from evals.report.text_report import flip_text

ROWS = 30


def junit(cases: Sequence[Case], found: Mapping[str, Sequence[Outcome]], verdict: Verdict) -> bytes:
    """JUnit XML, a test case for each case. Failure: confirmed worse, or an invariant newly broken; error: no answer;
    skipped: worse once and not confirmed. A case that fails now as it failed before is no failure: it is in its output.
    """
    broken = {violation.case: f"{violation.what}" for violation in verdict.violations if violation.confirmed}
    failed = {flip.case: flip_text(flip) for flip in verdict.confirmed} | broken
    open_ = {flip.case: flip_text(flip) for flip in verdict.worse if not flip.confirmed}
    root = ElementTree.Element("testsuite", name="isnad eval", tests=str(len(cases) + 1))
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for case in cases:
        node = ElementTree.SubElement(root, "testcase", classname=case.type, name=case.id)
        outcomes = found.get(case.id, ())
        if not verdict.calls:
            _mark(node, "skipped", "not asked", counts, "skipped")
        elif not outcomes or any(outcome.passed is None for outcome in outcomes):
            _mark(node, "error", _detail(outcomes) or "not answered", counts, "errors")
        elif case.id in failed:
            _mark(node, "failure", failed[case.id], counts, "failures")
        elif case.id in open_:
            _mark(node, "skipped", open_[case.id], counts, "skipped")
        elif any(not outcome.passed for outcome in outcomes):
            ElementTree.SubElement(node, "system-out").text = _printable(
                f"fails, and is no worse than before: {_detail(outcomes)}"
            )
    node = ElementTree.SubElement(root, "testcase", classname="gate", name="verdict")
    if verdict.exit_code:
        kind = ("failure", "failures") if verdict.finding == "regression" else ("error", "errors")
        _mark(node, kind[0], verdict.headline, counts, kind[1])
    for name, number in counts.items():
        root.set(name, str(number))
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _mark(node: ElementTree.Element, kind: str, message: str, counts: dict[str, int], count: str) -> None:
    ElementTree.SubElement(node, kind, message=_printable(message))
    counts[count] += 1


def _detail(outcomes: Sequence[Outcome]) -> str:
    return next((f"{outcome.blame}: {outcome.detail}" for outcome in outcomes if not outcome.passed), "")


def _printable(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        one for one in text if one in "\t\n\r" or (one >= " " and not "\ud800" <= one <= "\udfff" and one < "\ufffe")
    )


def markdown(verdict: Verdict, *, title: str = "isnad eval gate") -> str:
    """The verdict, the declared metrics and the cases that are worse, for a step summary."""
    sign = {"pass": "✅", "regression": "❌"}.get(verdict.finding, "⚠️")
    rows = [f"## {sign} {title}", "", _cell(verdict.headline), ""]
    if verdict.population:
        rows += ["| metric | base | new | difference | 90 % interval | verdict |", "|---|---|---|---|---|---|"]
        for one in verdict.population:
            it = one.difference
            values = (
                f"{it.base:.3f} | {it.new:.3f} | {it.change:+.3f} | {it.low:+.3f} … {it.high:+.3f}"
                if it
                else "– | – | – | –"
            )
            rows.append(f"| {one.metric} | {values} | {one.verdict} |")
        both, less, more, neither = verdict.mcnemar
        rows += [
            "",
            f"{verdict.integrity.compared} of {verdict.integrity.wanted} cases compared: {both} passed both times, {less} worse, "
            f"{more} better, {neither} failed both times (McNemar's exact p {verdict.p_mcnemar:.3f}). "
            f"{verdict.calls} answers asked for.",
            "",
        ]
    worse = sorted(verdict.worse, key=lambda flip: not flip.confirmed)
    if worse or verdict.violations:
        rows += ["| case | what happened |", "|---|---|"]
        rows += [
            f"| {violation.case} | {_cell(violation.what)}{'' if violation.confirmed else ' (not confirmed)'} |"
            for violation in verdict.violations
        ]
        rows += [
            f"| {one.case} | {_cell(flip_text(one))}{'' if one.confirmed else ' (not confirmed)'} |"
            for one in worse[:ROWS]
        ]
        rows.append("")
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def notes(verdict: Verdict, prompts: Sequence[str]) -> list[str]:
    """Lines that a code host shows beside the files: an error at each changed prompt, a warning where nothing is decided."""
    if not verdict.exit_code:
        return []
    level = "error" if verdict.finding == "regression" else "warning"
    message = verdict.headline.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    places = [f" file=prompts/{name}.jinja" for name in prompts] or [""]
    return [f"::{level}{place}::{message}" for place in places]
