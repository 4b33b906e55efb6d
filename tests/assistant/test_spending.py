"""A model that is paid for from a budget."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest

from assistant.budget import Budget, BudgetedModel, BudgetSpent
from assistant.chat_model import Message, Prices
from assistant.generators import run_to_completion
from index.model_api import Reply

PRICES = Prices(tokens_in=1_000_000.0, tokens_out=1_000_000.0)  # one for a token
ASKED: list[Message] = [{"role": "user", "content": "من؟"}]


class Tells:
    """Says two words; ten tokens in, two out."""

    name = "tells"
    asked = 0

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        self.asked += 1
        yield "الوالي "
        yield "كمال"
        return Reply(text="الوالي كمال", requests=1, tokens_in=10, tokens_out=2)


def test_a_call_that_might_overdraw_the_budget_is_not_made() -> None:
    model, budget = Tells(), Budget(30.0, lambda messages: 15.0)
    metered = BudgetedModel(model, budget, PRICES, len)
    assert run_to_completion(metered.reply(ASKED)).text == "الوالي كمال" and budget.spent == 12.0
    run_to_completion(metered.reply(ASKED))
    with pytest.raises(BudgetSpent, match=r"24\.0000 of 30"):
        run_to_completion(metered.reply(ASKED))
    assert model.asked == 2 and budget.spent == 24.0


def test_a_reply_that_is_left_half_way_is_paid_for_as_far_as_it_came() -> None:
    budget = Budget(None)
    replying = BudgetedModel(Tells(), budget, PRICES, len).reply(ASKED)
    assert next(replying) == "الوالي "
    replying.close()
    assert budget.spent == len("من؟") + len("الوالي ")
