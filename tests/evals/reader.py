"""A scripted model that knows the gold evidence: it finds it among the numbered passages it is shown and quotes it with
their numbers.

It does what the prompt says and no more: it cites only where the instructions ask for numbers in square brackets,
refuses only where they say how, and stays in the asked language only where they name one. So a changed prompt changes
its answers, and one in other words does not.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Generator, Sequence
from typing import Any

from assistant.chat_model import Message
from evals.cases.case import Case
from index.language.normalize import find, folded
from index.model_api import Reply

SOURCE = re.compile(
    r"^===== \S+ source \[(\d+)\] =====\n(.*?)\n===== \S+ end of source \[\1\] =====$", re.DOTALL | re.MULTILINE
)
QUESTION = re.compile(r"^Question: (.+)$", re.MULTILINE)
LAST = re.compile(r"^The last question: (.+)$", re.MULTILINE)


class Reader:
    """Replies to the prompts `answer`, `condense` and `translate`. `slips` (0..1 by case and repeat) makes it forget an
    answer.
    """

    name = "reader"

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = {self._known(case.question): case for case in cases}
        self._cases |= {self._known(_alone(case)): case for case in cases if case.history}
        self.asked = 0

    @staticmethod
    def _known(question: str) -> str:
        return "".join(letter for letter in folded(question) if letter.isalnum())

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        self.asked += 1
        system, user = messages[0]["content"], messages[1]["content"]
        text = self._said(system, user)
        yield text
        return Reply(text=text, tokens_in=len(user) // 3, tokens_out=len(text) // 3)

    def _said(self, system: str, user: str) -> str:
        if last := LAST.search(user):
            return self._standing(last[1])
        found = QUESTION.findall(user)
        case = self._cases.get(self._known(found[-1])) if found else None
        if "Languages:" in user:
            return case.facts[0].evidence[0][1][:200] if case and case.facts else found[-1]
        refusal = re.search(r"\b(NO_ANSWER)\b", system)
        answer = self._answer(case, dict(SOURCE.findall(user)), cites="square brackets" in system) if case else ""
        if answer:
            return answer
        if refusal:
            return f"{refusal[1]}\nلا تذكر المصادر ذلك."
        first = next(iter(dict(SOURCE.findall(user)).items()))
        return f"{first[1].splitlines()[-1]} [{first[0]}]"

    def _answer(self, case: Case, sources: dict[str, str], *, cites: bool) -> str:
        lines = []
        for fact in case.required:
            places = [
                (number, quote) for _, quote in fact.evidence for number, text in sources.items() if find(quote, text)
            ]
            if places:
                number, quote = places[0]
                lines.append(f"{quote} [{number}]" if cites else quote)
        return "\n".join(dict.fromkeys(lines))

    def _standing(self, question: str) -> str:
        case = self._cases.get(self._known(question))
        return _alone(case) if case else question


def _alone(case: Case) -> str:
    """A follow-up with the question before it."""
    return f"{case.question.rstrip('؟?')} ({case.turns[-1].question.rstrip('؟?')})؟" if case.history else case.question


def main() -> None:
    """Serve the reader of the core suite as an OpenAI-compatible model until Ctrl-C: `python -m tests.evals.reader`."""
    from assistant.generators import run_to_completion
    from evals.cases.case import SUITES, load
    from tests.scripted import Scripted

    reader = Reader(load(SUITES["core"]))

    def reply(messages: list[dict[str, Any]]) -> str:
        return run_to_completion(reader.reply(messages)).text

    with Scripted(reply=reply, pieces=4000) as server:
        sys.stdout.write(f"export OPENAI_BASE_URL={server.url} ISNAD_MODEL=scripted\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
