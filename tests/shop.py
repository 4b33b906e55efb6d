"""What many tests do: write articles, index them, run the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant import wiring
from assistant.config import Settings
from index.build import sync
from index.records import SyncReport


def index(path: Path, store: Path) -> SyncReport:
    """Index a PATH into a store, in this process."""
    ledger, derived = wiring.writing(store, Settings())
    try:
        return sync(path, ledger, derived)
    finally:
        wiring.let_go(ledger, derived)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def isnad(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    command = [sys.executable, "-m", "assistant.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def isnad_json(*arguments: str | Path) -> Any:
    """The one object that a command prints with --json."""
    run = isnad(*arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
