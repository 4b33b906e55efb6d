"""Every metric is a value, n/a or an error; what is measured on a few replies is what a reader would say of them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from assistant.models import Answer, Citation, Sentence
from evals.cases.case import Case, Fact, Forbidden
from evals.metrics import failure_stage
from evals.metrics.scoring import Scorer
from evals.models import Failed, LogEntry, Measured, NotApplicable, Outcome, PassageSpan, Reply, tally
from evals.report.summary import summarise
from evals.report.text_report import run_text
from tests.evals import town
from tests.evals.sabotage import rewritten
from tests.evals.shelf import manifest

COST, DAY, WHO, NONE = town.CASES[:4]
CLERK = town.Clerk()


def outcome(case: Case, reply: Reply) -> Outcome:
    return town.SCORER.score(case, LogEntry(case=case.id, repeat=0, reply=reply))


def value(case: Case, reply: Reply, metric: str) -> Any:
    score = outcome(case, reply).scores[metric]
    return score.value if isinstance(score, Measured) else type(score)


def right(case: Case) -> Reply:
    return CLERK.answer(case, 0)


def test_a_right_answer_has_the_best_of_every_score() -> None:
    scores = {
        name: score.value for name, score in outcome(COST, right(COST)).scores.items() if isinstance(score, Measured)
    }
    best = dict.fromkeys(scores, 1.0) | {"hit@1": 0.0, "recall@1": 0.0, "all_evidence@1": 0.0, "mrr": 0.5}
    best |= {"misattribution": 0.0, "words": scores["words"], "ndcg@10": scores["ndcg@10"]}
    best |= {"seconds": 0.012, "tokens_in": 900.0, "tokens_out": 60.0, "cost": 0.001}
    assert scores == best
    assert scores["ndcg@10"] == pytest.approx(0.6309, abs=1e-4)


def test_a_refusal_has_no_citations_to_measure() -> None:
    refused = outcome(NONE, right(NONE))
    assert refused.passed and isinstance(refused.scores["citation_recall"], NotApplicable)
    assert isinstance(refused.scores["grounded"], NotApplicable)
    assert refused.scores["abstention"] == Measured(1.0)


def test_a_reply_that_never_came_has_no_scores_and_neither_passes_nor_fails() -> None:
    failed = town.SCORER.score(COST, LogEntry(case=COST.id, repeat=0, error="TimeoutError: late"))
    assert failed.passed is None and failed.scores == {} and failed.blame == failure_stage.NO_ANSWER


def test_what_could_not_be_checked_is_an_error_and_in_no_mean() -> None:
    reply = right(COST)
    found = outcome(COST, replace(reply, answer=rewritten(reply.answer, ["It is said that."])))
    assert isinstance(found.scores["grounded"], Failed)
    assert tally([found.scores["grounded"], Measured(1.0)]).values == (1.0,)


def test_an_engine_that_does_not_say_what_it_found_has_no_retrieval_scores() -> None:
    silent = replace(right(COST), hits=None)
    assert outcome(COST, silent).passed
    assert value(COST, silent, "recall@5") is NotApplicable and value(COST, silent, "citation_shown") is NotApplicable


def test_half_of_a_gold_quotation_is_enough_for_a_hit_and_less_is_not() -> None:
    file_id, quote = COST.facts[0].evidence[0]
    start = town.CORPUS.articles[file_id].text.index(quote)
    half = PassageSpan(file_id=file_id, start=start, end=start + len(quote) // 2 + 1)
    less = PassageSpan(file_id=file_id, start=start, end=start + len(quote) // 3)
    assert value(COST, replace(right(COST), hits=(half,)), "hit@1") == 1.0
    assert value(COST, replace(right(COST), hits=(less,)), "hit@1") == 0.0


def test_a_quotation_that_is_not_in_its_file_leaves_the_file_to_judge_by() -> None:
    """The same cases run over other articles under the same ids."""
    fact = replace(COST.facts[0], evidence=(("000_town", "كلام ليس في هذا الملف أبداً"),))
    case = replace(COST, facts=(fact,))
    assert value(case, right(COST), "hit@5") == 1.0


def two_facts() -> Case:
    return replace(COST, type="multi", facts=(COST.facts[0], replace(DAY.facts[0], id="f2")))


def test_recall_counts_facts_and_all_evidence_wants_every_one() -> None:
    case = two_facts()
    spans = [town.CORPUS.find(*fact.evidence[0]) for fact in case.facts]
    assert spans[0] and spans[1]
    first, second = (PassageSpan(file_id="000_town", start=span.start, end=span.end) for span in spans if span)
    far = PassageSpan(file_id="001_town", start=0, end=50)
    reply = replace(right(COST), hits=(first, far, far, far, far, second))
    assert value(case, reply, "recall@5") == 0.5 and value(case, reply, "all_evidence@5") == 0.0
    assert value(case, reply, "recall@10") == 1.0 and value(case, reply, "all_evidence@10") == 1.0
    assert value(case, reply, "fact_recall") == 0.5
    assert value(case, replace(reply, hits=(first, second)), "ndcg@10") == 1.0


def citing(case: Case, *citations: Citation) -> Reply:
    reply = right(case)
    told = replace(reply.answer.sentences[0], citations=citations)
    return replace(reply, answer=rewritten(replace(reply.answer, sentences=(told,)), [told.text]))


def test_a_citation_without_its_very_words_is_invalid_and_breaks_an_invariant() -> None:
    own = right(COST).answer.sentences[0].citations
    shifted = replace(own[0], start=own[0].start + 1, end=own[0].end + 1)
    missing = Citation(file_id="no_such_file", start=0, end=4, quote="كلام")
    for wrong in (shifted, missing):
        found = outcome(COST, citing(COST, wrong))
        assert found.scores["citation_validity"] == Measured(0.0) and failure_stage.NO_WORDS in found.violations
        assert not found.passed


def test_a_file_that_was_not_shown_may_not_be_cited() -> None:
    reply = right(COST)
    hidden = replace(reply, hits=tuple(hit for hit in reply.hits or () if hit.file_id != "000_town"))
    assert failure_stage.NOT_SHOWN in outcome(COST, hidden).violations


class Words:
    """Bears out what all its words are in the cited quotes: a check that can be followed with a finger."""

    def __call__(self, claim: Sentence, question: str, anchor: object) -> Measured | Failed:
        held = " ".join(citation.quote for citation in claim.citations).split()
        return Measured(float(all(word in held for word in claim.text.split())))


def cite(quote: str, file_id: str = "000_town") -> Citation:
    return Citation(file_id=file_id, start=0, end=len(quote), quote=quote)


@pytest.mark.parametrize(
    ("quotes", "recall", "precision"),
    [
        (["a b c"], 1.0, 1.0),
        (["a b", "b c"], 1.0, 1.0),  # each is needed
        (["a b c", "a b c"], 1.0, 1.0),  # redundant, and each enough alone
        (["a b c", "x y"], 1.0, 0.5),  # the second does nothing
        (["a b", "x y"], 0.0, 0.0),
        ([], 0.0, None),
    ],
)
def test_citation_recall_and_precision_are_those_of_alce(
    quotes: list[str], recall: float, precision: float | None
) -> None:
    sentence = Sentence(text="a b c", start=0, end=5, citations=tuple(map(cite, quotes)))
    answer = Answer(question="", text="a b c", abstained=False, engine="x", sentences=(sentence,))
    entry = LogEntry(case=COST.id, repeat=0, reply=Reply(answer=answer))
    scores = Scorer(corpus=town.CORPUS, support=Words()).score(COST, entry).scores
    assert scores["citation_recall"] == Measured(recall)
    assert scores["citation_precision"] == (
        NotApplicable("nothing is cited") if precision is None else Measured(precision)
    )


def test_gold_sources_are_compared_with_the_set_that_fits_best() -> None:
    case = replace(COST, sources_any_of=(("001_town", "002_town"), ("000_town", "001_town")))
    assert value(case, right(COST), "gold_citation_recall") == 0.5
    assert value(case, right(COST), "gold_citation_precision") == 1.0
    assert value(case, right(COST), "gold_citation_f1") == pytest.approx(2 / 3)
    assert outcome(case, right(COST)).blame == failure_stage.WRONG_FILE


@pytest.mark.parametrize(
    ("quoted", "kept"),
    [
        ("«شهدت تل السنديان احتفالا شعبيا»", 1.0),
        ('"شهدت تل السنديان حريقا كبيرا"', 0.0),
        ("“according to the mayor himself”", None),  # a translation
        ("«ظل النخلة»", None),  # a title
    ],
)
def test_what_stands_in_quotation_marks_stands_in_a_cited_file(quoted: str, kept: float | None) -> None:
    reply = right(COST)
    answer = rewritten(reply.answer, [f"{reply.answer.sentences[0].text} وقال: {quoted}"])
    found = outcome(COST, replace(reply, answer=answer))
    assert found.scores["quote_fidelity"] == (NotApplicable("nothing is quoted") if kept is None else Measured(kept))
    assert (failure_stage.QUOTATION in found.violations) == (kept == 0.0)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("وبلغت الكلفة ٢٤٠ ألف دينار", False),
        ("وبلغت الكلفة 0.24 مليون دينار", False),
        ("وبلغت الكلفة 241 ألف دينار", True),
        ("وكانت أول مدرسة هناك", False),
    ],
)
def test_a_number_must_be_in_a_cited_file_however_it_is_written(text: str, broken: bool) -> None:
    reply = right(COST)
    found = outcome(COST, replace(reply, answer=rewritten(reply.answer, [text])))
    assert (failure_stage.NUMBER in found.violations) == broken


@pytest.mark.parametrize(
    ("case", "old", "new", "metric"),
    [
        (COST, "240", "290", "figures_in_place"),
        (DAY, "1 كانون الثاني", "9 كانون الثاني", "figures_in_place"),
        (WHO, "سليم الراعي", "ريم الصباغ", "names_kept"),
    ],
)
def test_what_stands_otherwise_in_the_cited_words_is_counted_by_its_kind(
    case: Case, old: str, new: str, metric: str
) -> None:
    reply = right(case)
    text = reply.answer.sentences[0].text
    assert old in text
    spoilt = replace(reply, answer=rewritten(reply.answer, [text.replace(old, new)]))
    kinds = ("figures_in_place", "names_kept")
    assert [value(case, reply, kind) for kind in kinds] == [1.0] * 2
    assert [value(case, spoilt, kind) for kind in kinds] == [float(kind != metric) for kind in kinds]


def test_a_judge_that_names_no_kinds_leaves_them_unmeasured() -> None:
    agreeing = Scorer(corpus=town.CORPUS, support=lambda claim, question, anchor: Measured(1.0))
    found = agreeing.score(COST, LogEntry(case=COST.id, repeat=0, reply=right(COST)))
    assert isinstance(found.scores["names_kept"], NotApplicable)


@pytest.mark.parametrize(
    ("text", "told"), [("تختلف المصادر في الكلفة.", 1.0), ("The sources differ.", 1.0), ("الكلفة كبيرة.", 0.0)]
)
def test_a_conflict_is_told_in_words_as_well_as_in_a_list(text: str, told: float) -> None:
    reply = right(COST)
    said = replace(reply, answer=rewritten(reply.answer, [text]))
    assert value(replace(COST, type="conflict"), said, "conflict_told") == told


def test_a_fact_cited_to_a_file_without_it_is_misattributed_where_a_found_file_has_it() -> None:
    other = town.CORPUS.articles["001_town"].text
    wrong = citing(COST, Citation(file_id="001_town", start=0, end=len(other), quote=other))
    assert value(COST, wrong, "misattribution") == 1.0 and value(COST, wrong, "placement") == 0.0


def test_a_false_premise_is_met_by_a_refusal_or_by_setting_it_right() -> None:
    told = Fact(id="f1", must=False, accept=("شهدت تل السنديان احتفالا",), evidence=())
    case = replace(NONE, type="false_premise", facts=(told,))
    line = town.CORPUS.articles["000_town"].text.split("\n\n")[1].split(". ")[0] + "."
    corrected = replace(right(COST), answer=town.written(case, ("000_town", line)))
    adopted = right(COST)
    assert outcome(case, right(NONE)).passed and outcome(case, corrected).passed
    assert outcome(case, adopted).blame == failure_stage.SHOULD_ABSTAIN


def test_what_is_forbidden_is_found_and_told_with_its_reason() -> None:
    case = replace(COST, forbid=(Forbidden(text="٢٤٠ ألف دينار", why="the estimate of last year"),))
    found = outcome(case, right(COST))
    assert found.blame == failure_stage.FORBIDDEN and "the estimate of last year" in found.detail
    assert found.scores["forbidden"] == Measured(1.0)


def test_both_sides_of_a_conflict_are_wanted_each_from_its_own_file() -> None:
    case = replace(two_facts(), type="conflict")
    assert value(case, right(COST), "both_sides") == 0.5
    both = replace(right(COST), answer=town.written(COST, COST.facts[0].evidence[0], DAY.facts[0].evidence[0]))
    assert value(case, both, "both_sides") == 1.0


def test_quotations_in_the_language_of_the_article_are_no_change_of_language() -> None:
    asked = replace(COST, lang="en", question="How much did the school cost?")
    assert value(asked, right(COST), "language") == 1.0
    reply = right(COST)
    own = replace(reply, answer=rewritten(reply.answer, ["وبلغت الكلفة كلها 240 ألفا"]))
    assert value(asked, own, "language") == 0.0


def test_the_summary_of_a_run_counts_each_kind_apart_and_prints_its_failures() -> None:
    entries = [LogEntry(case=case.id, repeat=0, reply=right(case)) for case in (COST, DAY)]
    entries += [
        LogEntry(case=WHO.id, repeat=0, error="TimeoutError"),
        LogEntry(case=NONE.id, repeat=0, reply=right(COST)),
    ]
    found = {entry.case: [town.SCORER.score(case, entry)] for case, entry in zip(town.CASES, entries, strict=False)}
    summary = summarise(town.CASES[:4], found)
    assert (summary.answers, summary.errors, summary.passed.passed, summary.passed.total) == (4, 1, 2, 3)
    assert (summary.abstention.answered, summary.abstention.should_have) == (2, 1)
    assert summary.abstention.balanced == 0.5
    text = run_text(town.CASES[:4], found, summary, manifest())
    assert "000-none: should have abstained" in text and "000-who: no answer: TimeoutError" in text


def test_an_aligned_knows_where_the_evidence_stands() -> None:
    aligned = town.SCORER.align(COST, right(COST))
    file_id, span = aligned.gold["f1"][0]
    assert span and span.of(town.CORPUS.articles[file_id].text) == COST.facts[0].evidence[0][1]
    assert aligned.rank(COST.facts[0]) == 2 and aligned.stating == {"f1": (0,)}
