"""CI output of a run: JUnit XML, a step summary in Markdown, annotations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from evals.cases.case import Case
from evals.gate.verdict import GateVerdict, MetricTest
from evals.models import Outcome, Outcomes
from evals.report.text_report import flip_text

ROWS = 30
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit(cases: Sequence[Case], outcomes: Outcomes, verdict: GateVerdict) -> bytes:
    """Write JUnit XML with a test case for each case, and a last one for the verdict.

    Failure: confirmed worse, or an invariant newly broken; error: no answer; skipped: worse once and not confirmed. A
    case that fails as before is no failure: its output says so.
    """
    suite = ElementTree.Element("testsuite", name="isnad eval", tests=str(len(cases) + 1))
    for case in cases:
        kind, message = _result(case, outcomes.get(case.id, ()), verdict)
        _add(suite, case.type, case.id, kind, message)
    kind = ("failure" if verdict.finding == "regression" else "error") if verdict.exit_code else ""
    _add(suite, "gate", "verdict", kind, verdict.headline)
    for kind, total in _TOTALS.items():
        suite.set(total, str(len(suite.findall(f"testcase/{kind}"))))
    written: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def _result(case: Case, outcomes: Sequence[Outcome], verdict: GateVerdict) -> tuple[str, str]:
    """Return failure, error, skipped, system-out or "", with its message."""
    flips = {flip.case: flip for flip in verdict.worse}
    broken = [item.what for item in verdict.violations if item.confirmed and item.case == case.id]
    detail = next((f"{outcome.blame}: {outcome.detail}" for outcome in outcomes if not outcome.passed), "")
    if not verdict.calls:
        return "skipped", "not asked"
    if not outcomes or any(outcome.passed is None for outcome in outcomes):
        return "error", detail or "not answered"
    if broken:
        return "failure", broken[-1]
    if flip := flips.get(case.id):
        return ("failure" if flip.confirmed else "skipped"), flip_text(flip)
    return ("system-out", f"fails, and is no worse than before: {detail}") if detail else ("", "")


def _add(suite: ElementTree.Element, group: str, name: str, kind: str, message: str) -> None:
    node = ElementTree.SubElement(suite, "testcase", classname=group, name=name)
    message = _NOT_XML.sub("", message)
    if kind == "system-out":
        ElementTree.SubElement(node, kind).text = message
    elif kind:
        ElementTree.SubElement(node, kind, message=message)


def markdown(verdict: GateVerdict, *, title: str = "isnad eval gate") -> str:
    """Write verdict, metrics and worse cases as Markdown for a step summary."""
    sign = {"pass": "✅", "regression": "❌"}.get(verdict.finding, "⚠️")
    rows = [f"## {sign} {title}", "", _cell(verdict.headline), ""]
    if verdict.population:
        rows += ["| metric | base | new | difference | 90 % interval | verdict |", "|---|---|---|---|---|---|"]
        rows += map(_metric_row, verdict.population)
        both, worse, better, neither = verdict.mcnemar
        rows += [
            "",
            f"{verdict.integrity.compared} of {verdict.integrity.wanted} cases compared: {both} passed both times, "
            f"{worse} worse, {better} better, {neither} failed both times (McNemar's exact p "
            f"{verdict.p_mcnemar:.3f}). {verdict.calls} answers asked for.",
            "",
        ]
    changes = [(item.case, item.what, item.confirmed) for item in verdict.violations]
    flips = sorted(verdict.worse, key=lambda flip: not flip.confirmed)
    changes += [(flip.case, flip_text(flip), flip.confirmed) for flip in flips[:ROWS]]
    if changes:
        rows += ["| case | what happened |", "|---|---|"]
        for case, text, confirmed in changes:
            rows.append(f"| {case} | {_cell(text)}{'' if confirmed else ' (not confirmed)'} |")
        rows.append("")
    return "\n".join(rows)


def _metric_row(test: MetricTest) -> str:
    values = "– | – | – | –"
    if change := test.difference:
        interval = f"{change.low:+.3f} … {change.high:+.3f}"
        values = f"{change.base:.3f} | {change.new:.3f} | {change.change:+.3f} | {interval}"
    return f"| {test.metric} | {values} | {test.verdict} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def annotation_lines(verdict: GateVerdict, prompts: Sequence[str]) -> list[str]:
    """Write lines that a code host shows at each changed prompt.

    An error, or a warning if nothing is decided.
    """
    if not verdict.exit_code:
        return []
    level = "error" if verdict.finding == "regression" else "warning"
    message = verdict.headline.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    places = [f" file=prompts/{name}.jinja" for name in prompts] or [""]
    return [f"::{level}{place}::{message}" for place in places]
