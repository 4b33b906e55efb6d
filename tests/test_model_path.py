"""The same command line with a model behind a real socket: what comes out, and what never does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Scripted
from tests.shop import isnad

pytestmark = pytest.mark.process

KEY = "sk-sentinel-0123456789abcdef"
QUESTION = "كم ساعة استمرت محادثات بوتين والأسد؟"


def asked(server: Scripted, sample: Path, *arguments: str) -> Any:
    environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, "ISNAD_MODEL": "scripted"}
    return isnad("ask", QUESTION, "--store", sample, *arguments, env=environment)


def test_a_written_answer_is_tied_to_the_words_that_bear_it_out(sample: Path) -> None:
    with Scripted(reply="قال بيسكوف إن المحادثات دامت نحو 3 ساعات [1]. وهذا سطر بلا مصدر معروف [77].") as server:
        run = asked(server, sample, "--json")
    answer = json.loads(run.stdout)
    assert run.returncode == 0 and answer["engine"] == "model:scripted" and len(server.requests) == 1
    first, second = answer["sentences"]
    cited = first["citations"][0]
    assert "3 ساعات" in cited["quote"] and f"[{cited['file_id']}]" in answer["text"]
    assert "77" not in answer["text"] and any("77" in one for one in [*second["reasons"], *answer["reasons"]])
    assert answer["usage"]["requests"] == 1 and answer["prompt"] and answer["hits"]


def test_before_passages_are_sent_the_host_is_named_and_the_key_is_nowhere(sample: Path) -> None:
    with Scripted(reply="نحو 3 ساعات [1].") as server:
        run = asked(server, sample, "--json")
        host = server.url.split("/")[2]
        status = isnad("status", "--store", sample, "--json", env={**os.environ, "OPENAI_API_KEY": KEY})
    assert host in run.stderr
    assert KEY not in run.stdout + run.stderr + status.stdout + status.stderr
    assert not any(KEY.encode() in path.read_bytes() for path in sample.rglob("*") if path.is_file())


def test_no_model_answers_by_quoting_whatever_is_set(sample: Path) -> None:
    with Scripted() as server:
        answer = json.loads(asked(server, sample, "--no-model", "--json").stdout)
        assert answer["engine"] == "extract" and server.requests == []


def test_a_server_that_refuses_is_one_line_with_the_next_step(sample: Path) -> None:
    with Scripted() as server:
        server.faults = ["401"]
        run = asked(server, sample)
    assert run.returncode == 1 and "Traceback" not in run.stderr and KEY not in run.stderr
    assert run.stderr.strip().splitlines()[-1].startswith("isnad: ")


def test_a_batch_stops_before_it_would_cost_more_than_it_may(sample: Path, tmp_path: Path) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text("".join(json.dumps({"id": n, "question": QUESTION}) + "\n" for n in range(4)))
    with Scripted(reply="نحو 3 ساعات [1].") as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "ISNAD_PRICE_IN": "10", "ISNAD_PRICE_OUT": "10"}
        batch = ("ask", "--batch", lines, "--store", sample, "--max-cost")
        enough = isnad(*batch, "1", env=environment)
        sent = len(server.requests)
        too_little = isnad(*batch, "0.00001", env=environment)
        unpriced = isnad(*batch, "0.1", env={**os.environ, "OPENAI_BASE_URL": server.url})
    assert enough.returncode == 0 and sent == len(server.requests) == 4
    assert too_little.returncode == 1
    assert all("of 1e-05 is spent" in json.loads(line)["error"] for line in too_little.stdout.splitlines())
    assert unpriced.returncode == 1 and "ISNAD_PRICE_IN" in unpriced.stderr


def test_what_a_rewritten_question_took_is_part_of_the_cost(sample: Path) -> None:
    with Scripted(reply="نحو 3 ساعات [1].") as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "ISNAD_PRICE_IN": "1", "ISNAD_PRICE_OUT": "1"}
        run = isnad("ask", "How long did Putin and Assad talk?", "--store", sample, "--json", env=environment)
        usage = json.loads(run.stdout)["usage"]
    assert usage["requests"] == len(server.requests) >= 2
    assert usage["cost"] == round((usage["tokens_in"] + usage["tokens_out"]) / 1e6, 8)
