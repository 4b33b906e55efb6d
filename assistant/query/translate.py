"""Translate a question into the languages of the articles, for search."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import prompts
from assistant.chat_model import LANGUAGES, Model, usage_of, with_token_counts
from assistant.generators import run_to_completion
from assistant.models import Usage
from assistant.prompt_context import plain
from index.models import Value

LONGEST = 500  # characters of a translated question


class Translated(Value, frozen=True, kw_only=True):
    """The question in other languages, as many as the model returned, and its usage."""

    questions: tuple[str, ...]
    usage: Usage


def translated(question: str, languages: Sequence[str], *, model: Model, count: Callable[[str], int]) -> Translated:
    """Translate a question; raise ProviderError if the model's server fails."""
    named = [LANGUAGES.get(language, language) for language in languages]
    asked = prompts.render("translate", question=plain(question), languages=named).messages
    reply = with_token_counts(run_to_completion(model.reply(asked)), asked, count)
    lines = [line.strip(" \t\"'«»“”*-") for line in plain(reply.text).splitlines()]
    kept = dict.fromkeys(line for line in lines if line and len(line) <= LONGEST)
    return Translated(questions=tuple(kept)[: len(languages)], usage=usage_of([reply]))
