"""Against a real third-party server on this machine: llama.cpp's, with a tiny random model made here. What it says has
no sense.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.chat_model import ChatModel
from assistant.generative.compose import WritingOptions, compose
from assistant.generators import run_to_completion
from index.errors import ProviderCut, ProviderError, ProviderRefused
from index.model_api import ContextTooLong, Provider, Reply, Wait, embed
from index.token_count import count
from tests.assistant.written import hit

pytest.importorskip("xllamacpp", reason="xllamacpp is part of the dev extra; this system has no wheel of it")
KEY = "key-of-a-tiny-llama"
WAIT = Wait(first_token=60, stall=60, total=60, pause=0.05)
QUESTION = [{"role": "user", "content": "متى؟"}]


def started(model: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tiny_llama", str(model), str(port), KEY, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith("listening "):
            return process, f"http://127.0.0.1:{port}/v1"
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama") / "tiny.gguf"


@pytest.fixture(scope="module")
def chat(model: Path) -> Iterator[str]:
    process, url = started(model)
    yield url
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def embeddings(model: Path, chat: str) -> Iterator[str]:
    process, url = started(model, "--embeddings")
    yield url
    process.kill()
    process.wait()


def provider(url: str, key: str = KEY) -> Provider:
    return Provider(key=key, base_url=url, wait=WAIT)


def test_a_stream_ends_at_its_limit_with_what_came(chat: str) -> None:
    pieces: list[str] = []
    with pytest.raises(ProviderCut, match="answer_tokens") as caught:
        for piece in provider(chat).stream(QUESTION, model="tiny", max_tokens=12, temperature=0.0, seed=1):
            pieces.append(piece)
    assert pieces and caught.value.partial == "".join(pieces)


def test_a_whole_reply_ends_at_its_limit_with_what_came(chat: str) -> None:
    with pytest.raises(ProviderCut) as caught:
        provider(chat).chat(QUESTION, model="tiny", max_tokens=12, temperature=0.0)
    assert caught.value.partial


def test_a_reply_that_ends_by_itself_comes_with_the_servers_count_of_tokens(chat: str) -> None:
    """A grammar of one word makes even a random model finish."""
    options: dict[str, object] = {"extra_body": {"grammar": 'root ::= "yes"'}}
    for reply in (
        provider(chat).chat(QUESTION, model="tiny", max_tokens=12, **options),
        streamed(provider(chat), options),
    ):
        assert reply.text == "yes" and reply.finish == "stop"
        assert reply.tokens_in and reply.tokens_out and reply.tokens_out >= 3


def streamed(server: Provider, options: dict[str, object]) -> Reply:
    return run_to_completion(server.stream(QUESTION, model="tiny", max_tokens=12, **options))


@pytest.mark.parametrize("how", ["stream", "chat"])
def test_a_wrong_key_is_refused_at_once(chat: str, how: str) -> None:
    server = provider(chat, "another-key-0123456789")
    with pytest.raises(ProviderRefused, match="check OPENAI_API_KEY") as caught:
        server.chat(QUESTION, model="tiny") if how == "chat" else next(server.stream(QUESTION, model="tiny"))
    assert "another-key" not in str(caught.value)


@pytest.mark.parametrize("how", ["stream", "chat"])
def test_a_prompt_beyond_its_context_is_known_for_what_it_is(chat: str, how: str) -> None:
    long = [{"role": "user", "content": "كلمة " * 1000}]
    server = provider(chat)
    with pytest.raises(ContextTooLong, match="context_tokens"):
        server.chat(long, model="tiny") if how == "chat" else next(server.stream(long, model="tiny"))


def test_an_address_without_its_version_is_an_error_that_says_where_to_look(chat: str) -> None:
    with pytest.raises(ProviderError, match="OPENAI_BASE_URL"):
        provider(chat.replace("/v1", "/nowhere")).chat(QUESTION, model="tiny")


def test_a_server_without_embeddings_says_so(chat: str) -> None:
    with pytest.raises(ProviderError):
        list(embed(provider(chat), ["نص"], model="tiny"))


def test_vectors_come_from_a_real_server(embeddings: str) -> None:
    texts = [f"النص رقم {number}" for number in range(9)]
    batches = list(embed(provider(embeddings), texts, model="tiny", batch=4))
    assert [batch.places for batch in batches] == [(0, 1, 2, 3), (4, 5, 6, 7), (8,)]
    assert {batch.vectors.shape[1] for batch in batches} == {64}


def test_a_text_beyond_the_models_context_is_named_and_the_rest_is_embedded(embeddings: str) -> None:
    (batch,) = embed(provider(embeddings), ["قصير", "كلمة " * 1000, "قصير أيضا"], model="tiny")
    assert batch.places == (0, 2) and list(batch.refused) == [1]


def test_a_model_that_cannot_even_read_the_instructions_is_an_error_that_says_so(chat: str) -> None:
    tiny = ChatModel(provider(chat), "tiny", answer_tokens=24)
    hits = [hit(text="افتتح الوالي الجسر.")]
    shown = WritingOptions(today=date(2031, 5, 4), language="ar", budget=200, rewrite=False)
    with pytest.raises(ContextTooLong):  # the instructions alone are longer than this model's context
        list(compose("من افتتح الجسر؟", hits, model=tiny, count=count, shown=shown))
