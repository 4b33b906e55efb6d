"""Claims with human labels from the public sets in ../shared/data, every source apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
SOURCES = (
    "cnndm", "xsum", "wice", "ExpertQA", "Stanford-GenSearch", "LFQA", "AttributedQA", "arentail", "ans",
)  # fmt: skip


class Claim(NamedTuple):
    """A claim, the text it is held against, and whether people say that the text bears it out."""

    source: str
    claim: str
    context: str
    question: str | None
    true: bool
    group: str  # rows of one group share their text
    supporting: tuple[tuple[str, ...], ...] = ()  # alternative sets of sentences that bear it out


def claims() -> Iterator[Claim]:
    """All labelled rows that are there."""
    for name in ("qags", "wice", "attributionbench", "arentail", "ans"):
        path = DATA / name / "claims.jsonl"
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            listed = row.get("context_sentences") or []
            sets = tuple(tuple(listed[at] for at in one) for one in row.get("supporting_sentences") or [])
            yield Claim(
                source=row.get("source") or name,
                claim=row["claim_or_answer"],
                context=row["context"],
                question=row.get("question"),
                true=row["label"] == "supported",
                group=row["context"][:200],
                supporting=sets,
            )
