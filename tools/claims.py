"""Claims about news passages, written by people who had not seen the check.

Join the writers' files, split, count.

    python -m tools.claims join FOLDER   # w1.jsonl … and their balancing w1b.jsonl … → tools/claims.jsonl
    python -m tools.claims               # counts by kind and language, and the word coverage of true and of false
    claims

A passage belongs to the development part (two thirds) or to the report part, drawn by a hash of its id. Claims of the
report part are never looked at one by one: only totals over them are printed.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Literal

import msgspec

from index.language.analyzer import stem, words

FILE = Path(__file__).with_name("claims.jsonl")
SEED = "claims-1"
Part = Literal["development", "report"]


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sentence about a passage.

    `kind` is "true", or what makes it false; `why` says it for a reader.
    """

    id: str
    lang: str
    claim: str
    label: Literal["true", "false"]
    kind: str
    why: str = ""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """An invented news text and the claims about it."""

    id: str
    lang: str
    title: str
    publisher: str
    published: date
    text: str
    claims: tuple[Claim, ...]

    @property
    def part(self) -> Part:
        """The part that the passage belongs to, always the same for the same id."""
        digest = hashlib.sha256(f"{SEED} {self.id}".encode()).digest()
        return "report" if digest[0] % 3 == 0 else "development"

    @property
    def context(self) -> str:
        """What a claim is checked against: the title above the text."""
        return f"{self.title}\n\n{self.text}"


class _Added(msgspec.Struct):
    id: str
    claims: tuple[Claim, ...]


def load(path: Path = FILE) -> tuple[Passage, ...]:
    """Read the joined file."""
    return tuple(msgspec.json.decode(line, type=Passage) for line in path.read_bytes().splitlines() if line.strip())


def join(folder: Path) -> tuple[Passage, ...]:
    """Join the writers' files w1.jsonl … with the balancing claims in w1b.jsonl ….

    ValueError for an id that stands twice.
    """
    added: dict[str, tuple[Claim, ...]] = {}
    for path in sorted(folder.glob("w*b.jsonl")):
        for line in path.read_bytes().splitlines():
            if line.strip():
                more = msgspec.json.decode(line, type=_Added)
                added[more.id] = more.claims
    passages = []
    for path in sorted(folder.glob("w[0-9].jsonl")):
        for passage in load(path):
            passages.append(msgspec.structs.replace(passage, claims=(*passage.claims, *added.pop(passage.id, ()))))
    ids = Counter(item.id for passage in passages for item in (passage, *passage.claims))
    if repeated := [name for name, count in ids.items() if count > 1]:
        raise ValueError(f"these ids stand more than once: {', '.join(repeated[:5])}")
    if added:
        raise ValueError(f"claims about passages that do not exist: {', '.join(list(added)[:5])}")
    return tuple(passages)


def coverage(claim: str, context: str) -> float:
    """The share of a claim's words whose stem stands in the text."""
    there = set(map(stem, words(context)))
    mine = list(map(stem, words(claim)))
    return fmean(word in there for word in mine) if mine else 0.0


def counts(passages: Sequence[Passage]) -> Iterable[str]:
    """Describe the set: sizes, kinds, languages, word coverage of true and false claims in one language."""
    yield "| part | passages | Arabic | claims | true | false | across languages |"
    yield "|---|---|---|---|---|---|---|"
    for part in ("development", "report"):
        mine = [passage for passage in passages if passage.part == part]
        claims = [(passage, claim) for passage in mine for claim in passage.claims]
        true = sum(claim.label == "true" for _, claim in claims)
        across = sum(claim.lang != passage.lang for passage, claim in claims)
        arabic = sum(passage.lang == "ar" for passage in mine)
        yield f"| {part} | {len(mine)} | {arabic} | {len(claims)} | {true} | {len(claims) - true} | {across} |"
    yield "\n| kind | claims | Arabic | across | word coverage |\n|---|---|---|---|---|"
    pairs = [(passage, claim) for passage in passages for claim in passage.claims]
    for kind, number in Counter(claim.kind for _, claim in pairs).most_common():
        rows = [(passage, claim) for passage, claim in pairs if claim.kind == kind]
        same = [coverage(claim.claim, passage.context) for passage, claim in rows if claim.lang == passage.lang]
        arabic, across = sum(claim.lang == "ar" for _, claim in rows), len(rows) - len(same)
        yield f"| {kind} | {number} | {arabic} | {across} | {fmean(same):.2f} |"
    for label in ("true", "false"):
        same = [coverage(c.claim, p.context) for p, c in pairs if c.label == label and c.lang == p.lang]
        yield f"\nmean word coverage of {label} claims in the passage's language: {fmean(same):.3f} ({len(same)})"


def main() -> None:
    if sys.argv[1:2] == ["join"]:
        passages = join(Path(sys.argv[2]))
        FILE.write_bytes(b"".join(msgspec.json.encode(passage) + b"\n" for passage in passages))
    print("\n".join(counts(load())))


if __name__ == "__main__":
    main()
