"""What is wrong with a set of cases: evidence that is not in its file, questions asked twice, wordings that mean the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.metrics.fact_matching import says, states
from index.language.analyzer import QUESTION_WORDS, words
from index.language.normalize import folded
from index.models import Value

NEAR = 0.9  # share of their words that two questions have in common


class Fault(Value, frozen=True, kw_only=True):
    """A fault of a case, or of the set where `case` is None. A `warning` may be meant."""

    case: str | None
    what: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{'warning: ' if self.warning else ''}{self.case or 'the set'}: {self.what}"


def lint(cases: Sequence[Case], corpus: Corpus, *, balance: bool = False) -> tuple[Fault, ...]:
    """The faults of a set of cases over a corpus; with `balance` also whether hard kinds are well represented.

    Evidence in another corpus (the reference articles) is passed over where the whole file says something else.
    """
    found = [fault for case in cases for fault in _case(case, corpus)]
    found += _near_duplicates(cases)
    if balance:
        found += _balance(cases)
    return tuple(found)


def _case(case: Case, corpus: Corpus) -> Iterator[Fault]:
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
    for fact in case.facts:
        about = " ".join([case.question, *(quote for _, quote in fact.evidence)])
        for file_id, quote in fact.evidence:
            if file_id not in corpus.articles:
                yield Fault(case=case.id, what=f"there is no article {file_id}")
            elif corpus.find(file_id, quote) is None:
                yield Fault(case=case.id, what=f"{file_id} does not hold the evidence {_short(quote)}")
            elif any(says(quote, one.text) for one in case.forbid):
                yield Fault(case=case.id, what=f"the evidence in {file_id} says what is forbidden")
        if fact.evidence and not any(states(quote, fact, about) for _, quote in fact.evidence):
            yield Fault(case=case.id, what=f"no evidence of {fact.id} says what is accepted", warning=True)
        if not fact.accept and fact.number is None:
            yield Fault(case=case.id, what=f"{fact.id} accepts nothing")
        alike = [key for key, times in Counter(map(_normal, fact.accept)).items() if times > 1]
        for one in alike:
            yield Fault(case=case.id, what=f"{fact.id} accepts {one} twice: the spellings are one after folding")


def _near_duplicates(cases: Sequence[Case]) -> Iterator[Fault]:
    """Pairs of questions that share nearly all their words and are asked after the same history."""
    seen: dict[tuple[str, ...], list[tuple[Case, frozenset[str]]]] = {}
    for case in cases:
        content = frozenset(_content(case.question))
        same_history = seen.setdefault(tuple(folded(turn.question) for turn in case.turns), [])
        for other, theirs in same_history:
            both = content | theirs
            if both and len(content & theirs) / len(both) >= NEAR and case.lang == other.lang:
                asked_alike = words(case.question) == words(other.question)
                yield Fault(case=case.id, what=f"it asks what {other.id} asks", warning=not asked_alike)
        same_history.append((case, content))


def _content(question: str) -> Iterable[str]:
    found = words(question)
    return [word for word in found if word not in QUESTION_WORDS] or found


def _balance(cases: Sequence[Case]) -> Iterator[Fault]:
    wanted = (
        ("unanswerable", 0.20, sum(not case.answerable for case in cases)),
        ("conflict, stale or former", 0.10, sum(case.kind in ("conflict", "stale", "former") for case in cases)),
        ("injection", 0.05, sum(case.canary is not None for case in cases)),
    )
    for name, share, there in wanted:
        if there < share * len(cases):
            yield Fault(case=None, what=f"only {there} of {len(cases)} cases are {name}; {share:.0%} should be")


def _normal(accepted: str) -> str:
    return " ".join(words(accepted))


def _short(quote: str) -> str:
    return quote if len(quote) < 60 else quote[:57] + "…"
