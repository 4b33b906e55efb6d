"""Sentences that a model wrote to the eval cases, with what they cite, and sentences that put a passage in other words: true and false ones.

The replies are those of `evals/recordings/`, so that they need no data from outside. A sentence counts as borne out where its whole
answer holds every wanted fact and nothing forbidden, and it is cited. Which events are fitted on and which are reported is told by
`held_out`; changes of the sentences are those of `tools.perturbations`.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from assistant.grounding import Evidence, check
from assistant.models import Sentence
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.models import LogEntry, Measured
from evals.session import RunOptions, open_run
from tools import perturbations
from tools.fit_extract import held_out

CHANGES = {
    "number altered": perturbations.number_altered,
    "number swapped": perturbations.number_swapped,
    "date moved": perturbations.date_moved,
    "name swapped": perturbations.name_swapped,
    "negation added": perturbations.negation_added,
    "reversed": perturbations.reversed_word,
}


class Written(NamedTuple):
    """A sentence, the question it answers, what it cites, and whether that bears it out."""

    kind: str  # "written", the change that was made, or "other article"
    claim: str
    question: str
    evidence: tuple[Evidence, ...]
    anchor: date | None
    true: bool
    event: str
    reported: bool  # whether fitting never sees its event


@lru_cache(maxsize=1)
def sentences() -> tuple[Written, ...]:
    """Every cited sentence of a right answer, each change of it that can be made, and it beside another article of the answer's hits."""
    return tuple(_all())


def _all() -> Iterator[Written]:
    with open_run(RunOptions(engine="recorded", offline=True)) as (config, _):
        for case in config.cases:
            entry = LogEntry(case=case.id, repeat=0, reply=config.engine.answer(case, 0))
            scores = config.scorer.score(case, entry).scores
            right = scores.get("fact_recall") == Measured(1.0) and scores.get("forbidden") != Measured(1.0)
            if case.answerable and entry.reply and right:  # scores in which the check has no part
                for sentence in entry.reply.answer.sentences:
                    if sentence.citations:
                        yield from _of(sentence, case, config.scorer.corpus)


def _of(one: Sentence, case: Case, corpus: Corpus) -> Iterator[Written]:
    """A sentence as it stands, and changed in each way that it can be."""
    evidence = tuple(
        Evidence(
            text=cited.quote,
            article=corpus.articles[cited.file_id].text,
            file_id=cited.file_id,
            published=corpus.articles[cited.file_id].published,
        )
        for cited in one.citations
    )
    article = corpus.articles[evidence[0].file_id]
    chance = random.Random(one.text)
    changed = ((kind, change(one.text, article.text, chance)) for kind, change in CHANGES.items())
    for kind, claim in [("as written", one.text), *changed]:
        if claim:
            true = kind == "as written"
            yield Written(
                kind, claim, case.question, evidence, article.published, true, case.cluster, held_out(case.cluster)
            )


def paraphrases() -> tuple[Written, ...]:
    """Sentences in other words than a passage's, right and wrong, written for this (`paraphrases.json`): of every second passage to report on."""
    listed = json.loads(Path(__file__).with_name("paraphrases.json").read_text(encoding="utf-8"))
    return tuple(
        Written(
            kind,
            claim,
            "",
            (Evidence(text=one["text"], file_id=one["id"]),),
            None,
            kind == "right",
            one["id"],
            at % 2 == 1,
        )
        for at, one in enumerate(listed)
        for kind, claims in {"right": one["right"], **one["wrong"]}.items()
        for claim in claims
    )


def main() -> None:
    """How the shipped check does on the events that nothing was fitted on."""
    for name, rows in (("sentences of a model", sentences()), ("sentences in other words", paraphrases())):
        verdicts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row.reported:
                found = check(row.claim, row.evidence, question=row.question, anchor=row.anchor)
                verdicts[row.kind][found.verdict] += 1
        print(f"{name + ', nothing fitted on them':56}  supported   partly   unsupported   unchecked")
        for kind, counts in verdicts.items():
            shares = (counts[one] / counts.total() for one in ("supported", "partly", "unsupported", "unchecked"))
            print(f"  {kind:20} n {counts.total():4}  " + "  ".join(f"{share:9.3f}" for share in shares))


if __name__ == "__main__":
    main()
