"""The report is one file that needs nothing else, says in both languages what happened, and obeys nothing that it
shows.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from evals.cases.case import Case
from evals.gate.baseline import make_baseline
from evals.log.run_log import RunLog, RunRecord
from evals.models import Reply
from evals.report.html_report import render_report
from evals.report.report_words import report_words
from evals.runner import FinishedRun
from tests.evals import town
from tests.evals.sabotage import SABOTAGES, Changed
from tests.evals.shelf import manifest

pytestmark = pytest.mark.process

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EN, AR = report_words("en"), report_words("ar")
HOSTILE = '<script>fetch("http://example.test")</script><img src=http://example.test/x onerror=alert(1)>'


def mixed(case: Case, reply: Reply) -> Reply:
    """A little of everything."""
    names = {
        3: "number altered",
        5: "wrong file",
        7: "dates moved",
        9: "always answers",
        11: "injected instruction obeyed",
    }
    name = names.get(int(case.id[:3]))
    reply = SABOTAGES[name][0](case, reply) if name else reply
    if case.id == "013-cost":
        return replace(reply, answer=replace(town.refusal(case), text=HOSTILE))
    return reply


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunRecord, RunRecord, FinishedRun]:
    folder = tmp_path_factory.mktemp("runs")
    with RunLog(folder / "a") as log:
        first = town.run_town(town.Clerk(), log)
    told = {"answer": "أجب من المقاطع.\nCite every sentence.\nRefuse when unsure.\n"}
    before = make_baseline(
        "clerk",
        RunRecord(manifest=manifest(prompt_texts=told), entries=first.entries),
        town.CASES,
        first.outcomes,
        why="first",
    )
    with RunLog(folder / "b") as log:
        second = town.run_town(Changed(town.Clerk(), mixed), log, baseline=before)
    now = manifest(
        id="20260302T100000-beef", prompt_texts={"answer": "أجب من المقاطع بإيجاز.\nCite every sentence.\n" + HOSTILE}
    )
    return RunRecord(manifest=now, entries=second.entries), before.run_record(town.CORPUS), second


@pytest.fixture(scope="module", params=["en", "ar"])
def page(request: pytest.FixtureRequest, sides: tuple[RunRecord, RunRecord, FinishedRun]) -> Iterator[tuple[Any, str]]:
    new, base, finished = sides
    yield request.param, render_report(town.CASES, town.SCORER, new, base, finished.verdict, language=request.param)


class Looking(HTMLParser):
    """What a page would load, run or point to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("src", "srcset", "action", "data") or name.startswith("on"):
                self.loads.append(f"{name}={value}")
            if name == "id" and value:
                self.ids.add(value)
            if name == "href" and value and tag == "a":
                self.links.append(value)
            if name == "href" and tag == "link":
                assert value == "data:,"


def looked_at(text: str) -> Looking:
    looking = Looking()
    looking.feed(text)
    return looking


def test_it_loads_nothing_runs_nothing_and_every_link_leads_to_a_passage_on_the_page(page: tuple[str, str]) -> None:
    looking = looked_at(page[1])
    assert looking.loads == [] and not looking.tags & {"script", "img", "iframe", "form", "object", "embed"}
    assert looking.links and {link.removeprefix("#") for link in looking.links} <= looking.ids
    assert "url(" not in page[1] and "@import" not in page[1]


def test_what_an_answer_or_a_prompt_says_is_shown_and_never_obeyed(page: tuple[str, str]) -> None:
    assert HOSTILE not in page[1] and "&lt;script&gt;fetch(" in page[1]


def test_it_has_the_direction_and_the_words_of_its_language(page: tuple[str, str]) -> None:
    language, text = page
    words = report_words(language)
    direction = {"en": "ltr", "ar": "rtl"}[language]
    assert f'<html lang="{language}" dir="{direction}">' in text
    for name in ("regression", "prompts", "flips", "whole", "abstention", "types", "blame", "cost", "power", "metrics"):
        assert words[name] in text
    assert text.count('dir="rtl"') > 30 and re.search(r'<div dir="rtl">[^<]*<mark>', text)


def test_the_forest_plot_paints_in_red_what_is_worse_and_nothing_else(page: tuple[str, str]) -> None:
    kinds = re.findall(r'<circle class="dot ?([a-z]*)"', page[1])
    assert len(kinds) == 3 and set(kinds) <= {"", "worse", "improved"}


def test_both_languages_have_the_same_words() -> None:
    assert EN.keys() == AR.keys()
    holes = {name: re.findall(r"\{\w*\}", text) for name, text in EN.items()}
    assert all(re.findall(r"\{\w*\}", AR[name]) == hole for name, hole in holes.items())


def test_what_broke_comes_first_with_both_answers_and_the_passage_marked(page: tuple[str, str]) -> None:
    cards = re.findall(r'<details class="card".*?<span class="id">(.*?)</span>', page[1], re.DOTALL)
    assert cards[:3] == ["003-cost", "005-cost", "011-who"] and set(cards) >= {
        "005-day",
        "007-day",
        "009-none",
        "013-cost",
    }
    card = page[1].split('<span class="id">003-cost</span>')[1].split("</details>\n<details")[0]
    assert "351 ألف دينار" in card and "462 ألف دينار" in card
    assert "<mark>وبلغت كلفة" in card


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_run_compared_with_nothing_has_a_report_too(
    language: Literal["en", "ar"], sides: tuple[RunRecord, RunRecord, FinishedRun]
) -> None:
    text = render_report(town.CASES, town.SCORER, sides[0], language=language)
    assert report_words(language)["answered"] in text and "003-cost" in text


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_in_a_browser_it_asks_for_nothing_fits_and_opens_the_passage_that_is_clicked(
    page: tuple[str, str], tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "report.html"
    file.write_text(page[1], encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            asked: list[str] = []
            problems: list[str] = []
            for width in (1200, 390):
                tab = browser.new_page(viewport={"width": width, "height": 800})
                tab.on("request", lambda request: asked.append(request.url))
                tab.on("console", lambda message: problems.append(message.text))
                tab.goto(file.as_uri())
                assert tab.evaluate("document.documentElement.scrollWidth") <= width
                assert tab.evaluate("getComputedStyle(document.body).direction") == {"en": "ltr", "ar": "rtl"}[page[0]]
                question = tab.locator(".question").first
                assert question.evaluate("node => getComputedStyle(node).direction") == "rtl"
                claim = tab.locator("a.claim").nth(1)
                target = tab.locator(f'[id="{(claim.get_attribute("href") or "")[1:]}"]')
                assert not target.is_visible()
                claim.click()
                assert target.is_visible()
                place = target.bounding_box()
                assert place and -1 <= place["y"] < 800
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and problems == []
        finally:
            browser.close()
