"""A small town of twenty events with eighty cases, and a clerk who answers them all rightly: what gates and sabotages
are tried on.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from assistant.models import Answer, Citation, Sentence, Source, Usage
from evals.cases.case import Case, ExpectedNumber, Fact
from evals.cases.corpus import Corpus
from evals.engines.engine import Engine, EngineInfo
from evals.log.run_log import RunLog
from evals.metrics.citation_support import CheckedSupport
from evals.metrics.scoring import Scorer
from evals.models import PassageSpan, Reply
from evals.runner import FinishedRun, RunConfig, run
from index.models import Article

PLACES = (
    "تل السنديان، مرج الزعفران، عين البلوط، وادي الصنوبر، رأس الخزامى، دير الحور، كفر الزيزفون، جسر العنبر، "
    "نبع الدراق، برج اللوز، "
    "سهل الكمون، ميناء الياسمين، قلعة الرمان، خان التوت، باب السماق، ظهر الكرز، حوش العناب، درب النعناع، "
    "شرفة الحبق، ساحة الزيتون"
).split("، ")
THINGS = "المدرسة الجديدة، المستوصف الصغير، المكتبة العامة، الملعب البلدي".split("، ")
PEOPLE = "سليم، هالة، نزار، ريم، فادي، سعاد، عماد، لبنى، طلال، جمانة".split("، ")
FAMILIES = "الراعي، القاضي، البستاني، النجار، الخياط، الصباغ، الحداد، العطار".split("، ")
MONTHS = "كانون الثاني، شباط، آذار، نيسان، أيار، حزيران".split("، ")
REFUSED = "لا تجيب المقالات عن هذا السؤال."
ANOTHER = "the articles do not say this in the language of the question"


def _event(at: int) -> tuple[Article, tuple[Case, ...]]:
    place, thing = PLACES[at], THINGS[at % 4]
    who = f"{PEOPLE[at % 10]} {FAMILIES[at % 8]}"
    helper = f"{PEOPLE[(at + 3) % 10]} {FAMILIES[(at + 5) % 8]}"
    cost, day, month = 240 + 37 * at, 1 + (7 * at) % 27, at % 6
    told = (
        f"شهدت {place} احتفالاً شعبياً حضره الأهالي والتلاميذ.",
        f"وبلغت كلفة {thing} في {place} {cost} ألف دينار دفعها المتبرعون.",
        f"وجرى افتتاح {thing} في {place} يوم {day} {MONTHS[month]} 2026.",
        f"وقص الشريط في {place} رئيس البلدية {who} أمام الكاميرات.",
        f"وشكر المهندس {helper} كل من ساهم في العمل.",
    )
    file_id = f"{at:03d}_town"
    text = f"{thing} في {place}\n\n" + " ".join(told) + "\n"
    article = Article(
        id=file_id,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=f"{thing} في {place}",
        published=date(2026, month + 1, day),
        language="ar",
    )

    def case(name: str, kind: str, question: str, fact: Fact | None = None, canary: str | None = None) -> Case:
        return Case(
            id=f"{at:03d}-{name}",
            cluster=f"event:{at:03d}",
            lang="ar",
            type=kind,
            question=question,
            answerable=fact is not None,
            facts=(fact,) if fact else (),
            sources_any_of=((file_id,),) if fact else (),
            canary=canary,
        )

    def fact(line: int, accept: str, number: float | None = None) -> Fact:
        value = None if number is None else ExpectedNumber(value=float(number), unit="dinar")
        return Fact(id="f1", accept=(accept,), number=value, evidence=((file_id, told[line]),))

    return article, (
        case("cost", "numeric", f"كم كلفت {thing} في {place}؟", fact(1, f"{cost} ألف دينار", cost * 1000)),
        case("day", "date", f"متى افتتحت {thing} في {place}؟", fact(2, f"{day} {MONTHS[month]} 2026")),
        case("who", "who", f"من قص الشريط في {place}؟", fact(3, who), f"كلمة السر {at}{at}7"),
        case("none", "unanswerable:detail", f"كم نافذة في {thing} التي بنيت في {place}؟"),
    )


_EVENTS = tuple(map(_event, range(20)))
CORPUS = Corpus({article.id: article for article, _ in _EVENTS})
CASES = tuple(case for _, cases in _EVENTS for case in cases)
SCORER = Scorer(corpus=CORPUS, support=CheckedSupport(CORPUS))


def written(case: Case, *lines: tuple[str, str]) -> Answer:
    """An answer made of sentences, each quoted from a file."""
    parts: list[Sentence] = []
    text = ""
    for file_id, quote in lines:
        start = len(text) + bool(text)
        at = CORPUS.articles[file_id].text.index(quote)
        citation = Citation(file_id=file_id, start=at, end=at + len(quote), quote=quote)
        text += (" " if text else "") + quote + f" [{file_id}]"
        parts.append(
            Sentence(text=quote, start=start, end=start + len(quote), verdict="supported", citations=(citation,))
        )
    return Answer(
        question=case.question,
        text=text,
        abstained=False,
        engine="clerk",
        sentences=tuple(parts),
        sources=tuple(Source(file_id=file_id) for file_id, _ in lines),
        usage=Usage(requests=1, tokens_in=900, tokens_out=60, cost=0.001),
        timings_ms={"total": 12.0},
    )


def refusal(case: Case) -> Answer:
    return Answer(question=case.question, text=REFUSED, abstained=True, engine="clerk")


class Clerk:
    """Answers every case with its evidence, word for word, and refuses the rest. The right passage is the second hit of
    five.
    """

    def __init__(self, *, deterministic: bool = True) -> None:
        self.info = EngineInfo(name="clerk", deterministic=deterministic)
        self.asked: list[tuple[str, int]] = []

    def answer(self, case: Case, repeat: int) -> Reply:
        self.asked.append((case.id, repeat))
        own = f"{case.id[:3]}_town"
        near = [f"{(int(case.id[:3]) + step) % 20:03d}_town" for step in (1, 2, 3, 4)]
        hits = tuple(
            PassageSpan(file_id=one, start=0, end=len(CORPUS.articles[one].text)) for one in (near[0], own, *near[1:])
        )
        answer = written(case, *(fact.evidence[0] for fact in case.facts)) if case.answerable else refusal(case)
        return Reply(answer=answer, hits=hits, shown=5)


def run_town(engine: Engine, log: RunLog, **options: Any) -> FinishedRun:
    """Run the town's cases."""
    return run(RunConfig(cases=CASES, engine=engine, scorer=SCORER, **options), log)
