"""A run that somebody will kill: FOLDER as its argument. Every answer asked for is billed in FOLDER/bill, every answer kept is told on stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evals.cases.case import Case
from evals.log.run_log import Log
from evals.metrics.citation_support import Checked
from evals.models import Entry, Reply
from evals.runner import Pace, run
from tests.evals import town


class Billing(town.Clerk):
    """The clerk, who writes down what he is asked before he answers."""

    def __init__(self, bill: Path) -> None:
        super().__init__(deterministic=False)
        self._bill = os.open(bill, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def answer(self, case: Case, repeat: int) -> Reply:
        os.write(self._bill, f"{case.id} {repeat}\n".encode())
        return super().answer(case, repeat)


class Telling(Log):
    """A log that says aloud what is on disk."""

    def append(self, entry: Entry) -> None:
        super().append(entry)
        os.write(1, f"{entry.case} {entry.repeat}\n".encode())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Telling(folder / "log.jsonl") as log:
        run(
            town.CASES,
            Billing(folder / "bill"),
            town.CORPUS,
            Checked(town.CORPUS),
            log,
            pace=Pace(workers=2, repeats=6),
        )
    os.write(1, b"done\n")
