"""Measure how often the rules object to true sentences.

Those of the recorded answers that pass their cases.

A model that obeys its instructions wrote them in its own words from the sources that it cites, and the scorer found
every fact of the case in them, so an objection is a false alarm. Offline, with rules alone.

    python -m tools.measure_obedient
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from evals.log.run_log import RunLog
from evals.metrics.statistics import wilson
from evals.runner import run
from evals.session import RunOptions, open_run
from index.models import Value


class Objection(Value, frozen=True, kw_only=True):
    """An objection to a sentence of an answer that passes its case."""

    case: str
    sentence: str
    reasons: tuple[str, ...]


def measure() -> tuple[int, list[Objection]]:
    """Return the number of cited sentences of passing answers, and the objections to them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunLog(Path(folder) / "log.jsonl") as log,
        open_run(RunOptions(engine="recorded", offline=True, runs=Path(folder))) as (config, _),
    ):
        finished = run(config, log)
    passed = {case for case, outcomes in finished.outcomes.items() if outcomes[0].passed}
    sentences = [
        (entry.case, sentence)
        for entry in finished.entries
        if entry.case in passed and entry.reply and not entry.reply.answer.abstained
        for sentence in entry.reply.answer.sentences
        if sentence.citations
    ]
    objected = [
        Objection(case=case, sentence=sentence.text, reasons=sentence.reasons)
        for case, sentence in sentences
        if sentence.checked_by == "rules"
    ]
    return len(sentences), objected


def main() -> None:
    """Print the share of true sentences that are objected to, and each of them."""
    sentences, objected = measure()
    within = wilson(len(objected), sentences)
    share = len(objected) / max(1, sentences)
    print(f"objected to: {len(objected)} of {sentences} = {share:.3f} [{within.low:.3f}, {within.high:.3f}]")
    for objection in objected:
        print(f"{objection.case}: {objection.sentence}\n    {'; '.join(objection.reasons)}")


if __name__ == "__main__":
    main()
