"""The record of prompts that passed: a changed, unevaluated prompt is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from evals.engines.engine import prompt_hashes, prompt_texts
from evals.gate import baseline
from evals.log.run_log import Manifest
from evals.models import json_lines
from index.errors import UsageError
from index.models import Value

RECORD = "passed.jsonl"


class GatePass(Value, frozen=True, kw_only=True):
    """A passed gate: with which prompts, by which engine and model, on which cases."""

    at: datetime
    engine: str
    model: str | None
    cases: str  # their fingerprint
    prompts: dict[str, str]  # name -> hash
    commit: str | None
    how: str  # "gate", or "baseline" where a run with these prompts became the baseline


def records(folder: Path | None = None) -> tuple[GatePass, ...]:
    """Read every passed gate, oldest first."""
    path = (folder or baseline.FOLDER) / RECORD
    try:
        rows = json_lines(path.read_bytes()) if path.exists() else ()
        return tuple(msgspec.json.decode(line, type=GatePass) for line in rows)
    except msgspec.DecodeError as error:
        raise UsageError("evals.records_damaged", path=path, error=error) from error


def record(manifest: Manifest, cases: str, at: datetime, *, how: str = "gate", folder: Path | None = None) -> None:
    """Record that the run's prompts passed, once.

    A run without prompts is no evidence of any.
    """
    if not manifest.prompts:
        return
    passed = GatePass(
        at=at,
        engine=manifest.engine,
        model=manifest.model,
        cases=cases,
        prompts=dict(manifest.prompts),
        commit=manifest.commit,
        how=how,
    )
    same = [msgspec.structs.replace(earlier, at=at, commit=manifest.commit) for earlier in records(folder)]
    if passed in same:
        return
    folder = folder or baseline.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / RECORD).open("ab") as file:
        file.write(msgspec.json.encode(passed) + b"\n")


def unrecorded(prompts: Mapping[str, str] | None = None, folder: Path | None = None) -> list[str]:
    """Name the prompts whose hash is in no record.

    `prompts` maps names to hashes (default: the program's).
    """
    prompts = prompt_hashes(prompt_texts()) if prompts is None else prompts
    seen = {pair for passed in records(folder) for pair in passed.prompts.items()}
    return sorted(name for name, value in prompts.items() if (name, value) not in seen)


def unexercised(manifest: Manifest, prompts_folder: Path | None = None, folder: Path | None = None) -> tuple[str, ...]:
    """Name the changed prompts that a run does not use.

    A pass of that run would say nothing of them.

    Changed is a prompt whose hash is in no record; without any record nothing is known to have changed.
    """
    if not records(folder):
        return ()
    hashes = prompt_hashes(prompt_texts(prompts_folder) if prompts_folder else prompt_texts())
    return tuple(name for name in unrecorded(hashes, folder) if manifest.prompts.get(name) != hashes[name])
