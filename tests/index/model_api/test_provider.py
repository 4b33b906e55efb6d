"""The model's server: every way a call can fail ends in one clear error, in time, with at most three requests (stack D,
API-01 to 07).
"""

from __future__ import annotations

import logging
import pickle
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from index.errors import ProviderCut, ProviderDown, ProviderError, ProviderRefused
from index.model_api import CancelScope, ContextTooLong, Provider, Reply, Wait, embed, masked
from index.model_api.cancellation import sleep
from index.model_api.client import LONGEST
from index.model_api.error_mapping import parse_retry_after
from tests.scripted import PLANTED, Scripted

KEY = "sk-sentinel-0123456789abcdef"
QUESTION = [{"role": "user", "content": "متى وصل الوفد؟"}]
TEXT = "وصل الوفد يوم الخميس [1]."
PATIENT = Wait(first_token=10, stall=10, total=10, pause=0.02)
SHORT = Wait(first_token=0.7, stall=0.2, total=1.2, pause=0.02)
SILENT = ("silent-headers", "silent-first", "comments-first", "stall", "comments-middle")


def patience(fault: str) -> Wait:
    """Short where nothing will come, so that a slow machine fails no test of what does come."""
    return SHORT if fault in SILENT else PATIENT


@pytest.fixture(scope="module")
def running() -> Iterator[Scripted]:
    with Scripted(TEXT) as server:
        yield server


@pytest.fixture
def server(running: Scripted) -> Scripted:
    running.faults, running.requests, running.heads, running.usage = [None], [], [], True
    running.left.clear()
    return running


def provider(server: Scripted, wait: Wait = PATIENT) -> Provider:
    made = Provider(key=KEY, base_url=server.url, wait=wait)
    made.client()
    return made


def streamed(server: Scripted, wait: Wait = PATIENT) -> tuple[list[str], Reply]:
    pieces: list[str] = []
    stream = provider(server, wait).stream(QUESTION, model="m", max_tokens=50, temperature=0.0)
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as done:
            return pieces, done.value


def asked(server: Scripted, how: str, wait: Wait = PATIENT) -> Reply:
    if how == "stream":
        return streamed(server, wait)[1]
    return provider(server, wait).chat(QUESTION, model="m", max_tokens=50, temperature=0.0)


def test_a_reply_is_streamed_piece_by_piece_with_its_token_counts(server: Scripted) -> None:
    pieces, reply = streamed(server)
    assert len(pieces) > 2
    assert "".join(pieces) == reply.text == TEXT
    assert (reply.tokens_in, reply.tokens_out, reply.requests, reply.finish) == (100, len(TEXT), 1, "stop")
    assert server.heads[0]["authorization"] == f"Bearer {KEY}"


def test_a_reply_comes_whole_with_its_token_counts(server: Scripted) -> None:
    reply = asked(server, "chat")
    assert (reply.text, reply.tokens_in, reply.tokens_out) == (TEXT, 100, len(TEXT))
    assert "stream" not in server.requests[0]


def test_a_server_that_counts_no_tokens_is_fine(server: Scripted) -> None:
    server.usage = False
    reply = asked(server, "stream")
    assert (reply.text, reply.tokens_in, reply.tokens_out) == (TEXT, None, None)


@pytest.mark.parametrize("usage", [(-1_000_000_000, 7), (7, -1), (10**15, 7), (7, 10**15)])
@pytest.mark.parametrize("how", ["stream", "chat"])
def test_token_counts_that_cannot_be_are_not_believed(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, usage: tuple[int, int], how: str
) -> None:
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    monkeypatch.setattr("tests.scripted.usage_of", lambda _: counts)
    reply = asked(server, how)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == (TEXT, None, None)


