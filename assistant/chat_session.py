"""A conversation with an assistant, turn after turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.models import Answer
from assistant.query.followups import Conversation, Turn
from assistant.streaming import AsyncStream, Stream


class Talk:
    """A conversation with an assistant. Each answer becomes a turn.

    >>> from assistant import Assistant
    >>> with Assistant.open(sample) as assistant:
    ...     talk = assistant.conversation()
    ...     _ = talk.ask("كم ساعة استمرت محادثات بوتين والأسد؟")
    >>> talk
    Talk(1 turns)
    """

    def __init__(self, stream: Callable[..., Stream], conversation: Conversation) -> None:
        self._stream, self.conversation = stream, conversation

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns so far, oldest first."""
        return self.conversation.turns

    def ask(self, question: str, **options: Any) -> Answer:
        """Answer a question that may refer to those before.

        Options and errors as of `Assistant.ask`.
        """
        return self.stream(question, **options).answer

    def stream(self, question: str, **options: Any) -> Stream:
        """Stream the answer. It becomes a turn when it has been read to its end."""
        pieces = self._stream(question, conversation=self.conversation, **options)
        return pieces.then(self._keep)

    async def aask(self, question: str, **options: Any) -> Answer:
        """Answer without blocking the event loop."""
        return await AsyncStream(self.stream(question, **options)).finished()

    def _keep(self, answer: Answer) -> None:
        alone = answer.searched[0] if answer.searched else answer.question
        self.conversation = self.conversation.after(answer.question, answer.text, alone)

    def __repr__(self) -> str:
        return f"Talk({len(self.turns)} turns)"
