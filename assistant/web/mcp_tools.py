"""Serve the tools `ask` and `search` over MCP.

If the extra isnad[mcp] is installed.

They are not Gradio's own, which hand over a Python repr and connect to the page a second time, without the caller's
login.
"""

from __future__ import annotations

from typing import Any

from mcp.server.fastmcp import Context, FastMCP
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from assistant.web.api_endpoints import answer_record, search_record
from assistant.web.service import AnswerService

Called = Context[Any, Any, Request]


def tools(service: AnswerService) -> FastMCP[Any]:
    """Return the MCP server: stateless streamable HTTP with replies of JSON."""
    guarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # the guard knows the page's names
    server: FastMCP[Any] = FastMCP(
        "isnad",
        instructions="Questions answered from news articles; every sentence comes with the words that bear it out.",
        stateless_http=True,
        json_response=True,
        log_level="ERROR",
        transport_security=guarded,
    )

    async def ask(
        question: str,
        context: Called,
        date_from: str = "",
        date_to: str = "",
        language: str = "",
        publisher: str = "",
        effort: str = "",
    ) -> dict[str, Any]:
        """Answer a question (in Arabic or any other language, at most 2,000 characters) from the indexed news articles.

        Every sentence of the answer comes with its verdict and with citations: file_id, start, end and the
        article's own words. Where the articles do not answer, `abstained` is true and `closest` holds the nearest
        passages. Dates are as 2025-12-23, the language as ar; filters may be empty.
        The effort is quick, normal or thorough: how much a model may be asked beside the answer.
        """
        chosen = (date_from, date_to, language, publisher, effort)
        return await run_in_threadpool(answer_record, service, _request(context), question, *chosen)

    async def search(
        question: str,
        context: Called,
        limit: int = 10,
        date_from: str = "",
        date_to: str = "",
        language: str = "",
        publisher: str = "",
    ) -> dict[str, Any]:
        """Find the passages of the indexed news articles that say most of what a question says, best first (1 to 50).

        Each comes with file_id, start, end, its text, a score of 0 to 1, the article's title and day. Filters as
        for `ask`.
        """
        chosen = (date_from, date_to, language, publisher)
        return await run_in_threadpool(search_record, service, _request(context), question, limit, *chosen)

    server.add_tool(ask)
    server.add_tool(search)
    return server


def _request(context: Called) -> Request:
    request = context.request_context.request
    assert request is not None  # over HTTP there always is one
    return request
