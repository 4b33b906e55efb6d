"""The writer that answers with a chat model."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import date
from typing import TYPE_CHECKING

from assistant.chat_model import Model, Prices
from assistant.generative.compose import WritingOptions, compose, language_name
from assistant.models import Draft, Plan
from assistant.query.parse import Question
from assistant.query.plan import NO_DAYS, Archive
from assistant.source_selection import POOL
from index.models import Hit

if TYPE_CHECKING:
    from assistant.grounding.entailment import EntailmentModel


class ModelWriter:
    """Writes answers with a model.

    `count` counts tokens; `today` is the clock, an input so that a request can be repeated; `judge` checks what was
    written. `instructions` makes, from the name of a language, what stands in place of those of the prompt `answer`.
    """

    candidates = POOL

    def __init__(
        self,
        model: Model,
        *,
        count: Callable[[str], int],
        budget: int,
        prices: Prices,
        today: Callable[[], date] = date.today,
        repair: bool = False,
        judge: Model | None = None,
        entailment: EntailmentModel | None = None,
        instructions: Callable[[str], str] | None = None,
    ) -> None:
        self.engine = f"model:{model.name}"
        self.model, self.prices, self.judge, self.entailment = model, prices, judge, entailment
        self._count, self._budget, self._today, self._repair = count, budget, today, repair
        self._instructions = instructions

    def write(
        self, question: Question, hits: tuple[Hit, ...], plan: Plan | None = None, archive: Archive = NO_DAYS
    ) -> Generator[str, None, Draft]:
        """Yield what the model writes and return the draft.

        Raises ProviderError where it never began.
        """
        instructions = self._instructions(language_name(question.language)) if self._instructions else None
        shown = WritingOptions(
            today=self._today(),
            language=question.language,
            plan=plan or Plan(),
            archive=archive,
            budget=self._budget,
            prices=self.prices,
            repair=self._repair,
            instructions=instructions,
        )
        return (yield from compose(question.text, hits, model=self.model, count=self._count, shown=shown))
