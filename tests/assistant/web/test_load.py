"""The long forms: many visitors at once, and many questions in a row. Case DOS-02."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.settings import Secret, Settings
from index.store.ledger import Ledger
from tests.assistant.web.served import FREELY, served
from tests.assistant.web.test_server import asked, owner
from tests.scripted import Scripted, chunk
from tests.shop import index, write

pytestmark = pytest.mark.long
VISITORS, QUESTIONS, ROUNDS, CLICKS = 20, 3, 2_000, 100
NAMES = [
    f"{first}{second}" for first in ("نور", "مرجان", "سراج", "زيتون", "قمر") for second in ("ية", "ان", "ون", "ات")
]


def bridge(name: str, number: int) -> str:
    return (
        f"جسر {name}\n\nافتتح والي مدينة {name} جسر {name} الجديد يوم الأحد. وقال الوالي إن جسر {name} كلّف "
        f"{700 + number} مليون دينار."
    )


def reply(messages: list[dict[str, Any]]) -> str:
    """What a model says that reads its passages: the figure of the city that the last question names."""
    asked_for = re.findall(r"جسر (\w+)", messages[-1]["content"])
    name = asked_for[-1] if asked_for else "?"
    return f"كلّف جسر {name} {700 + NAMES.index(name)} مليون دينار [1]." if name in NAMES else "لا أعرف."


def test_twenty_visitors_at_once_get_each_their_own_answers(tmp_path: Path) -> None:
    write(tmp_path / "articles", {f"{number:02}.txt": bridge(name, number) for number, name in enumerate(NAMES)})
    index(tmp_path / "articles", tmp_path / "store")
    with Scripted(reply) as model:
        settings = Settings(base_url=model.url, key=Secret("x"), model="scripted")
        with served(tmp_path / "store", settings=settings, limits=FREELY) as (address, service):

            def visit(number: int) -> tuple[str, str]:
                with httpx.Client(base_url=address, timeout=120) as client:
                    me, said = owner(client), ""
                    for _ in range(QUESTIONS):
                        kept = service.conversations.listed(me)
                        messages = asked(
                            client, f"كم كلّف جسر {NAMES[number]}؟", kept[0].id if kept else "", f"s{number}"
                        )
                        assert messages[-1]["success"], messages[-1]
                        said += json.dumps(messages, ensure_ascii=False)
                    return me, said

            with ThreadPoolExecutor(VISITORS) as threads:
                found = list(threads.map(visit, range(VISITORS)))
            for number, (me, match) in enumerate(found):
                (one,) = service.conversations.listed(me)
                assert one.turns == QUESTIONS
                for turn in service.conversations.turns(one.id, me):
                    assert f"{700 + number} مليون" in turn.answer.text and turn.answer.complete, turn.answer
                others = {str(700 + other) for other in range(VISITORS) if other != number}
                answers = " ".join(turn.answer.text for turn in service.conversations.turns(one.id, me))
                assert not {figure for figure in others if f" {figure} " in answers}
                assert not {figure for figure in others if f" {figure} مليون دينار" in match.split("المقالات")[0]}


class Writing(Scripted):
    """A model that writes as fast as a good one does: two hundred characters a second."""

    async def events(self, text: str, fault: str | None, wants_usage: bool) -> AsyncIterator[str]:
        for start in range(0, len(text), 4):
            yield chunk({"content": text[start : start + 4]})
            await asyncio.sleep(0.02)
        yield chunk({}, "stop")
        yield "data: [DONE]\n\n"


CLICK = """chip => new Promise(done => {
    const panel = document.querySelector("#panel"), place = chip.getAttribute("href"), began = performance.now();
    const look = () => panel.querySelector("#hit") && document.body.classList.contains("panel-open")
        && panel.querySelector("#do-link").getAttribute("href") === place
            ? done([performance.now() - began, panel.querySelector("#hit").textContent]) : requestAnimationFrame(look);
    chip.click();
    look();
})"""


def test_a_source_opens_while_twenty_visitors_ask(tmp_path: Path) -> None:
    """Prints the milliseconds from a click on a chip to the article beside the chat, its words marked."""
    from tests.assistant.web.browser import Reader, opened

    write(tmp_path / "articles", {f"{number:02}.txt": bridge(name, number) for number, name in enumerate(NAMES)})
    index(tmp_path / "articles", tmp_path / "store")
    store, over, took = tmp_path / "store", threading.Event(), list[float]()

    def visit(address: str, number: int) -> int:
        with httpx.Client(base_url=address, timeout=300) as client:
            owner(client)
            answers = 0
            while not over.is_set():
                assert asked(client, f"كم كلّف جسر {NAMES[number]}؟", "", f"s{number}")[-1]["success"]
                answers += 1
            return answers

    with (
        Writing(lambda messages: " ".join([reply(messages)] * 12)) as model,
        opened() as browser,
        running(store, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="x", ISNAD_MODEL="scripted") as (address, _),
        ThreadPoolExecutor(VISITORS) as threads,
    ):
        reader = Reader(browser, address).open()
        for name in NAMES[:3]:
            reader.ask(f"كم كلّف جسر {name}؟")
        chips = reader.page.locator("#chat a.chip")
        places = [str(chips.nth(number).get_attribute("href")).removeprefix("?a=") for number in range(chips.count())]
        visits = [threads.submit(visit, address, number) for number in range(VISITORS)]
        try:
            while len(model.requests) < 4 * VISITORS:  # every visitor has asked more than once
                reader.page.wait_for_timeout(100)
            for number in range(CLICKS):
                at = number % 3 * (len(places) // 3)
                milliseconds, said = chips.nth(at).evaluate(CLICK)
                article, span = Ledger.open(store).place(places[at])
                assert span is not None and said == span.of(article.text)
                took.append(milliseconds)
                reader.page.wait_for_timeout(150)
        finally:
            over.set()
        answers = sum(visit.result() for visit in visits)
        assert answers >= VISITORS and reader.trouble == []
        reader.close()
    took.sort()
    sys.stdout.write(
        f"\n{VISITORS} visitors, {answers} answers; {CLICKS} clicks: p50 {took[len(took) // 2]:.0f} ms, p95 "
        f"{took[len(took) * 95 // 100]:.0f} ms"
    )


@contextmanager
def running(store: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """`isnad chat` in a process of its own: its address and its number."""
    command = [
        sys.executable,
        "-m",
        "assistant.cli.main",
        "chat",
        "--store",
        str(store),
        "--port",
        "0",
        "--no-browser",
        "--rate",
        "1000",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environment) as process:
        try:
            assert process.stderr is not None
            said = ""
            while "the page is at" not in said:
                assert process.poll() is None, said
                said = process.stderr.readline()
            yield said.split("the page is at ")[1].split()[0], process.pid
        finally:
            process.terminate()


def resident(process: int) -> int:
    """Kilobytes of memory that a process holds."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert match
    return int(match[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_two_thousand_questions_in_a_row_leave_memory_as_it_was__DOS_02(sample: Path, tmp_path: Path) -> None:
    questions = [
        "كم ساعة استمرت محادثات بوتين والأسد؟",
        "من هو وزير الزراعة؟",
        "من استقبل الشيباني؟",
        "متى زار الوفد موسكو؟",
    ]
    with running(sample) as (address, process), httpx.Client(base_url=address, timeout=60) as client:
        warm = 0
        for number in range(ROUNDS):
            sent = {"data": [questions[number % 4], "", "", "", ""]}
            while (joined := client.post("/gradio_api/call/answer", json=sent)).status_code == 429:
                time.sleep(5)
            told = client.get(f"/gradio_api/call/answer/{joined.json()['event_id']}").text
            assert "event: complete" in told, told
            if number == ROUNDS // 10:
                warm = resident(process)
        assert resident(process) < warm * 1.10, (
            f"{warm:,} kB after {ROUNDS // 10}, {resident(process):,} kB after {ROUNDS}"
        )
