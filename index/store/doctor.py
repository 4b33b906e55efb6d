"""Is everything in the store as it was written, and do both searches find what they hold? And if not, make it so.

Articles are checked against their digests, paid vectors against their sums, the lexical index file by file and by asking it for what it
holds, Chroma in a process of its own, vector by vector. What is derived is built anew; what only a file on the disk can restore is read
from there by the next `isnad index`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import IsnadError, NoStore, StoreBusy, StoreClosed, StoreError
from index.ingest.sync import Lexicon, Progress
from index.models import Value
from index.search.lexical import LexicalIndex
from index.search.lexical_files import damaged
from index.store.ledger import INDEXES, Ledger
from index.vectors.vector_index import Vectors

ASKED = 200  # passages that the lexical index is asked for


class Finding(Value, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    part: str  # ledger, lexical, vectors, or store: the ledger cannot be read at all
    what: str
    articles: tuple[str, ...] = ()
    late: bool = False  # nothing is damaged: an index has yet to follow the ledger


class Examination(Value, frozen=True, kw_only=True):
    """What a look at a store found, and what was done about it."""

    articles: int = 0
    passages: int = 0
    vectors: int = 0  # rows in Chroma
    findings: tuple[Finding, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        return not self.findings

    def damaged(self, part: str) -> bool:
        """Whether a part is more than late."""
        return any(finding.part == part and not finding.late for finding in self.findings)


def examine(store: Path, vectors: Callable[[Ledger], Vectors]) -> Examination:
    """A look at everything in a store; nothing is changed. `vectors` opens its search by meaning.

    Raises NoStore where there is none, StoreBusy where a run is writing it, StoreClosed where it may only be read.
    """
    try:
        with _quiet(store, vectors) as (ledger, meaning):
            return _examined(ledger, meaning)
    except (NoStore, StoreBusy, StoreClosed):
        raise
    except StoreError as error:
        return _beyond_repair(store, error)


def repair(store: Path, vectors: Callable[[Ledger], Vectors], progress: Progress) -> Examination:
    """Examine a store, build anew what is derived and damaged, and examine it again; `done` says what was done.

    No text is embedded that was paid for before. Raises what `examine` and `Vectors.refresh` do.
    """
    before = examine(store, vectors)
    if before.well or before.damaged("store"):
        return before
    with _quiet(store, vectors) as (ledger, meaning):
        done = tuple(_repaired(before, ledger, meaning, progress))
        after = _examined(ledger, meaning)
    return Examination(
        articles=after.articles, passages=after.passages, vectors=after.vectors, findings=after.findings, done=done
    )


@contextmanager
def _quiet(store: Path, vectors: Callable[[Ledger], Vectors]) -> Iterator[tuple[Ledger, Vectors]]:
    """The store, with nobody writing to it meanwhile."""
    ledger = Ledger.open(store)
    meaning = vectors(ledger)
    try:
        with ledger.writing():
            yield ledger, meaning
    finally:
        meaning.close()
        ledger.close()


def _beyond_repair(store: Path, error: StoreError) -> Examination:
    what = f"{str(error).partition(';')[0]}; move {store} away and index the articles anew with: isnad index"
    return Examination(findings=(Finding(part="store", what=what),))


def _examined(ledger: Ledger, vectors: Vectors) -> Examination:
    rows, of_vectors = _of_vectors(ledger, vectors)
    late = [
        Finding(part=index, what=f"{behind} articles are yet to be taken over", late=True)
        for index in INDEXES
        if (behind := len(ledger.pending(index)))
    ]
    counts = ledger.counts()
    return Examination(
        articles=counts["articles"],
        passages=counts["passages"],
        vectors=rows,
        findings=(*_of_ledger(ledger), *_of_lexical(ledger), *of_vectors, *late),
    )


def _of_ledger(ledger: Ledger) -> Iterator[Finding]:
    for fault in ledger.faults():
        yield Finding(part="ledger", what=f"SQLite says: {fault}")
    articles, vectors = ledger.damaged()
    if articles:
        yield Finding(part="ledger", what="the text is not what was written", articles=tuple(articles))
    if vectors:
        yield Finding(part="ledger", what=f"{len(vectors)} paid vectors are not what was written")


def _of_lexical(ledger: Ledger) -> Iterator[Finding]:
    folder, expected = Lexicon(ledger).folder, ledger.settled("lexical")
    if not expected and not folder.exists():
        return
    if bad := damaged(folder):
        yield Finding(part="lexical", what=f"damaged files: {', '.join(bad)}")
        return
    try:
        index = LexicalIndex.open(folder)
        if not ledger.pending("lexical") and index.passages != len(expected):
            yield Finding(part="lexical", what=f"it holds {index.passages} passages, not {len(expected)}")
        if lost := _unfound(ledger, index, expected):
            yield Finding(
                part="lexical", what=f"{lost} of {min(ASKED, len(expected))} passages are not found by their words"
            )
    except StoreError as error:
        yield Finding(part="lexical", what=str(error))


def _unfound(ledger: Ledger, index: LexicalIndex, expected: set[str]) -> int:
    """How many of some passages their own words do not bring up; one whose words stand in ten others alike is not lost."""
    some = random.sample(sorted(expected), min(ASKED, len(expected)))
    places = ledger.passages(some)
    articles = ledger.articles({article for article, _, _ in places.values()})
    lost = 0
    for key, (article, start, end) in places.items():
        match = index.search(articles[article].text[start:end], 10)
        alike = len(match) == 10 and match[-1][1] > 0.99 * match[0][1]
        lost += bool(match) and not alike and key not in dict(match)
    return lost


def _of_vectors(ledger: Ledger, vectors: Vectors) -> tuple[int, list[Finding]]:
    try:
        health = vectors.examine()
    except NoStore as error:
        return 0, [Finding(part="vectors", what=str(error))] if ledger.settled("vectors") else []
    except StoreBusy:
        raise
    except IsnadError as error:
        return 0, [Finding(part="vectors", what=str(error))]
    surplus = 0 if ledger.pending("vectors") else health.rows - ledger.counts()["passages"]
    said = {
        "passages have no vector": health.unreadable,
        "passages have the vector of another text": health.wrong,
        f"of {health.asked} passages do not find themselves": health.lost if health.forgetful else 0,
        "passages are in Chroma and not in the ledger": max(0, surplus),
    }
    findings = [Finding(part="vectors", what=f"{number} {what}") for what, number in said.items() if number]
    return health.rows, findings + [Finding(part="vectors", what=f"SQLite says: {fault}") for fault in health.faults]


def _repaired(found: Examination, ledger: Ledger, vectors: Vectors, progress: Progress) -> Iterator[str]:
    """Do what can be done, and say it."""
    if found.damaged("ledger"):
        yield from _mended(ledger)
    if found.damaged("lexical"):
        shutil.rmtree(Lexicon(ledger).folder, ignore_errors=True)
    if found.damaged("lexical") or ledger.pending("lexical"):
        Lexicon(ledger).refresh(progress)
        yield f"the lexical index follows the ledger again: {ledger.counts()['passages']} passages"
    if found.damaged("vectors"):
        vectors.rebuild(progress)
        yield f"a new Chroma collection was filled from the ledger: {ledger.counts()['passages']} passages"
    elif ledger.pending("vectors"):
        vectors.refresh(progress)
        yield f"Chroma follows the ledger again: {ledger.counts()['passages']} passages"


def _mended(ledger: Ledger) -> Iterator[str]:
    if ledger.faults():
        ledger.mend()
        yield "SQLite built the indexes of the ledger anew"
    articles, vectors = ledger.damaged()
    ledger.distrust(articles, vectors)
    if articles:
        yield f"{len(articles)} articles will be read again from their files by the next: isnad index"
    if vectors:
        yield f"{len(vectors)} damaged vectors were forgotten; their texts will be embedded again when they are needed"
