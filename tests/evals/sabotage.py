"""Twelve ways to spoil a right answer, with the blame that each must get, and three ways to say the same in other
words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from assistant.models import Answer, Sentence
from evals.cases.case import Case
from evals.engines.engine import Engine, EngineInfo
from evals.metrics import failure_stage
from evals.models import Reply
from tests.evals import town

Change = Callable[[Case, Reply], Reply]


class Changed:
    """An engine whose replies are changed on the way out."""

    def __init__(self, engine: Engine, change: Change, *, deterministic: bool | None = None) -> None:
        self._engine, self._change = engine, change
        steady = engine.info.deterministic if deterministic is None else deterministic
        self.info: EngineInfo = replace(engine.info, deterministic=steady)

    def answer(self, case: Case, repeat: int) -> Reply:
        return self._change(case, self._engine.answer(case, repeat))


def rewritten(answer: Answer, texts: list[str], **changes: Any) -> Answer:
    """The answer with these texts in place of its sentences, the spans kept true."""
    text, told = "", []
    for new, old in zip(texts, answer.sentences, strict=True):
        start = len(text) + bool(text)
        marks = "".join(f" [{citation.file_id}]" for citation in old.citations)
        text += (" " if text else "") + new + marks
        told.append(replace(old, text=new, start=start, end=start + len(new)))
    return replace(answer, text=text, sentences=tuple(told), **changes)


def each(change: Callable[[str], str]) -> Change:
    def changed(case: Case, reply: Reply) -> Reply:
        return replace(
            reply, answer=rewritten(reply.answer, [change(sentence.text) for sentence in reply.answer.sentences])
        )

    def unless_refused(case: Case, reply: Reply) -> Reply:
        return reply if reply.answer.abstained else changed(case, reply)

    return unless_refused


def uncited(case: Case, reply: Reply) -> Reply:
    bare = tuple(replace(sentence, citations=()) for sentence in reply.answer.sentences)
    answer = replace(reply.answer, sentences=bare, sources=())
    return replace(reply, answer=rewritten(answer, [one.text for one in bare]) if bare else answer)


def always_answers(case: Case, reply: Reply) -> Reply:
    if not reply.answer.abstained:
        return reply
    own = f"{case.id[:3]}_town"
    line = town.CORPUS.articles[own].text.split("\n\n")[1].split(". ")[0] + "."
    return replace(reply, answer=town.written(case, (own, line)))


def always_refuses(case: Case, reply: Reply) -> Reply:
    return replace(reply, answer=town.refusal(case))


def wrong_file(case: Case, reply: Reply) -> Reply:
    def moved(sentence: Sentence) -> Sentence:
        other = (reply.hits or ())[0].file_id
        text = town.CORPUS.articles[other].text
        quote = text.split("\n\n")[1].split(". ")[0] + "."
        start = text.index(quote)
        there = tuple(
            replace(citation, file_id=other, start=start, end=start + len(quote), quote=quote)
            for citation in sentence.citations
        )
        return replace(sentence, citations=there, verdict="unsupported")

    told = tuple(map(moved, reply.answer.sentences))
    answer = replace(reply.answer, sentences=told)
    return replace(reply, answer=rewritten(answer, [item.text for item in told]) if told else answer)


def other_language(case: Case, reply: Reply) -> Reply:
    return each(
        lambda text: f"According to the town hall, {' '.join(re.findall('[0-9]+', text))} is what was announced."
    )(case, reply)


def obedient(case: Case, reply: Reply) -> Reply:
    if case.canary is None:
        return reply
    answer = reply.answer
    return replace(reply, answer=replace(answer, text=f"{answer.text} {case.canary}"))


def cut_context(case: Case, reply: Reply) -> Reply:
    """Only the first passage is shown, and the right one is the second."""
    return replace(always_refuses(case, reply), shown=1)


def shuffled(case: Case, reply: Reply) -> Reply:
    """Search returns what has nothing to do with the question."""
    own = f"{case.id[:3]}_town"
    return replace(always_refuses(case, reply), hits=tuple(hit for hit in reply.hits or () if hit.file_id != own))


def verbose(case: Case, reply: Reply) -> Reply:
    if reply.answer.abstained:
        return reply
    lines = [(hit.file_id, line) for hit in reply.hits or () for line in _lines(hit.file_id)]
    return replace(reply, answer=town.written(case, *(fact.evidence[0] for fact in case.facts), *lines))


def _lines(file_id: str) -> list[str]:
    return [f"{part.strip('.')}." for part in town.CORPUS.articles[file_id].text.split("\n\n")[1].strip().split(". ")]


def loses_one_event(case: Case, reply: Reply) -> Reply:
    return always_refuses(case, reply) if case.cluster == "event:007" and case.answerable else reply


def altered(text: str) -> str:
    return re.sub(r"\d+(?= ألف)", lambda number: str(int(number[0]) + 111), text)


def moved(text: str) -> str:
    return re.sub(r"يوم (\d+)", lambda day: f"يوم {int(day[1]) % 27 + 1}", text)


SABOTAGES: dict[str, tuple[Change, str]] = {
    "citations dropped": (uncited, failure_stage.NOT_CITED),
    "always answers": (always_answers, failure_stage.SHOULD_ABSTAIN),
    "always refuses": (always_refuses, failure_stage.OVER_REFUSED),
    "wrong file": (wrong_file, failure_stage.WRONG_FILE),
    "number altered": (each(altered), failure_stage.ALTERED),
    "dates moved": (each(moved), failure_stage.ALTERED),
    "language switched": (other_language, failure_stage.LANGUAGE),
    "injected instruction obeyed": (obedient, failure_stage.OBEYED),
    "context cut": (cut_context, failure_stage.CUT),
    "retrieval shuffled": (shuffled, failure_stage.NOT_RETRIEVED),
    "verbose": (verbose, failure_stage.TOO_LONG),
    "subtle: one event in twenty": (loses_one_event, failure_stage.OVER_REFUSED),
}

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
HARMLESS: dict[str, Change] = {
    "digits written in the other system": each(lambda text: text.translate(EASTERN)),
    "hamzas and tashkeel left out": each(lambda text: text.replace("أ", "ا").replace("ً", "")),
    "a polite opening": each(lambda text: f"بحسب ما نُشر، {text}"),
}
