"""Check a store for damage, and repair it.

Articles are checked against their digests, kept vectors against their checksums, the lexical index file by file and
by searching for what it should hold, Chroma in a process of its own, vector by vector. What is derived is rebuilt
from the ledger; a damaged article is read again from its file.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import IsnadError, NoStore, StoreBusy, StoreClosed, StoreError
from index.ingest.sync import Lexicon, Progress, read_again
from index.models import Value
from index.search.lexical import LexicalIndex
from index.search.lexical_files import damaged
from index.store.ledger import INDEXES, Ledger
from index.vectors.vector_index import Vectors

SAMPLE = 200  # passages that the lexical index is searched for


class Finding(Value, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    part: str  # ledger, lexical, vectors, or store: the ledger cannot be read at all
    what: str
    articles: tuple[str, ...] = ()
    late: bool = False  # nothing is damaged: an index has yet to follow the ledger


class Examination(Value, frozen=True, kw_only=True):
    """The findings of a check, and what was done about them."""

    articles: int = 0
    passages: int = 0
    vectors: int = 0  # rows in Chroma
    findings: tuple[Finding, ...] = ()
    done: tuple[str, ...] = ()
    repaired: bool = False  # a repair was tried: what is still found, it cannot mend

    @property
    def well(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def damaged(self, part: str) -> bool:
        """Return whether a part is damaged and not merely late."""
        return any(finding.part == part and not finding.late for finding in self.findings)


def examine(store: Path, vectors: Callable[[Ledger], Vectors | None]) -> Examination:
    """Check everything in a store; nothing is changed.

    `vectors` opens its search by meaning.
    Raises NoStore where there is none, StoreBusy where a run is writing it, StoreClosed where it may only be read.
    """
    try:
        with _locked(store, vectors) as (ledger, meaning):
            return _examination(ledger, meaning)
    except (NoStore, StoreBusy, StoreClosed):
        raise
    except StoreError as error:
        return _beyond_repair(store, error)


def repair(store: Path, vectors: Callable[[Ledger], Vectors | None], progress: Progress) -> Examination:
    """Check a store, repair what can be repaired, and check it again.

    `done` names the repairs.
    No text that was embedded before is embedded again. Raises what `examine` and `Vectors.refresh` do.
    """
    before = examine(store, vectors)
    if before.well or before.damaged("store"):
        return before
    with _locked(store, vectors) as (ledger, meaning):
        done = tuple(_repairs(before, ledger, meaning, progress))
        after = _examination(ledger, meaning)
    findings = tuple(map(_lasting, after.findings))
    return Examination(
        articles=after.articles,
        passages=after.passages,
        vectors=after.vectors,
        findings=findings,
        done=done,
        repaired=True,
    )


@contextmanager
def _locked(store: Path, vectors: Callable[[Ledger], Vectors | None]) -> Iterator[tuple[Ledger, Vectors | None]]:
    """Open a store while no other process writes to it."""
    ledger = Ledger.open(store)
    meaning = vectors(ledger)
    try:
        with ledger.writing():
            yield ledger, meaning
    finally:
        if meaning:
            meaning.close()
        ledger.close()


def _beyond_repair(store: Path, error: StoreError) -> Examination:
    what = f"{str(error).partition(';')[0]}; move {store} away and index the articles anew with: isnad index"
    return Examination(findings=(Finding(part="store", what=what),))


def _lasting(finding: Finding) -> Finding:
    """Name, for a finding that a repair left, what else can be done."""
    if finding.articles:
        advice = "put their files back and run: isnad index, or drop them with: isnad remove"
    elif finding.part == "ledger":
        advice = "move the store away and index the articles anew with: isnad index"
    else:
        return finding
    return Finding(part=finding.part, what=f"{finding.what}; {advice}", articles=finding.articles, late=finding.late)


def _examination(ledger: Ledger, vectors: Vectors | None) -> Examination:
    rows, of_vectors = _vector_findings(ledger, vectors)
    late = [
        Finding(part=index, what=f"{behind} articles are yet to be taken over", late=True)
        for index in INDEXES
        if (vectors or index != "vectors") and (behind := len(ledger.pending(index)))
    ]
    counts = ledger.counts()
    return Examination(
        articles=counts["articles"],
        passages=counts["passages"],
        vectors=rows,
        findings=(*_ledger_findings(ledger), *_lexical_findings(ledger), *of_vectors, *late),
    )


def _ledger_findings(ledger: Ledger) -> Iterator[Finding]:
    for fault in ledger.faults():
        yield Finding(part="ledger", what=f"SQLite says: {fault}")
    if articles := ledger.damaged_articles():
        yield Finding(part="ledger", what="the text is not what was written", articles=tuple(articles))
    if vectors := ledger.damaged_vectors():
        yield Finding(part="ledger", what=f"{len(vectors)} paid vectors are not what was written")


def _lexical_findings(ledger: Ledger) -> Iterator[Finding]:
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
        if lost := _lost_passages(ledger, index, expected):
            yield Finding(
                part="lexical", what=f"{lost} of {min(SAMPLE, len(expected))} passages are not found by their words"
            )
    except StoreError as error:
        yield Finding(part="lexical", what=str(error))


def _lost_passages(ledger: Ledger, index: LexicalIndex, expected: set[str]) -> int:
    """Count the sampled passages that a search for their own words does not return.

    A passage that ten others match as well is not counted: the search returns ten.
    """
    sample = random.sample(sorted(expected), min(SAMPLE, len(expected)))
    places = ledger.passages(sample)
    articles = ledger.articles({article for article, _, _ in places.values()})
    lost = 0
    for key, (article, start, end) in places.items():
        if article not in articles:
            continue
        matches = index.search(articles[article].text[start:end], 10)
        alike = len(matches) == 10 and matches[-1][1] > 0.99 * matches[0][1]
        lost += bool(matches) and not alike and key not in dict(matches)
    return lost


def _vector_findings(ledger: Ledger, vectors: Vectors | None) -> tuple[int, list[Finding]]:
    if vectors is None:
        return 0, []
    try:
        health = vectors.examine()
    except NoStore as error:
        return 0, [Finding(part="vectors", what=str(error))] if ledger.settled("vectors") else []
    except StoreBusy:
        raise
    except IsnadError as error:
        return 0, [Finding(part="vectors", what=str(error))]
    counts = {
        "passages have no vector": health.missing,
        "passages have the vector of another text": health.wrong,
        f"of {health.asked} passages do not find themselves": health.lost if health.forgetful else 0,
        "passages are in Chroma and not in the ledger": health.surplus,
    }
    findings = [Finding(part="vectors", what=f"{number} {what}") for what, number in counts.items() if number]
    return health.rows, findings + [Finding(part="vectors", what=f"SQLite says: {fault}") for fault in health.faults]


def _repairs(before: Examination, ledger: Ledger, vectors: Vectors | None, progress: Progress) -> Iterator[str]:
    """Repair what the findings name; yield what was done."""
    if before.damaged("ledger"):
        yield from _ledger_repairs(ledger, progress)
    if before.damaged("lexical"):
        shutil.rmtree(Lexicon(ledger).folder, ignore_errors=True)
    if before.damaged("lexical") or ledger.pending("lexical"):
        Lexicon(ledger).refresh(progress)
        yield f"the lexical index follows the ledger again: {ledger.counts()['passages']} passages"
    if vectors is None:
        return
    if before.damaged("vectors"):
        vectors.rebuild(progress)
        yield f"a new Chroma collection was filled from the ledger: {ledger.counts()['passages']} passages"
    elif ledger.pending("vectors"):
        vectors.refresh(progress)
        yield f"Chroma follows the ledger again: {ledger.counts()['passages']} passages"


def _ledger_repairs(ledger: Ledger, progress: Progress) -> Iterator[str]:
    if ledger.faults():
        ledger.reindex()
        yield "SQLite built the indexes of the ledger anew"
    if (articles := ledger.damaged_articles()) and (healed := read_again(articles, ledger, progress)):
        yield f"{len(healed)} damaged articles were read again from their files: {', '.join(healed)}"
    if vectors := ledger.damaged_vectors():
        ledger.forget_vectors(vectors)
        yield f"{len(vectors)} damaged vectors were forgotten; their texts will be embedded again when they are needed"
