"""Measure a judge on the report part of the claims: `python -m tools.measure_judge [--live] [--part development]`.

Each passage is one request with its twelve claims, to the model that is configured (OPENAI_BASE_URL, ISNAD_MODEL), as
`isnad check --judge` sends it. With --live the model is asked and its replies are kept in judge_replies.jsonl beside
this file; without it the kept replies are read, so that the figures can be had again offline. Printed are totals only,
with 95 % intervals (Wilson): true claims called supported, false claims called supported, by language and by kind, and
how many deciding quotes were found verbatim at the first reply.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from assistant import container
from assistant.chat_model import Message, Model
from assistant.generative.verification import checked_record, judged_claims
from assistant.settings import Settings
from evals.metrics.statistics import wilson
from index.errors import ProviderError
from index.model_api import Reply
from tools.claims import Claim, Passage, load

KEPT = Path(__file__).with_name("judge_replies.jsonl")
AT_ONCE = 80  # requests under way: a person or a model behind a relay answers them in any order

Row = tuple[Claim, dict[str, Any]]


class KeptReplies:
    """Reply from a file, by the hash of the request.

    Ask `model`, if given, for what the file lacks.
    """

    name = "kept"

    def __init__(self, path: Path, model: Model | None) -> None:
        self._path, self._model, self._lock = path, model, Lock()
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._replies: dict[str, str] = {row["request"]: row["reply"] for row in map(json.loads, lines)}
        self.asked: Counter[str] = Counter()

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Yield the whole reply at once."""
        key = hashlib.sha256(json.dumps([[m["role"], m["content"]] for m in messages]).encode()).hexdigest()[:20]
        if key not in self._replies:
            if self._model is None:
                raise ProviderError(f"no reply is kept for request {key}; run with --live")
            work = self._model.reply(messages)
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    text = end.value.text
                    break
            with self._lock:
                self._replies[key] = text
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"request": key, "reply": text}, ensure_ascii=False) + "\n")
        with self._lock:
            self.asked[key] += 1
        yield self._replies[key]
        return Reply(text=self._replies[key])


def judged(passage: Passage, model: Model) -> list[Row]:
    """Check and judge all claims of a passage in one request."""
    lines = [{"claim": claim.claim, "context": passage.context} for claim in passage.claims]
    rows = [checked_record(line) for line in lines]
    return list(zip(passage.claims, judged_claims(lines, rows, model), strict=True))


def share(rows: Sequence[Row]) -> str:
    """Return how many rows are called supported, as a share with its interval."""
    supported = sum(row["verdict"] == "supported" for _, row in rows)
    interval = wilson(supported, len(rows))
    return f"{supported}/{len(rows)} = {supported / max(1, len(rows)):.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def main() -> None:
    """Print the totals."""
    parser = argparse.ArgumentParser(prog="python -m tools.measure_judge")
    parser.add_argument("--live", action="store_true", help="ask the configured model for what is not kept")
    parser.add_argument("--part", choices=("report", "development"), default="report")
    options = parser.parse_args()
    model = KeptReplies(KEPT, container.judge_model(Settings.load()) if options.live else None)
    passages = [passage for passage in load() if passage.part == options.part]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = [row for batch in pool.map(lambda passage: judged(passage, model), passages) for row in batch]
    language = {claim.id: passage.lang for passage in passages for claim in passage.claims}
    across = {claim.id for claim, _ in rows if claim.lang != language[claim.id]}
    errors = sum("error" in row["judge"] for _, row in rows)
    print(
        f"{len(passages)} passages, {len(rows)} claims, {sum(model.asked.values())} requests; no ruling on "
        f"{errors} claims"
    )
    for label, chosen in (
        ("all", rows),
        ("Arabic", [row for row in rows if row[0].lang == "ar" and row[0].id not in across]),
        ("English", [row for row in rows if row[0].lang == "en" and row[0].id not in across]),
        ("across languages", [row for row in rows if row[0].id in across]),
    ):
        print(f"{label:17} true called supported {share([row for row in chosen if row[0].label == 'true'])}")
        print(f"{'':17} false called supported {share([row for row in chosen if row[0].label == 'false'])}")
    print("false called supported by kind:")
    kinds = Counter(claim.kind for claim, _ in rows if claim.label == "false")
    passed = Counter(claim.kind for claim, row in rows if claim.label == "false" and row["verdict"] == "supported")
    print("  " + ", ".join(f"{kind} {passed[kind]}/{number}" for kind, number in sorted(kinds.items())))
    rulings = [row["judge"] for _, row in rows if row["judge"].get("label", "none") != "none"]
    print(f"rulings with quotes that were found verbatim in the passage: {len(rulings)}; second requests: "
          f"{sum(model.asked.values()) - len(passages)}")  # fmt: skip


if __name__ == "__main__":
    main()
