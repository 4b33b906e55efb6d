"""Check a store for damage, and repair it.

Articles are checked against their digests, kept vectors against their checksums, the lexical index file by file and
by searching for what it should hold, Chroma in a process of its own, vector by vector. What is derived is rebuilt
from the ledger; a damaged article is read again from its file.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from index.errors import IsnadError, NoStore, SourceError, StoreBusy, StoreClosed, StoreError
from index.ingest.sources import refreshable
from index.ingest.sync import Lexicon, Progress, read_again, read_path
from index.language.analyzer import words
from index.language.invisible_chars import clean
from index.messages.reason import Reason
from index.models import Value
from index.search.lexical import LexicalIndex
from index.search.lexical_files import damaged
from index.store.file_lock import exclusive
from index.store.ledger import INDEXES, Ledger
from index.store.salvage import salvage
from index.vectors.vector_index import Vectors

SAMPLE = 200  # passages that the lexical index is searched for
MOST = 10_000  # passages of an article
OWN = 0.05  # score of a passage for its own words; it is .2 or more, for other words about 0


class Finding(Value, frozen=True, kw_only=True):
    """Something that is not as it should be."""

    part: str  # ledger, lexical, vectors, or store: the ledger cannot be read at all
    what: str = ""
    articles: tuple[str, ...] = ()
    late: bool = False  # nothing is damaged: an index has yet to follow the ledger
    detail: Reason | None = None  # what `what` says, as a code with parameters

    def __post_init__(self) -> None:
        if self.detail:
            msgspec.structs.force_setattr(self, "what", str(self.detail))


class Examination(Value, frozen=True, kw_only=True):
    """The findings of a check, and what was done about them."""

    articles: int = 0
    passages: int = 0
    vectors: int = 0  # rows in Chroma
    findings: tuple[Finding, ...] = ()
    done: tuple[str, ...] = ()
    repaired: bool = False  # a repair was tried: what is still found, it cannot mend
    repairs: tuple[Reason, ...] = ()  # what `done` says, as codes with parameters

    def __post_init__(self) -> None:
        if self.repairs:
            msgspec.structs.force_setattr(self, "done", tuple(map(str, self.repairs)))

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

    `done` names the repairs. What can be read of a damaged ledger is carried into a new one, and the PATHs that are
    there are read again; the damaged file stays beside it.
    No text that was embedded before is embedded again. Raises what `examine` and `Vectors.refresh` do.
    """
    before = examine(store, vectors)
    if before.well:
        return before
    repairs: tuple[Reason, ...] = ()
    if before.damaged("store"):
        salvaged = _salvage(store)
        if salvaged is None:
            return _hopeless(before)
        repairs, before = (salvaged,), examine(store, vectors)
    with _locked(store, vectors) as (ledger, meaning):
        if repairs:
            _read_lost(ledger, progress)
        repairs += tuple(_repairs(before, ledger, meaning, progress))
        after = _examination(ledger, meaning)
    findings = tuple(map(_lasting, after.findings))
    return Examination(
        articles=after.articles,
        passages=after.passages,
        vectors=after.vectors,
        findings=findings,
        repairs=repairs,
        repaired=True,
    )


def _salvage(store: Path) -> Reason | None:
    """Carry what can be read of a damaged ledger into a new one.

    None where nothing can.
    """
    with exclusive(store / "writer.lock", lambda holder: StoreBusy("store.busy", store=store, holder=holder)):
        salvaged = salvage(store)
    if salvaged is None:
        return None
    shutil.rmtree(store / "lexical", ignore_errors=True)
    return Reason.of("doctor.salvaged", articles=salvaged.articles, file=salvaged.kept_as)


def _read_lost(ledger: Ledger, progress: Progress) -> None:
    """Read the articles that could not be carried over from the PATHs that are there."""
    for path in refreshable(ledger):
        with suppress(SourceError):
            read_path(path, ledger, (), progress)


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
    fault = str(error).partition(";")[0]  # without its advice, which names this command
    return Examination(
        findings=(Finding(part="store", detail=Reason.of("doctor.unreadable", fault=fault, store=store)),)
    )


def _hopeless(before: Examination) -> Examination:
    """Say of a ledger that nothing can be read of that no repair is left to try."""
    details = [finding.detail for finding in before.findings if finding.detail]
    findings = (Finding(part="store", detail=Reason("doctor.beyond_repair", detail.params)) for detail in details)
    return Examination(findings=tuple(findings), repaired=True)


def _lasting(finding: Finding) -> Finding:
    """Name, for a finding that a repair left, what else can be done."""
    if finding.articles:
        code = "doctor.unreadable_articles"
    elif finding.part == "ledger":
        code = "doctor.unrepairable_ledger"
    else:
        return finding
    detail = Reason.of(code, what=finding.detail or finding.what)
    return Finding(part=finding.part, detail=detail, articles=finding.articles, late=finding.late)


