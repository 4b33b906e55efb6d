"""Which prompts passed the gate: a record beside the baselines, so that a prompt file that was changed and never evaluated is found out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from evals.engines.engine import prompt_hashes, prompt_texts
from evals.gate import baseline
from evals.log.run_log import Manifest
from evals.models import lines
from index.errors import UsageError
from index.models import Value

RECORD = "passed.jsonl"


class Passed(Value, frozen=True, kw_only=True):
    """A gate that was passed: with which prompts, by which engine and model, on which cases."""

    at: datetime
    engine: str
    model: str | None
    cases: str  # their fingerprint
    prompts: dict[str, str]  # name -> hash
    commit: str | None
    how: str  # "gate", or "baseline" where the prompts were blessed


def records(folder: Path | None = None) -> tuple[Passed, ...]:
    """Every gate that was passed, oldest first."""
    path = (folder or baseline.FOLDER) / RECORD
    try:
        return (
            tuple(msgspec.json.decode(line, type=Passed) for line in lines(path.read_bytes())) if path.exists() else ()
        )
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is damaged: {error}; mend it, or take the committed one") from error


def record(manifest: Manifest, cases: str, at: datetime, *, how: str = "gate", folder: Path | None = None) -> None:
    """Write down that these prompts passed, once. An engine that uses no prompt says nothing about any."""
    if not manifest.prompts:
        return
    same = (manifest.engine, manifest.model, cases, manifest.prompts, how)
    if any(
        (record.engine, record.model, record.cases, record.prompts, record.how) == same for record in records(folder)
    ):
        return
    passed = Passed(
        at=at,
        engine=manifest.engine,
        model=manifest.model,
        cases=cases,
        prompts=dict(manifest.prompts),
        commit=manifest.commit,
        how=how,
    )
    folder = folder or baseline.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / RECORD).open("ab") as file:
        file.write(msgspec.json.encode(passed) + b"\n")


def unrecorded(prompts: Mapping[str, str] | None = None, folder: Path | None = None) -> list[str]:
    """The prompts, by name, whose hash no passing record has. `prompts`: name → hash (default: those of the program)."""
    prompts = prompt_hashes(prompt_texts()) if prompts is None else prompts
    seen = {pair for record in records(folder) for pair in record.prompts.items()}
    return sorted(name for name, value in prompts.items() if (name, value) not in seen)