@pytest.mark.parametrize("pieces", [LONGEST + 50_000, 30_000])
def test_a_reply_without_end_is_cut_at_the_limit_though_it_comes_in_a_single_piece(pieces: int) -> None:
    with Scripted("كلمة " * (LONGEST // 2), pieces=pieces) as server:
        with pytest.raises(ProviderCut, match="does not end") as caught:
            list(provider(server).stream(QUESTION, model="m"))
        assert len(caught.value.partial) == LONGEST
        with pytest.raises(ProviderCut, match="does not end") as caught:
            provider(server).chat(QUESTION, model="m")
        assert len(caught.value.partial) == LONGEST


REFUSED = [  # fault, error, requests, a word of the message
    ("500", ProviderDown, 3, "failed (500)"),
    ("503-page", ProviderDown, 3, "failed (503)"),
    ("429", ProviderDown, 3, "asked too often (429)"),
    ("429-soon", ProviderDown, 3, "asked too often"),
    ("429-later", ProviderDown, 1, "asked too often"),
    ("429-date", ProviderDown, 1, "asked too often"),
    ("quota", ProviderRefused, 1, "no quota left"),
    ("400", ProviderRefused, 1, "refused the request (400)"),
    ("401", ProviderRefused, 1, "check OPENAI_API_KEY"),
    ("403", ProviderRefused, 1, "forbids"),
    ("404", ProviderRefused, 1, "check ISNAD_MODEL"),
    ("422", ProviderRefused, 1, "refused the request (422)"),
    ("context", ContextTooLong, 1, "context_tokens"),
    ("context-llama", ContextTooLong, 1, "context_tokens"),
    ("too-large", ContextTooLong, 1, "context_tokens"),
    ("filter", ProviderRefused, 1, "content filter"),
    ("elsewhere", ProviderRefused, 1, "final address"),
    ("page", ProviderError, 1, "nonsense"),
    ("malformed", ProviderError, 1, "nonsense"),
    ("no-choices", ProviderError, 1, "nonsense"),
    ("a-list", ProviderError, 1, "nonsense"),
    ("nothing", ProviderError, 1, "nonsense"),
    ("empty", ProviderError, 1, "without a word"),
    ("refusal", ProviderRefused, 1, "declined"),
    ("silent-headers", ProviderDown, 1, "in time"),
]


@pytest.mark.parametrize("how", ["stream", "chat"])
@pytest.mark.parametrize(("fault", "kind", "requests", "word"), REFUSED, ids=[row[0] for row in REFUSED])
def test_API_01_to_05_a_failure_before_the_reply_is_one_clear_error_in_time(
    server: Scripted, fault: str, kind: type[ProviderError], requests: int, word: str, how: str
) -> None:
    server.faults = [fault]
    wait = patience(fault)
    began = time.monotonic()
    with pytest.raises(kind, match=r".") as caught:
        asked(server, how, wait)
    assert time.monotonic() - began < wait.total + 1
    assert type(caught.value) is kind or kind is ProviderRefused
    assert word in str(caught.value)
    assert len(server.requests) == requests
    assert "\n" not in str(caught.value)


BEFORE = [  # faults of a stream before its first word
    ("silent-first", ProviderDown, 1),
    ("comments-first", ProviderDown, 1),
    ("cut-first", ProviderDown, 3),
    ("error-first", ProviderDown, 3),
    ("malformed-first", ProviderError, 1),
]


@pytest.mark.parametrize(("fault", "kind", "requests"), BEFORE, ids=[row[0] for row in BEFORE])
def test_API_03_a_stream_that_fails_before_its_first_word_ends_in_time(
    server: Scripted, fault: str, kind: type[ProviderError], requests: int
) -> None:
    server.faults = [fault]
    wait = patience(fault)
    began = time.monotonic()
    with pytest.raises(kind):
        asked(server, "stream", wait)
    assert time.monotonic() - began < wait.total + 0.5
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    "fault",
    ["stall", "comments-middle", "cut", "no-finish", "malformed-middle", "error-middle", "length", "content_filter"],
)
def test_API_03_a_stream_that_breaks_off_keeps_what_came_and_is_not_asked_again(server: Scripted, fault: str) -> None:
    server.faults = [fault]
    pieces: list[str] = []
    began = time.monotonic()
    with pytest.raises(ProviderCut) as caught:
        for piece in provider(server, patience(fault)).stream(QUESTION, model="m"):
            pieces.append(piece)
    assert time.monotonic() - began < patience(fault).total + 0.5
    assert caught.value.partial == "".join(pieces)
    assert TEXT.startswith(caught.value.partial)
    assert len(caught.value.partial) >= 18
    assert len(server.requests) == 1
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize("fault", ["length", "content_filter", "no-finish"])
def test_API_05_a_whole_reply_that_was_cut_short_says_so_and_keeps_its_text(server: Scripted, fault: str) -> None:
    server.faults = [fault]
    with pytest.raises(ProviderCut) as caught:
        asked(server, "chat")
    assert caught.value.partial == TEXT


@pytest.mark.parametrize("fault", ["silent-end", "cut-end", "azure", "reasoning"])
def test_a_reply_that_is_complete_is_accepted_whatever_surrounds_it(
    server: Scripted, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.model_api.client.USAGE_WAIT", 0.1)
    server.faults = [fault]
    assert asked(server, "stream").text == TEXT


@pytest.mark.parametrize("fault", ["500", "429", "429-odd", "cut-first", "error-first"])
def test_a_passing_failure_is_outlived(server: Scripted, fault: str) -> None:
    server.faults = [fault, None]
    reply = asked(server, "stream")
    assert (reply.text, reply.requests) == (TEXT, 2)


@pytest.mark.parametrize(
    ("fault", "gone", "instead"),
    [("no-stream-options", "stream_options", None), ("no-max-tokens", "max_tokens", "max_completion_tokens")],
)
def test_an_option_that_the_server_does_not_know_is_left_out_from_then_on(
    server: Scripted, fault: str, gone: str, instead: str | None
) -> None:
    server.faults = [fault]
    shared = provider(server)
    for _ in range(2):
        assert "".join(shared.stream(QUESTION, model="m", max_tokens=9)) == TEXT
    assert [gone in body for body in server.requests] == [True, False, False]
    assert instead is None or server.requests[-1][instead] == 9


def test_API_02_a_wait_that_the_server_asks_for_is_kept(server: Scripted) -> None:
    server.faults = ["429-soon", None]
    began = time.monotonic()
    assert asked(server, "stream").requests == 2
    assert 0.05 <= time.monotonic() - began < 0.4


def test_API_07_no_network_is_an_error_that_names_the_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    unreachable = Provider(key=KEY, base_url=f"http://127.0.0.1:{port}/v1", wait=PATIENT)
    with pytest.raises(ProviderDown, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        unreachable.chat(QUESTION, model="m")


def test_a_server_that_sends_its_headers_byte_by_byte_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = Provider(key=KEY, base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1", wait=SHORT)
        dripping.client()
        stream = dripping.stream(QUESTION, model="m")

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000:
                    try:
                        connection.send(bytes([byte]))
                    except OSError:
                        return
                    threading.Event().wait(0.02)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(ProviderDown):
            next(stream)
        assert time.monotonic() - began < SHORT.first_token + 0.3


def test_leaving_a_stream_hangs_up(server: Scripted) -> None:
    server.faults = ["comments-middle"]
    stream = provider(server).stream(QUESTION, model="m")
    next(stream)
    stream.close()
    assert server.left.wait(3)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("fault", ["silent-headers", "silent-first", "comments-first", "stall", "comments-middle"])
def test_who_waits_for_a_silent_server_is_called_away_at_once(server: Scripted, fault: str, again: bool) -> None:
    patient = Provider(key=KEY, base_url=server.url, wait=Wait(first_token=3_600, stall=3_600, total=3_600))
    if again:  # over a connection that has been used
        patient.chat(QUESTION, model="m")
    server.faults = [fault]
    asked, scope, how = len(server.requests), CancelScope(), list[BaseException]()

    def read() -> None:
        try:
            with scope.active():
                list(patient.stream(QUESTION, model="m"))
        except BaseException as error:
            how.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    _called_away(server, asked, scope)
    reader.join(60)
    assert isinstance(how[0], GeneratorExit) and server.left.wait(60)


def test_who_has_left_begins_no_request_and_rests_no_more(server: Scripted) -> None:
    scope = CancelScope()
    scope.cancel()
    with scope.active(), pytest.raises(GeneratorExit):
        provider(server).chat(QUESTION, model="m")
    with scope.active(), pytest.raises(GeneratorExit):
        sleep(3_600.0)
    assert server.requests == []


def test_a_connection_serves_the_next_request_after_one_that_was_left(server: Scripted) -> None:
    shared = provider(server)
    for fault in ("stall", None, "silent-headers", None):
        server.faults = [fault]
        if fault is None:
            assert shared.chat(QUESTION, model="m").text
            continue
        asked, scope = len(server.requests), CancelScope()
        threading.Thread(target=_called_away, args=(server, asked, scope), daemon=True).start()
        with scope.active(), pytest.raises(GeneratorExit):
            list(shared.stream(QUESTION, model="m"))


def _called_away(server: Scripted, asked: int, scope: CancelScope) -> None:
    while len(server.requests) == asked:
        threading.Event().wait(0.005)
    scope.cancel()


def test_SEC_01_the_key_is_in_no_repr_error_or_pickle(server: Scripted) -> None:
    shared = provider(server)
    server.faults = ["401"]
    with pytest.raises(ProviderRefused) as caught:
        shared.chat(QUESTION, model="m")
    assert "sentinel" not in repr(shared) + repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    with pytest.raises(TypeError, match="never written down"):
        pickle.dumps(shared)


@pytest.mark.parametrize("how", ["stream", "chat"])
@pytest.mark.parametrize("fault", ["500", "401", "error-first", "error-middle"])
def test_SEC_03_a_key_in_the_servers_own_words_is_masked(server: Scripted, fault: str, how: str) -> None:
    server.faults = [fault]
    if how == "chat" and fault.startswith("error-"):
        server.faults = ["500"]
    with pytest.raises(ProviderError) as caught:
        asked(server, how)
    assert "planted" not in str(caught.value) and PLANTED[:9] not in str(caught.value)


def test_SEC_04_at_level_debug_neither_key_nor_question_is_logged(
    server: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "openai._base_client", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    asked(server, "stream")
    assert "الوفد" not in caplog.text and "\\u0627\\u0644\\u0648\\u0641\\u062f" not in caplog.text
    assert "sentinel" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        f"bad key {KEY}",
        f"bad key {KEY[:9]}****{KEY[-4:]}",
        "header Bearer abc.def-ghi",
        "another key gsk_0123456789abcdef",
        "coded c2stc2VudGluZWwtMDEyMzQ1Njc4OWFiY2RlZg==",
        "in an address ?k=sk%2Dsentinel%2D0123456789abcdef".replace("%2D", "-"),
    ],
)
def test_SEC_03_keys_are_masked_in_every_form(text: str) -> None:
    shown = masked(text, [KEY])
    assert "***" in shown
    assert not any(part in shown for part in ("sentinel", "abc.def", "0123456789", "c2stc2Vu"))


def test_a_dummy_key_masks_nothing() -> None:
    assert masked("none of it", ["none"]) == "none of it"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, None), ({"retry-after": "3"}, 3.0), ({"retry-after-ms": "250"}, 0.25), ({"retry-after": "x"}, None)],
)
def test_a_wish_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


