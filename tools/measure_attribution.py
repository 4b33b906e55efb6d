"""How well a claim is tied to the sentences that bear it out, on public sets.

`python -m tools.measure_attribution [--rows tune|report|all]`.

wice      English claims of Wikipedia over the web page they cite; the supporting sentences were marked by people (Kamoi
          et al. 2023)
xquad     question words and answer, over the paragraph that holds the answer: Arabic, English, and either over the
          other
arcd      the same, native Arabic
parallel  a sentence of XQuAD over the paragraph in the other language

first: the best sentence is a right one. all: the chosen sentences hold a full set. prec: the share of them that are
right. Rows are split by a hash of their id: methods were tuned on one half and are reported on the other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from assistant.generative.attribution import attribute
from index.language.analyzer import QUESTION_WORDS
from index.language.normalize import folded
from index.language.sentences import sentences

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


class Case(NamedTuple):
    """A claim, the sentences of its passage, and the sets of places that bear it out."""

    id: str
    claim: str
    passage: list[str]
    right: list[set[int]]


def rows(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def wice() -> Iterator[Case]:
    for row in rows("wice/claims.jsonl"):
        right = [set(places) for places in row["supporting_sentences"] if places]
        if row["label_raw"] != "not_supported" and right and 3 <= len(row["context_sentences"]) <= 200:
            yield Case(row["id"], row["claim_or_answer"], row["context_sentences"], right)


def asked(name: str, language: str, claims: str) -> Iterator[Case]:
    """Question words and answer in the language `claims`, over paragraphs in `language`."""
    passages = {row["id"]: row["text"] for row in rows(f"{name}/passages.jsonl")}
    listed = [row for row in rows(f"{name}/questions.jsonl") if row.get("answerable", True)]
    twins = {row["parallel_id"]: row for row in listed if row["lang"] == claims and "parallel_id" in row}
    for row in listed:
        if row["lang"] != language:
            continue
        passage = [span.of(passages[row["passage_id"]]) for span in sentences(passages[row["passage_id"]])]
        right = [{place} for place, item in enumerate(passage) if folded(row["answers"][0]) in folded(item)]
        if len(passage) >= 3 and 1 <= len(right) <= 2:
            statement = row if claims == language else twins[row["parallel_id"]]
            content = [
                w
                for w in statement["question"].strip(" -؟?").split()
                if folded(re.sub("[؟?،,]", "", w)) not in QUESTION_WORDS
            ]
            yield Case(row["id"], " ".join([*content, statement["answers"][0]]), passage, right)


def parallel(language: str, claims: str) -> Iterator[Case]:
    """Each sentence over the paragraph in the other language, where both have as many."""
    passages = {(row["parallel_id"], row["lang"]): row["text"] for row in rows("xquad/passages.jsonl")}
    for (twin, spoken), text in passages.items():
        if spoken != language:
            continue
        here, there = ([span.of(item) for span in sentences(item)] for item in (text, passages[twin, claims]))
        if len(here) == len(there) >= 3:
            for place, claim in enumerate(there):
                yield Case(f"{twin}-{place}", claim, here, [{place}])


SETS: dict[str, Callable[[], Iterator[Case]]] = {
    "wice": wice,
    "xquad ar": lambda: asked("xquad", "ar", "ar"),
    "xquad en": lambda: asked("xquad", "en", "en"),
    "arcd": lambda: asked("arcd", "ar", "ar"),
    "xquad en over ar": lambda: asked("xquad", "ar", "en"),
    "xquad ar over en": lambda: asked("xquad", "en", "ar"),
    "parallel en over ar": lambda: parallel("ar", "en"),
    "parallel ar over en": lambda: parallel("en", "ar"),
}


def tuning(case: Case) -> bool:
    return int(hashlib.md5(case.id.encode()).hexdigest(), 16) % 2 == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="How well a claim is tied to its evidence.")
    parser.add_argument("--rows", choices=["tune", "report", "all"], default="report")
    chosen = parser.parse_args().rows
    if not DATA.is_dir():
        print(f"skipped: the public sets are not at {DATA}", file=sys.stderr)
        return 0
    print(f"{chosen} rows{'':14}  n  first    all   prec  sentences")
    for name, load in SETS.items():
        cases = [case for case in load() if chosen == "all" or tuning(case) == (chosen == "tune")]
        first = full = right = count = 0.0
        for case in cases:
            places = attribute(case.claim, case.passage).places
            any_right = set().union(*case.right)
            first += places[0] in any_right
            full += any(item <= set(places) for item in case.right)
            right += len(any_right & set(places)) / len(places)
            count += len(places)
        n = len(cases)
        print(f"{name:20} {n:6} {first / n:6.3f} {full / n:6.3f} {right / n:6.3f} {count / n:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
