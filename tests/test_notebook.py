"""The notebook of the examples: it runs from top to bottom with no key, shows what it promises, and is committed as it
ran.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
PATH = EXAMPLES / "quickstart.ipynb"
pytestmark = [pytest.mark.process, pytest.mark.xdist_group("notebook")]  # it runs once, not once in every process


def named(notebook: Any) -> dict[str, Any]:
    """The code cells by their tag."""
    return {cell.metadata.tags[0]: cell for cell in notebook.cells if cell.cell_type == "code"}


def shown(cell: Any, kind: str = "text/html") -> str:
    """What a cell shows of one kind; `text` is what it prints."""
    if kind == "text":
        return "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return "".join(output.data.get(kind, "") for output in cell.outputs if "data" in output)


@pytest.fixture(scope="module")
def ran() -> dict[str, Any]:
    """The cells of the notebook after a run, about 15 seconds."""
    notebook: Any = nbformat.read(PATH, 4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    )
    client.execute()
    return named(notebook)


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return named(nbformat.read(PATH, 4))  # type: ignore[no-untyped-call]


def test_the_sample_reports_go_in(ran: dict[str, Any]) -> None:
    assert "5 added" in shown(ran["add"]) and "0 skipped" in shown(ran["add"])
    assert shown(ran["articles"]).count("<tr>") == 6


def test_an_answer_shows_itself_and_its_quotes_unfold(ran: dict[str, Any]) -> None:
    page = shown(ran["ask"])
    assert "15 أكتوبر" in page and 'dir="rtl"' in page and "<details" in page and "<mark" in page
    assert "<script" not in page and "Answer(" in shown(ran["ask"], "text/plain")
    assert "15 أكتوبر" in shown(ran["ask"], "text/markdown")


def test_the_evidence_is_data(ran: dict[str, Any]) -> None:
    assert "supported: 1.0" in shown(ran["evidence"], "text") and "004_9f5a928a3eee6293" in shown(ran["evidence"])
    assert "supported" in shown(ran["frame"])


def test_what_is_not_answered_is_refused_with_the_closest_passages(ran: dict[str, Any]) -> None:
    assert "refused, 3 closest passages" in shown(ran["refusal"], "text/plain")


def test_an_english_question_about_arabic_articles_is_answered_by_meaning(ran: dict[str, Any]) -> None:
    assert (
        "القمة" in shown(ran["english"])
        and "Verbatim quotation" in shown(ran["english"])
        and "refused" not in shown(ran["english"], "text/plain")
    )


def test_a_date_leaves_the_articles_that_have_a_later_one(ran: dict[str, Any]) -> None:
    assert "003_a84ef65c2610b456" in shown(ran["dates"]) and "001_dc8abb098d9da563" not in shown(ran["dates"])
    assert shown(ran["search"]).count("<summary>") == 3


def test_a_follow_up_is_understood_and_answered(ran: dict[str, Any]) -> None:
    assert "التقى الأسد" in shown(ran["follow"], "text") and "نحو 3 ساعات" in shown(ran["follow"], "text/markdown")


def test_text_comes_in_a_running_loop(ran: dict[str, Any]) -> None:
    assert "3 ساعات. [002_924c621b7ea87b2a]" in shown(ran["stream"], "text")


def test_a_stream_shows_itself_and_ends_as_the_answer(ran: dict[str, Any]) -> None:
    (output,) = ran["live"].outputs
    assert output.output_type == "display_data" and "<details" in output.data["text/html"]
    assert "aria-busy" not in output.data["text/html"]


def test_two_articles_are_compared(ran: dict[str, Any]) -> None:
    assert "بيلاوسوف" in shown(ran["compare"]) and "بيلوسوف" in shown(ran["compare"])


def test_three_cases_are_scored(ran: dict[str, Any]) -> None:
    assert "of 3 cases passed" in shown(ran["evals"]) and shown(ran["evals"]).count("<tr>") == 4


def test_what_an_llm_of_llama_index_makes_up_is_found(ran: dict[str, Any]) -> None:
    assert "model:always-the-same" in shown(ran["llm"])
    true, invented = shown(ran["verdicts"], "text").strip().split("\n")
    assert (
        true.startswith("unchecked") and invented.startswith("unsupported") and "40 is not in the evidence" in invented
    )


def test_the_store_serves_a_query_engine_with_exact_offsets(ran: dict[str, Any]) -> None:
    assert len(shown(ran["engine"], "text").strip().split("\n")) == 3


def test_the_committed_notebook_ran_from_top_to_bottom(committed: dict[str, Any]) -> None:
    assert [cell.execution_count for cell in committed.values()] == [*range(1, len(committed) + 1)]
    for name, cell in committed.items():
        assert all(output.output_type != "error" for output in cell.outputs), name
        assert cell.outputs or name == "close", name


def test_the_committed_outputs_are_of_the_same_kinds_as_a_run(ran: dict[str, Any], committed: dict[str, Any]) -> None:
    def kinds(cell: Any) -> list[tuple[str, list[str]]]:
        return [(output.output_type, sorted(output.get("data", {}))) for output in cell.outputs]

    assert {name: kinds(cell) for name, cell in ran.items()} == {name: kinds(cell) for name, cell in committed.items()}


def test_the_committed_notebook_names_no_place_of_a_machine() -> None:
    text = PATH.read_text("utf-8")
    for place in ("/" + "tmp/", "/" + "root", "/" + "home/", "/" + "work/", "/" + "Users/", str(EXAMPLES.parent)):
        assert place not in text
