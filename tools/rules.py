"""What each rule of the check is worth.

False claims that it stops, true ones that it harms.

    python -m tools.rules [--report] [--paraphrases] [--cases]

The development part of `tools/claims.jsonl` decides whether a rule stays (precision of its objections ≥ .95);
`--report` prints the same totals on the report part, of which no claim is ever looked at; `--paraphrases` on
`tools/paraphrases.json`, a second source; `--cases` lists the true claims of the development part that a rule harms.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from assistant.alignment.aligner import align, index_text
from assistant.alignment.tokenization import plain_claim, tokenize
from assistant.grounding import Evidence, check
from assistant.grounding.checking import Judgement
from assistant.grounding.rules import RULES
from evals.metrics.statistics import wilson
from tools.claims import Part, load

PRECISION = 0.95  # of a rule's objections on the development part, below which it goes


class Row(NamedTuple):
    """A claim with its text and whether it is true."""

    id: str
    kind: str
    claim: str
    text: str
    title: str | None
    published: date | None
    true: bool


def rows(part: Part) -> Iterator[Row]:
    """Yield the claims of one part of the benchmark."""
    for passage in load():
        if passage.part == part:
            for claim in passage.claims:
                kind = claim.kind if claim.lang == passage.lang else f"{claim.kind}, across"
                true = claim.label == "true"
                yield Row(claim.id, kind, claim.claim, passage.text, passage.title, passage.published, true)


def paraphrases() -> Iterator[Row]:
    """Yield the sentences of `paraphrases.json`."""
    for item in json.loads(Path(__file__).with_name("paraphrases.json").read_text(encoding="utf-8")):
        for kind, claims in {"true": item["right"], **item["wrong"]}.items():
            for claim in claims:
                yield Row(item["id"], kind, claim, item["text"], None, None, kind == "true")


def objecting(row: Row) -> frozenset[str]:
    """Return the codes of the rules that object to a claim."""
    context = f"{row.title}\n\n{row.text}" if row.title else row.text
    alignment = align(tokenize(plain_claim(row.claim), row.published), index_text(context, row.published))
    asked = (rule for rule in RULES if alignment.language in rule.languages)
    return frozenset(rule.code for rule in asked if any(rule.find(alignment)))


def judged(row: Row) -> Judgement:
    """Check a claim as an answer's sentence is checked."""
    evidence = Evidence(text="", article=row.text, title=row.title, published=row.published)
    return check(row.claim, [evidence], anchor=row.published)


def table(listed: list[Row], show: Callable[[str], None]) -> None:
    """Print what each rule and the whole check do on these rows."""
    false = sum(not row.true for row in listed)
    show(f"{len(listed)} claims, {false} false")
    objections = {row: objecting(row) for row in listed}
    show("| rule | false stopped | true harmed | precision | 95 % |\n|---|---|---|---|---|")
    for code in [*(rule.code for rule in RULES), "all"]:
        hit = [row for row, codes in objections.items() if code in codes or (code == "all" and codes)]
        stopped = sum(not row.true for row in hit)
        interval = wilson(stopped, len(hit))
        low, high = (interval.low, interval.high) if hit else (0.0, 1.0)
        rate = f"{stopped / len(hit):.3f}" if hit else "–"
        flag = "" if not hit or stopped / len(hit) >= PRECISION else " ✗"
        show(f"| {code} | {stopped} | {len(hit) - stopped} | {rate}{flag} | {low:.2f}–{high:.2f} |")
    started = time.perf_counter()
    verdicts = {row: judged(row) for row in listed}
    took = 1000 * (time.perf_counter() - started) / max(1, len(listed))
    show("\n| | supported | objected to | unchecked |\n|---|---|---|---|")
    for label, true in (("true", True), ("false", False)):
        mine = [verdicts[row] for row in listed if row.true is true]
        counts = Counter(item.verdict for item in mine)
        shares = [counts[name] / max(1, len(mine)) for name in ("supported", "unsupported", "unchecked")]
        show(f"| {label} ({len(mine)}) | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    show("\n| kind | claims | objected to |\n|---|---|---|")
    for kind, number in sorted(Counter(row.kind for row in listed).items()):
        objected = sum(verdicts[row].verdict == "unsupported" for row in listed if row.kind == kind)
        show(f"| {kind} | {number} | {objected / number:.2f} |")
    show(f"\n{took:.1f} ms a claim")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.rules")
    parser.add_argument("--report", action="store_true", help="the report part instead of the development part")
    parser.add_argument("--paraphrases", action="store_true", help="the second source instead")
    parser.add_argument(
        "--cases", action="store_true", help="list the true claims of the development part that are harmed"
    )
    options = parser.parse_args()
    if options.cases:
        for row in rows("development"):
            if row.true and (codes := objecting(row)):
                reasons = judged(row).reasons
                print(row.id, ",".join(sorted(codes)), row.claim, reasons, sep=" | ")
        return
    table(
        list(paraphrases()) if options.paraphrases else list(rows("report" if options.report else "development")), print
    )


if __name__ == "__main__":
    main()
