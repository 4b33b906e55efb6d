"""Token counts: offline, without llama_index, and bounded whatever the text."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import token_count
from index.errors import IsnadError

pytestmark = pytest.mark.process


def test_counting_needs_no_network_and_does_not_run_llama_index() -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('the network was touched')\n"
        "socket.socket = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from index.token_count import count\n"
        "assert count('one two three') == 3\n"
        "assert not [name for name in sys.modules if name.startswith('llama_index')]\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.cwd(), check=False)
    assert done.returncode == 0, done.stderr


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "somewhere")
    token_count._load(token_count._folder())
    import os

    assert os.environ["TIKTOKEN_CACHE_DIR"] == "somewhere"


@pytest.mark.parametrize("content", [None, b"", b"not the encoding"])
def test_a_missing_or_damaged_encoding_is_an_error_with_the_next_step(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / token_count.FILE).write_bytes(content)
    with pytest.raises(IsnadError, match="install llama-index-core again"):
        token_count._load(tmp_path)
    assert content is None or (tmp_path / token_count.FILE).read_bytes() == content


def test_a_special_token_in_an_article_is_plain_text() -> None:
    assert token_count.count("<|endoftext|>") > 1
    assert token_count.count("") == 0


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_any_text_has_a_count(text: str) -> None:
    assert 0 <= token_count.count(text) <= 4 * len(text)


def test_a_long_text_counts_nearly_as_the_sum_of_its_words() -> None:
    line = "وصل القطار إلى المحطة في موعده صباح اليوم. "
    whole = token_count._encoding().encode_ordinary(line * 2_000)
    assert len(whole) <= token_count.count(line * 2_000) <= len(whole) + len(line) * 2_000 // token_count.PIECE + 1


@pytest.mark.parametrize(
    "unit", [" ", "ا", "a", "\n", "\u200b", "😀", "\t \n", "ـ", "\U000e0041", "\ud800", "<|endoftext|>"]
)
def test_DOS_01_a_million_of_one_character_is_counted_within_seconds(unit: str) -> None:
    text = (unit * 1_000_000)[:1_000_000]
    began = time.process_time()
    assert token_count.count(text) > 0
    assert time.process_time() - began < 5
