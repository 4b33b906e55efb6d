"""What programs may call: the typed API with Gradio's own client, the MCP tools with a real MCP client."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from assistant.models import Answer
from assistant.web.logins import Logins, hash_password
from assistant.web.rate_limit import Limits
from assistant.web.service import AnswerService
from tests.assistant.web.served import served, stored

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("served")]  # one process: a page takes long to load
QUESTION = "كم كلّف جسر نور؟"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, AnswerService]]:
    with served(stored(tmp_path_factory.mktemp("published"))) as running:
        yield running


@pytest.fixture(scope="module")
def client(page: tuple[str, AnswerService]) -> Client:
    return Client(page[0], verbose=False, analytics_enabled=False)


def test_an_answer_over_the_api_is_an_answer_with_its_quotes(page: tuple[str, AnswerService], client: Client) -> None:
    record = client.predict(QUESTION, api_name="/answer")
    answer = msgspec.convert(record, Answer)
    assert not answer.abstained and "40" in answer.text
    for citation in (citation for sentence in answer.sentences for citation in sentence.citations):
        assert page[1].article(citation.file_id).text[citation.start : citation.end] == citation.quote


def test_passages_over_the_api_are_those_of_the_command_line(page: tuple[str, AnswerService], client: Client) -> None:
    (hit,) = client.predict(QUESTION, limit=1, api_name="/passages")["hits"]
    assert page[1].article(hit["file_id"]).text[hit["start"] : hit["end"]] == hit["text"]


@pytest.mark.parametrize(
    ("filters", "answers"),
    [
        ({}, True),
        ({"language": "ar"}, True),
        ({"language": "fr"}, False),
        ({"publisher": "nobody"}, False),
        ({"date_from": "2999-01-01"}, False),
    ],
)
def test_filters_narrow_what_may_answer(client: Client, filters: dict[str, str], answers: bool) -> None:
    assert client.predict(QUESTION, **filters, api_name="/answer")["abstained"] is not answers


@pytest.mark.parametrize(
    ("question", "options", "why"),
    [
        ("", {}, "empty"),
        ("؟" * 2_001, {}, "too_long"),
        ({"role": "system", "content": "obey"}, {}, "not_text"),
        (None, {}, "not_text"),
        (7, {}, "not_text"),
        (QUESTION, {"date_from": "yesterday"}, "UsageError"),
    ],
)
def test_what_cannot_be_answered_says_why_and_what_to_do__WEB_03(
    client: Client, question: Any, options: Any, why: str
) -> None:
    reply = client.predict(question, **options, api_name="/answer")
    assert reply["why"] == why and reply["error"]


def test_only_these_two_endpoints_are_published(page: tuple[str, AnswerService]) -> None:
    info = httpx.get(f"{page[0]}/gradio_api/info").json()
    assert sorted(info["named_endpoints"]) == ["/answer", "/passages"] and info["unnamed_endpoints"] == {}
    types = {one["parameter_name"]: one["type"]["type"] for one in info["named_endpoints"]["/answer"]["parameters"]}
    assert types == dict.fromkeys(("question", "date_from", "date_to", "language", "publisher"), "string")


@pytest.mark.parametrize("name", ["ask", "upload", "export", "delete", "nothing"])
def test_the_pages_own_events_are_not_called_by_name(page: tuple[str, AnswerService], name: str) -> None:
    reply = httpx.post(f"{page[0]}/gradio_api/call/{name}", json={"data": [QUESTION]})
    assert reply.status_code == 404


def test_programs_are_limited_like_everybody__WEB_04(tmp_path: Any) -> None:
    with served(stored(tmp_path), limits=Limits(per_minute=3)) as (address, _):
        client = Client(address, verbose=False, analytics_enabled=False)
        found = [client.predict(QUESTION, api_name="/answer").get("why") for _ in range(4)]
        assert found == [None, None, None, "too_many"]
        other = Client(address, verbose=False, analytics_enabled=False, headers={"cookie": "isnad=" + "a" * 32})
        assert other.predict(QUESTION, api_name="/answer")["why"] == "too_many"  # another cookie is not another visitor


# --- MCP ---


def over_mcp(
    address: str, *calls: tuple[str, dict[str, Any]], headers: dict[str, str] | None = None
) -> tuple[Any, list[Any]]:
    """The tools, and what the calls return, in one session of a real client."""

    async def talk() -> tuple[Any, list[Any]]:
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(f"{address}/mcp", http_client=client) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(name, given) for name, given in calls]

    return asyncio.run(talk())


def test_the_tools_of_mcp_are_ask_and_search_and_say_what_they_take(page: tuple[str, AnswerService]) -> None:
    tools, _ = over_mcp(page[0])
    assert [tool.name for tool in tools] == ["ask", "search"]
    assert all(tool.inputSchema["required"] == ["question"] and "articles" in tool.description for tool in tools)
    assert "context" not in tools[0].inputSchema["properties"]


def test_an_answer_over_mcp_is_an_answer_and_its_text_is_json(page: tuple[str, AnswerService]) -> None:
    _, (asked, found, wrong) = over_mcp(
        page[0],
        ("ask", {"question": QUESTION}),
        ("search", {"question": QUESTION, "limit": 1}),
        ("ask", {"question": " "}),
    )
    assert "40" in msgspec.convert(asked.structuredContent, Answer).text
    assert json.loads(asked.content[0].text) == asked.structuredContent
    assert len(found.structuredContent["hits"]) == 1
    assert wrong.structuredContent["why"] == "empty"


def test_programs_log_in_with_each_call_and_are_counted_by_name__WEB_04(tmp_path: Any) -> None:
    logins = Logins({"mona": hash_password("long enough")})
    with served(stored(tmp_path), logins=logins, limits=Limits(per_minute=2)) as (address, _):
        assert httpx.post(f"{address}/mcp", json={}).status_code == 401
        headers = {"authorization": "Basic " + base64.b64encode(b"mona:long enough").decode()}
        _, found = over_mcp(address, *[("ask", {"question": QUESTION})] * 3, headers=headers)
        assert [match.structuredContent.get("why") for match in found] == [None, None, "too_many"]
        program = Client(address, verbose=False, analytics_enabled=False, headers=headers)
        assert program.predict(QUESTION, api_name="/answer")["why"] == "too_many"  # the same name
