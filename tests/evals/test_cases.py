"""Cases are checked when they are read, and lint finds what makes a case prove nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from evals.cases import case as suites
from evals.cases.case import PACKAGE, SUITES, Case, Fact, Forbidden, dump, fingerprint, load, suite
from evals.cases.corpus import Corpus, build_corpus, default_folders
from evals.curation.case_lint import BALANCED, lint
from index.errors import SourceError, UsageError
from tests.evals import town
from tests.shop import write

COST, DAY, WHO, NONE = town.CASES[:4]


def faults(*cases: Case, **options: Any) -> list[str]:
    return [str(one) for one in lint(cases, town.CORPUS, **options)]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(dump(town.CASES))
    assert load(path) == town.CASES == suite(str(path))
    assert fingerprint(load(path)) == fingerprint(tuple(reversed(town.CASES)))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "case 1 is not a case"),
        ('{"id": "a"}', "missing required field"),
        ('{"id": "a", "cluster": "e", "lang": "ar", "type": "who", "question": "من؟", "answerd": true}', "answerd"),
        ('{"id": "a", "cluster": "e", "lang": "ar", "type": "who", "question": " "}', "no question"),
        ("", "holds no case"),
    ],
)
def test_a_line_that_is_no_case_is_named(line: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(line)
    with pytest.raises(UsageError, match=told):
        load(path)


def test_an_id_that_comes_twice_a_file_that_is_not_there_and_an_unknown_suite_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(dump([COST, COST]))
    with pytest.raises(UsageError, match="comes twice"):
        load(path)
    with pytest.raises(UsageError, match="cannot read the cases"):
        load(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="there is no suite"):
        suite("cores")


def test_opening_the_holdout_needs_a_reason_and_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "openings.jsonl"
    monkeypatch.setattr(suites, "OPENINGS", log)
    with pytest.raises(UsageError, match="say what for"):
        suite("holdout")
    assert not log.exists()
    assert len(suite("holdout", why="release 1.2")) == 60
    suite("holdout", why="once more")
    assert [msgspec.json.decode(line)["why"] for line in log.read_bytes().splitlines()] == ["release 1.2", "once more"]


def test_the_clerks_cases_have_no_fault() -> None:
    assert faults(*town.CASES) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"facts": (Fact(id="f", accept=("x",), evidence=(("000_town", "ليس هذا في الملف أبدا"),)),)},
            "does not hold the evidence",
        ),
        ({"facts": (Fact(id="f", accept=("x",), evidence=(("no_file", "كلام"),)),)}, "there is no article no_file"),
        ({"sources_any_of": (("no_file",),)}, "there is no article no_file"),
        ({"sources_any_of": ()}, "names no sources"),
        ({"cluster": " "}, "names no cluster"),
        ({"facts": ()}, "no fact must be stated"),
        ({"answerable": False}, "unanswerable and yet"),
        ({"forbid": (Forbidden(text="240 ألف دينار"),)}, "says what is forbidden"),
        ({"facts": (replace(COST.facts[0], accept=("٢٤٠ ألف دينار", "240 الف دينار")),)}, "twice"),
        ({"facts": (Fact(id="f", evidence=COST.facts[0].evidence),)}, "accepts nothing"),
        ({"facts": (Fact(id="f", accept=("999 ألف",), evidence=COST.facts[0].evidence),)}, "says what is accepted"),
    ],
)
def test_lint_finds(changes: dict[str, Any], told: str) -> None:
    assert any(told in fault for fault in faults(replace(COST, **changes)))


def test_lint_finds_questions_asked_twice_and_leaves_those_that_only_look_alike() -> None:
    again = replace(COST, id="again", question=COST.question.replace("كم كلفت", "كم كلّفت") + " ")
    elsewhere = replace(COST, id="elsewhere", question=COST.question.replace("تل السنديان", "مرج الزعفران"))
    later = replace(COST, id="later", history=("من بنى المدرسة؟",))
    assert faults(COST, again) == ["again: it asks what 000-cost asks"]
    assert faults(COST, elsewhere, later) == []


def test_lint_asks_for_hard_kinds_in_good_number() -> None:
    assert [fault for fault in faults(COST, DAY, WHO, balance=True) if "unanswerable" in fault]
    assert not [fault for fault in faults(*town.CASES, balance=True) if "unanswerable" in fault]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_corpus(default_folders("archive"), tmp_path_factory.mktemp("corpus") / "store", searchable=False)


@pytest.mark.parametrize("name", SUITES)
def test_the_committed_suites_have_no_fault(name: str, corpus: Corpus) -> None:
    assert [str(one) for one in lint(load(SUITES[name]), corpus, balance=name in BALANCED)] == []


def test_the_committed_suites_are_as_large_and_as_hard_as_they_say() -> None:
    core, smoke, holdout = (load(SUITES[name]) for name in ("core", "smoke", "holdout"))
    kinds = [case.kind for case in core]
    assert len(core) >= 150 and len(smoke) == 30 and len(holdout) == 60
    assert sum(not case.answerable for case in core) >= 30
    assert sum(kind in ("conflict", "stale", "former") for kind in kinds) >= 20
    assert kinds.count("false_premise") >= 12 and sum(case.canary is not None for case in core) >= 20
    assert sum(any(len(files) > 1 for files in case.sources_any_of) for case in core) >= 15
    assert kinds.count("spelling") + kinds.count("dialect") >= 15 and sum(bool(case.history) for case in core) >= 15
    assert {case.id for case in smoke} <= {case.id for case in core}
    assert not {case.question for case in holdout} & {case.question for case in core}


def test_the_archive_suite_asks_across_days_and_papers(corpus: Corpus) -> None:
    cases = load(SUITES["archive"])
    kinds = Counter(case.kind for case in cases)
    assert len(cases) >= 80 and len({case.cluster for case in cases}) >= 10
    for kind in ("compare", "timeline", "stale", "count", "list", "statement", "conflict", "date", "unanswerable"):
        assert kinds[kind] >= 2, kind
    papers: dict[str, set[str | None]] = {}
    days: dict[str, set[object]] = {}
    for case in cases:
        for file_id in {file_id for files in case.sources_any_of for file_id in files}:
            papers.setdefault(case.cluster, set()).add(corpus.articles[file_id].publisher)
            days.setdefault(case.cluster, set()).add(corpus.articles[file_id].published)
    assert all(len(papers[cluster]) >= 2 and len(days[cluster]) >= 3 for cluster in papers), papers
    assert not {case.question for case in cases} & {case.question for case in load(SUITES["core"])}


def test_our_own_articles_tell_of_many_other_events_with_copies_corrections_and_english_ones(corpus: Corpus) -> None:
    own = {path.stem for path in (PACKAGE / "cases" / "articles").glob("*.txt")}
    planted = {path.stem for path in (PACKAGE / "cases" / "injected").glob("*.txt")}
    core = load(SUITES["core"])
    told = {case.cluster for case in core for fact in case.facts for file_id, _ in fact.evidence if file_id in own}
    assert own | planted <= set(corpus.articles) and len(own) >= 20 and len(planted) >= 20 and len(told) >= 15
    assert sum(corpus.articles[one].language == "en" for one in own) >= 3
    assert sum(len(fact.evidence) > 1 for case in core for fact in case.facts) >= 3  # near-copies bear out one fact
    for kind in ("noise", "stale", "conflict"):
        assert any(case.kind == kind and set(case.sources_any_of[0]) <= own for case in core)
    english = [case for case in core if case.lang == "en"]
    over_arabic = [
        one for one in english for files in one.sources_any_of[:1] if corpus.articles[files[0]].language == "ar"
    ]
    assert len(english) >= 10 and len(over_arabic) >= 5


def test_an_article_that_is_refused_stops_the_building(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "articles", {"good.txt": "خبر طويل بما يكفي عن مدينة بعيدة.\n", "bad.txt": b"\xff\xfe\x00"}
    )
    with pytest.raises(SourceError, match=r"bad\.txt was refused"):
        build_corpus([folder], tmp_path / "store")