def _examination(ledger: Ledger, vectors: Vectors | None) -> Examination:
    rows, of_vectors = _vector_findings(ledger, vectors)
    late = [
        Finding(part=index, detail=Reason.of("doctor.behind", articles=behind), late=True)
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
        yield Finding(part="ledger", detail=Reason.of("doctor.sqlite", fault=fault))
    if articles := ledger.damaged_articles():
        yield Finding(part="ledger", detail=Reason("doctor.text_changed"), articles=tuple(articles))
    if vectors := ledger.damaged_vectors():
        yield Finding(part="ledger", detail=Reason.of("doctor.vectors_changed", vectors=len(vectors)))


def _lexical_findings(ledger: Ledger) -> Iterator[Finding]:
    folder, expected = Lexicon(ledger).folder, ledger.settled("lexical")
    if not expected and not folder.exists():
        return
    if bad := damaged(folder):
        yield Finding(part="lexical", detail=Reason.of("doctor.damaged_files", files=bad))
        return
    try:
        index = LexicalIndex.open(folder)
        if not ledger.pending("lexical") and index.passages != len(expected):
            if not ledger.counts()["articles"] and not ledger.sources():
                yield Finding(part="ledger", detail=Reason.of("doctor.emptied", passages=index.passages))
                return
            yield Finding(
                part="lexical", detail=Reason.of("doctor.wrong_count", passages=index.passages, expected=len(expected))
            )
        if lost := _lost_passages(ledger, index, expected):
            yield Finding(
                part="lexical", detail=Reason.of("doctor.lost_by_words", lost=lost, asked=min(SAMPLE, len(expected)))
            )
    except StoreError as error:
        yield Finding(part="lexical", detail=Reason.from_error(error))


def _lost_passages(ledger: Ledger, index: LexicalIndex, expected: set[str]) -> int:
    """Count the sampled passages that a search for their own words does not return.

    Other articles may say the same: in a store of bulletins hundreds of passages match as well.
    """
    sample = random.sample(sorted(expected), min(SAMPLE, len(expected)))
    places = ledger.passages(sample)
    articles = ledger.articles({article for article, _, _ in places.values()})
    lost = 0
    for key, (article, start, end) in places.items():
        if article not in articles:
            continue
        text = clean(articles[article].text[start:end])
        lost += bool(words(text)) and dict(index.search(text, MOST, (article,))).get(key, 0.0) < OWN
    return lost


def _vector_findings(ledger: Ledger, vectors: Vectors | None) -> tuple[int, list[Finding]]:
    if vectors is None:
        return 0, []
    try:
        health = vectors.examine()
    except NoStore as error:
        return 0, [Finding(part="vectors", detail=Reason.from_error(error))] if ledger.settled("vectors") else []
    except StoreBusy:
        raise
    except IsnadError as error:
        return 0, [Finding(part="vectors", detail=Reason.from_error(error))]
    counts = {
        "doctor.no_vector": health.missing,
        "doctor.wrong_vector": health.wrong,
        "doctor.lost_by_meaning": health.lost if health.forgetful else 0,
        "doctor.surplus": health.surplus,
    }
    findings = [
        Finding(part="vectors", detail=Reason.of(code, passages=number, asked=health.asked))
        for code, number in counts.items()
        if number
    ]
    return health.rows, findings + [
        Finding(part="vectors", detail=Reason.of("doctor.sqlite", fault=fault)) for fault in health.faults
    ]


def _repairs(before: Examination, ledger: Ledger, vectors: Vectors | None, progress: Progress) -> Iterator[Reason]:
    """Repair what the findings name; yield what was done."""
    if before.damaged("ledger"):
        yield from _ledger_repairs(ledger, progress)
    if before.damaged("lexical"):
        shutil.rmtree(Lexicon(ledger).folder, ignore_errors=True)
    if before.damaged("lexical") or ledger.pending("lexical"):
        Lexicon(ledger).refresh(progress)
        yield Reason.of("doctor.lexical_rebuilt", passages=ledger.counts()["passages"])
    if vectors is None:
        return
    if before.damaged("vectors"):
        vectors.rebuild(progress)
        yield Reason.of("doctor.vectors_rebuilt", passages=ledger.counts()["passages"])
    elif ledger.pending("vectors"):
        vectors.refresh(progress)
        yield Reason.of("doctor.vectors_follow", passages=ledger.counts()["passages"])


def _ledger_repairs(ledger: Ledger, progress: Progress) -> Iterator[Reason]:
    if ledger.faults():
        ledger.reindex()
        yield Reason("doctor.reindexed")
    if (articles := ledger.damaged_articles()) and (healed := read_again(articles, ledger, progress)):
        yield Reason.of("doctor.read_again", articles=len(healed), ids=tuple(healed))
    if vectors := ledger.damaged_vectors():
        ledger.forget_vectors(vectors)
        yield Reason.of("doctor.vectors_forgotten", vectors=len(vectors))
