"""A run that is killed by its parent: FOLDER and how many answers it gives before it waits to be killed (0: no limit).

Every answer asked for is billed in FOLDER/bill, every answer kept is printed on stdout.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from evals.cases.case import Case
from evals.log.run_log import RunLog
from evals.models import LogEntry, Reply
from tests.evals import town


class BillingClerk(town.Clerk):
    """The clerk, who writes down what he is asked before he answers."""

    def __init__(self, bill: Path) -> None:
        super().__init__(deterministic=False)
        self._bill = os.open(bill, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def answer(self, case: Case, repeat: int) -> Reply:
        os.write(self._bill, f"{case.id} {repeat}\n".encode())
        return super().answer(case, repeat)


class PrintingLog(RunLog):
    """A log that prints what is on disk, and after `limit` entries appends nothing more."""

    limit = 0
    _appended = 0

    def append(self, entry: LogEntry) -> None:
        if self.limit and self._appended >= self.limit:
            threading.Event().wait()
        super().append(entry)
        self._appended += 1
        os.write(1, f"{entry.case} {entry.repeat}\n".encode())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with PrintingLog(folder / "log.jsonl") as log:
        log.limit = int(sys.argv[2])
        town.run_town(BillingClerk(folder / "bill"), log, workers=2, repeats=6)
    os.write(1, b"done\n")