def test_vectors_come_batch_by_batch_in_the_order_of_the_texts(server: Scripted) -> None:
    server.faults = ["shuffled"]
    batches = list(embed(provider(server), ["a", "bb", "ccc"], model="e", batch=2))
    assert [batch.places for batch in batches] == [(0, 1), (2,)]
    assert [list(batch.vectors[:, 0]) for batch in batches] == [[2.0, 3.0], [4.0]]
    assert str(batches[0].vectors.dtype) == "float32"
    assert batches[0].tokens == 3


def test_a_server_that_sends_vectors_as_plain_numbers_is_read(server: Scripted) -> None:
    server.faults = ["plain"]
    (batch,) = embed(provider(server), ["a"], model="e", dimensions=2)
    assert batch.vectors.tolist() == [[2.0, 3.0]]
    assert server.requests[0]["dimensions"] == 2


@pytest.mark.parametrize(
    "fault", ["nan", "short-vector", "fewer", "endless-number", "page", "malformed", "a-list", "nothing"]
)
def test_API_05_vectors_that_are_wrong_are_never_handed_on(server: Scripted, fault: str) -> None:
    server.faults = [fault]
    with pytest.raises(ProviderError, match="nonsense"):
        list(embed(provider(server), ["a", "bb"], model="e"))


def test_API_06_of_a_hundred_texts_the_one_that_is_refused_is_named_and_the_others_are_embedded(
    server: Scripted,
) -> None:
    texts = [f"text {number}" for number in range(100)]
    texts[37] = "!!refuse"
    batches = list(embed(provider(server), texts, model="e", batch=50))
    assert sum(len(batch.places) for batch in batches) == 99
    assert list(batches[0].refused) == [37]
    assert not batches[1].refused
    assert len(server.requests) < 16


def test_a_model_that_refuses_every_text_is_asked_twice_and_no_more(server: Scripted) -> None:
    server.faults = ["400"]
    with pytest.raises(ProviderRefused):
        list(embed(provider(server), [f"text {number}" for number in range(64)], model="e"))
    assert len(server.requests) == 2


def test_embeddings_are_tried_again_too(server: Scripted) -> None:
    server.faults = ["429", None]
    (batch,) = embed(provider(server), ["a"], model="e")
    assert batch.places == (0,)
