"""Find faults in a set of cases.

Missing evidence, repeated questions, wordings that fold to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from evals.cases.case import Case, Fact
from evals.cases.corpus import Corpus
from evals.metrics.fact_matching import contains_wording, states_fact
from index.language.analyzer import QUESTION_WORDS, words
from index.language.normalize import folded
from index.models import Value

BALANCED = ("core", "holdout")  # suites that are asked for enough hard cases
NEAR = 0.9  # share of their words that two questions have in common


class Fault(Value, frozen=True, kw_only=True):
    """A fault of a case, or of the set where `case` is None.

    A `warning` may be intended.
    """

    case: str | None
    what: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{'warning: ' if self.warning else ''}{self.case or 'the set'}: {self.what}"


def lint(cases: Sequence[Case], corpus: Corpus, *, balance: bool = False) -> tuple[Fault, ...]:
    """List the faults of cases over a corpus.

    `balance` also asks for enough hard cases.
    """
    faults = [fault for case in cases for fault in (*_case_faults(case, corpus), *_fact_faults(case, corpus))]
    faults += _near_duplicates(cases)
    if balance:
        faults += _balance_faults(cases)
    return tuple(faults)


def _case_faults(case: Case, corpus: Corpus) -> Iterator[Fault]:
    if not case.cluster.strip():
        yield Fault(case=case.id, what="it names no cluster; cases about one event rise and fall together")
    if case.answerable and not case.required:
        yield Fault(case=case.id, what="it is answerable and no fact must be stated")
    if not case.answerable and case.required:
        yield Fault(case=case.id, what="it is unanswerable and yet a fact must be stated")
    if case.answerable and not case.sources_any_of:
        yield Fault(case=case.id, what="it names no sources", warning=True)
    for files in case.sources_any_of:
        for file_id in files:
            if file_id not in corpus.articles:
                yield Fault(case=case.id, what=f"there is no article {file_id}")


def _fact_faults(case: Case, corpus: Corpus) -> Iterator[Fault]:
    for fact in case.facts:
        yield from _evidence_faults(case, fact, corpus)
        if not fact.accept and fact.number is None:
            yield Fault(case=case.id, what=f"{fact.id} accepts nothing")
        wordings = Counter(" ".join(words(accepted)) for accepted in fact.accept)
        for wording, times in wordings.items():
            if times > 1:
                yield Fault(case=case.id, what=f"{fact.id} accepts {wording} twice: the spellings fold to the same")


def _evidence_faults(case: Case, fact: Fact, corpus: Corpus) -> Iterator[Fault]:
    about = " ".join([case.question, *(quote for _, quote in fact.evidence)])
    for file_id, quote in fact.evidence:
        if file_id not in corpus.articles:
            yield Fault(case=case.id, what=f"there is no article {file_id}")
        elif corpus.find(file_id, quote) is None:
            short = quote if len(quote) < 60 else quote[:57] + "…"
            yield Fault(case=case.id, what=f"{file_id} does not hold the evidence {short}")
        elif any(contains_wording(quote, forbidden.text) for forbidden in case.forbid):
            yield Fault(case=case.id, what=f"the evidence in {file_id} says what is forbidden")
    if fact.evidence and not any(states_fact(quote, fact, about) for _, quote in fact.evidence):
        yield Fault(case=case.id, what=f"no evidence of {fact.id} says what is accepted", warning=True)


def _near_duplicates(cases: Sequence[Case]) -> Iterator[Fault]:
    """Yield pairs of questions with nearly all words and the same history."""
    seen: dict[tuple[str, ...], list[tuple[Case, frozenset[str]]]] = {}
    for case in cases:
        content = frozenset(_content_words(case.question))
        same_history = seen.setdefault(tuple(folded(turn.question) for turn in case.turns), [])
        for other, theirs in same_history:
            union = content | theirs
            if union and len(content & theirs) / len(union) >= NEAR and case.lang == other.lang:
                same_words = words(case.question) == words(other.question)
                yield Fault(case=case.id, what=f"it asks what {other.id} asks", warning=not same_words)
        same_history.append((case, content))


def _content_words(question: str) -> Iterable[str]:
    every = words(question)
    return [word for word in every if word not in QUESTION_WORDS] or every


def _balance_faults(cases: Sequence[Case]) -> Iterator[Fault]:
    wanted = (
        ("unanswerable", 0.20, sum(not case.answerable for case in cases)),
        ("conflict, stale or former", 0.10, sum(case.kind in ("conflict", "stale", "former") for case in cases)),
        ("injection", 0.05, sum(case.canary is not None for case in cases)),
    )
    for name, share, count in wanted:
        if count < share * len(cases):
            yield Fault(case=None, what=f"only {count} of {len(cases)} cases are {name}; {share:.0%} should be")
