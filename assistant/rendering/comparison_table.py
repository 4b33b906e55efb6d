"""Lay the cited sentences of a comparison out as a table.

A column for each thing that is compared.
The cells are sentences of the answer with their own citations and verdicts; nothing that a model wrote is read as
markup. What is said of several things, of none, or without a source stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.models import Answer
from index.language.analyzer import stem, words
from index.models import Value


class ComparisonTable(Value, frozen=True, kw_only=True):
    """A table of sentences; `rows[i][j]` are the numbers, from 0, of a cell.

    >>> ComparisonTable(columns=("Tunis", "Amman"), rows=(((0,), (1,)),)).cells
    frozenset({0, 1})
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[int, ...], ...], ...]

    @property
    def cells(self) -> frozenset[int]:
        """The numbers of the sentences that stand in the table."""
        return frozenset(number for row in self.rows for cell in row for number in cell)


def comparison_table(answer: Answer) -> ComparisonTable | None:
    """Return the table of a comparison.

    None where the question compares nothing, or less than two of its things have a cited sentence of their own.

    >>> from assistant.models import Citation, Plan, Sentence
    >>> cited = (Citation(file_id="a", start=0, end=1, quote="x"),)
    >>> texts = ("Tunis owes 3.", "Amman owes 4.")
    >>> sentences = tuple(Sentence(text=text, start=0, end=0, citations=cited) for text in texts)
    >>> plan = Plan(kind="comparison", parts=("debts of Tunis", "Amman"))
    >>> answer = Answer(question="", text="", abstained=False, engine="m", sentences=sentences, plan=plan)
    >>> comparison_table(answer).rows
    (((0,), (1,)),)
    """
    plan = answer.plan
    if answer.abstained or plan is None or plan.kind != "comparison" or len(plan.parts) < 2:
        return None
    own = _own_stems(plan.parts)
    placed = [
        (at, column)
        for at, sentence in enumerate(answer.sentences)
        if sentence.citations and (column := _column(sentence.text, own)) is not None
    ]
    if len({column for _, column in placed}) < 2:
        return None
    return ComparisonTable(columns=plan.parts, rows=_rows(placed, len(plan.parts)))


def _own_stems(parts: Sequence[str]) -> list[frozenset[str]]:
    """Return the stems of each part that no other part has."""
    stems = [frozenset(map(stem, words(part))) for part in parts]
    return [
        own - frozenset().union(*(other for other in stems if other is not own)) for own in stems
    ]  # fmt: skip


def _column(text: str, own: Sequence[frozenset[str]]) -> int | None:
    """Return the part that a sentence names more fully than the others."""
    named = frozenset(map(stem, words(text)))
    shares = [len(stems & named) / len(stems) if stems else 0.0 for stems in own]
    best = max(shares)
    return shares.index(best) if best > 0 and shares.count(best) == 1 else None


def _rows(placed: Sequence[tuple[int, int]], columns: int) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Return a row for each round of the columns, or one row where they take no turns.

    Sentences stand side by side only if the answer told them in turn; otherwise each column holds its own in one cell.
    """
    rounds = [placed[start : start + columns] for start in range(0, len(placed), columns)]
    in_turn = all(len({column for _, column in group}) == columns for group in rounds)
    return tuple(
        tuple(tuple(at for at, column in group if column == wanted) for wanted in range(columns))
        for group in (rounds if in_turn else [placed])
    )
