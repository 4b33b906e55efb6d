"""Models of other libraries where a model of ours is accepted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from assistant.chat_model import Message, Model
from index.errors import ProviderCut, UsageError
from index.messages.reason import Reason
from index.model_api import Reply, error_mapping
from index.model_api.cancellation import BackgroundStream, StreamEnded

if TYPE_CHECKING:
    from llama_index.core.base.llms.base import BaseLLM
    from llama_index.core.base.llms.types import ChatMessage


def as_model(model: Any) -> Model:
    """Return a model of ours as it is and an LLM of llama-index wrapped as one.

    Raises UsageError for anything else.

    >>> from pathlib import Path
    >>> from assistant.chat_model import Recorded
    >>> as_model(Recorded(Path("recordings"))).name
    'recorded'
    """
    if callable(getattr(model, "reply", None)) and hasattr(model, "name"):
        return model  # type: ignore[no-any-return]
    if callable(getattr(model, "stream_chat", None)):
        return LlamaModel(model)
    raise UsageError("models.not_a_model", type=type(model).__name__)


class LlamaModel:
    """Any LLM of llama-index where a model of ours is accepted."""

    def __init__(self, llm: BaseLLM) -> None:
        self._llm = llm
        name = llm.metadata.model_name
        self.name = type(llm).__name__ if name in (None, "", "unknown") else str(name)

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Yield the LLM's reply as it streams.

        Raises ProviderError before the first word, ProviderCut after it.

        The LLM is asked in a thread of its own; a reader who leaves abandons it, and it ends at the LLM's next piece.
        """
        from llama_index.core.base.llms.types import ChatMessage  # imported already: it made the LLM

        pieces: list[str] = []
        raw: list[Any] = []
        asked = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        context = copy_context()  # llama-index keeps its traces there
        try:
            with BackgroundStream(lambda stream: context.run(self._ask, asked, stream)) as stream:
                while True:
                    text, response = stream.get()
                    raw.append(response)
                    if text:
                        pieces.append(text)
                        yield text
        except StreamEnded:
            return self._finished("".join(pieces), raw)
        except Exception as error:
            failed = error_mapping.of_exception(error, self.name).error
            if pieces:
                raise ProviderCut("provider.broke_off", "".join(pieces), error=failed) from None
            raise failed from None

    def _ask(self, messages: Sequence[ChatMessage], output: BackgroundStream) -> None:
        """Put the pieces of the reply, each with the raw response.

        A single piece where the LLM cannot stream.
        """
        try:
            for part in self._llm.stream_chat(messages):
                output.put((part.delta, part.raw))
        except NotImplementedError:
            reply = self._llm.chat(messages)
            output.put((reply.message.content, reply.raw))

    def _finished(self, text: str, raw: Sequence[Any]) -> Reply:
        """Return the reply if it is complete; without any choices it counts as complete."""
        if not text.strip():
            raise error_mapping.nonsense(self.name, Reason("provider.nonsense_wordless"))
        choices_sent = [choices[0] for part in raw if (choices := getattr(part, "choices", None))]
        finish = getattr(choices_sent[-1], "finish_reason", None) if choices_sent else "stop"
        if finish in (None, "length", "content_filter"):
            raise ProviderCut("provider.ended_by", text, model=self.name, finish=finish or Reason("provider.no_finish"))
        usage = next((part.usage for part in reversed(raw) if getattr(part, "usage", None)), None)
        tokens_in, tokens_out = (getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
        return Reply(text=text, finish=str(finish), tokens_in=tokens_in, tokens_out=tokens_out)
