"""Run a second look as an agent of llama-index.

Its workflow, its tools, and a model of ours as its LLM.

Imports llama_index (three seconds), so only when a second look is made.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool, ToolMetadata, ToolSelection

from assistant.agent.tools import TOGETHER, TOOLS, Toolbox
from assistant.chat_model import Message

NO_TOOL = "none"  # the tool for calls of no tool, which refuses them

Ask = Callable[[list[Message]], str]  # the reply to messages, "" where no more may be asked


def run_agent(messages: Sequence[Message], ask: Ask, toolbox: Toolbox, boundary: str) -> list[str]:
    """Let a model call tools until it says that enough is there, or until the bounds.

    Return the handles it keeps.
    """
    llm = _AgentModel.over(ask, toolbox, boundary)
    tools = [_tool(name, toolbox) for name in (*TOOLS, NO_TOOL)]
    system, user = messages[0]["content"], messages[-1]["content"]
    agent = FunctionAgent(name="look", llm=llm, tools=list(tools), system_prompt=system, streaming=False)
    memory = ChatMemoryBuffer(token_limit=10**9, tokenizer_fn=list)
    rounds = toolbox.left + 2  # each makes a call or ends; one more than llama-index lets through

    async def work() -> None:
        await agent.run(user_msg=user, memory=memory, max_iterations=rounds)

    asyncio.run(work())
    return llm.keep


def _tool(name: str, toolbox: Toolbox) -> FunctionTool:
    async def call(arguments: dict[str, Any]) -> str:
        return toolbox.call(str(arguments.pop("tool", name)), arguments)

    return FunctionTool(async_fn=call, metadata=ToolMetadata(name=name, description=name))


class _AgentModel(FunctionCallingLLM):
    """A model of ours as the LLM of an agent: its calls are JSON in its reply."""

    _ask: Any = PrivateAttr()
    _toolbox: Any = PrivateAttr()
    _boundary: str = PrivateAttr()
    _most: int = PrivateAttr()  # calls that may be made
    _calls: int = PrivateAttr(default=0)
    _keep: list[str] = PrivateAttr(default_factory=list)

    @classmethod
    def over(cls, ask: Ask, toolbox: Toolbox, boundary: str) -> _AgentModel:
        model = cls()
        model._ask, model._toolbox, model._boundary, model._most = ask, toolbox, boundary, toolbox.left
        return model

    @property
    def keep(self) -> list[str]:
        """The handles that the last reply keeps."""
        return self._keep

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, is_function_calling_model=True, model_name="isnad")

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Return the reply to a conversation with tools.

        An empty one where no call is left.
        """
        text = self._ask(self._flat(messages)) if self._toolbox.left > 0 else ""
        calls, keep = read_reply(text)
        self._keep = keep or self._keep
        selected = []
        for call in calls[:TOGETHER]:
            self._calls += 1
            tool = str(call.get("tool"))
            name = tool if tool in TOOLS else NO_TOOL
            selected.append(
                ToolSelection(tool_id=f"{self._calls:04}", tool_name=name, tool_kwargs={"arguments": dict(call)})
            )
        message = ChatMessage(role=MessageRole.ASSISTANT, content=text, additional_kwargs={"calls": selected})
        return ChatResponse(message=message)

    def get_tool_calls_from_response(self, response: ChatResponse, *args: Any, **kwargs: Any) -> list[ToolSelection]:
        calls: list[ToolSelection] = response.message.additional_kwargs["calls"]
        return calls

    async def achat_with_tools(self, *args: Any, **kwargs: Any) -> ChatResponse:
        return await self.achat(kwargs["chat_history"])

    def _flat(self, messages: Sequence[ChatMessage]) -> list[Message]:
        """Return the conversation in roles that every server knows.

        Results stand between lines of the code.
        """
        flat: list[Message] = []
        results: list[ChatMessage] = []
        left = self._most
        for message in [*messages, ChatMessage(role=MessageRole.ASSISTANT, content="")]:
            if message.role == MessageRole.TOOL:
                results.append(message)
                continue
            if results:
                results.sort(key=lambda result: str(result.additional_kwargs["tool_call_id"]))
                left = max(0, left - len(results))
                flat.append({"role": "user", "content": self._shown(results, left)})
                results = []
            flat.append({"role": message.role.value, "content": message.content or ""})
        return flat[:-1]

    def _shown(self, results: Sequence[ChatMessage], left: int) -> str:
        mark = f"===== {self._boundary}"
        shown = [f"{mark} result {at} =====\n{result.content}" for at, result in enumerate(results, 1)]
        return "\n".join([*shown, f"{mark} end =====", f"Calls left: {left}"])

    # What an agent does not use.

    def _prepare_chat_with_tools(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        raise NotImplementedError

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        raise NotImplementedError

    stream_chat = astream_chat = chat  # type: ignore[assignment]

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    stream_complete = acomplete = astream_complete = complete  # type: ignore[assignment]


def read_reply(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the calls and the handles to keep of a reply.

    A reply that is no JSON makes a call that is refused.

    >>> read_reply('{"calls": [{"tool": "search", "query": "جسر"}]}')
    ([{'tool': 'search', 'query': 'جسر'}], [])
    >>> read_reply('{"done": true, "keep": ["A1"]}'), read_reply("Nothing more is needed.")
    (([], ['A1']), ([], []))
    """
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0:
        return [], []
    try:
        reply = msgspec.json.decode(text[start:end].encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return [{"tool": NO_TOOL}], []
    if "tool" in reply:
        reply = {"calls": [reply]}
    calls, keep = reply.get("calls"), reply.get("keep")
    return (
        [call if isinstance(call, dict) else {"tool": json.dumps(call)[:40]} for call in calls or () if calls],
        [handle for handle in keep if isinstance(handle, str)] if isinstance(keep, list) else [],
    )
