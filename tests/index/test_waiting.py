"""`isnad index` embeds now, in the background, or, in a large store, only when asked to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import store_commands
from index.embeddings.carried import missing_packages
from tests.shop import isnad, isnad_json, write

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(missing_packages()), reason="the carried model is not installed"),
]

NEWS = {
    "a.txt": "جسر نور\n\nافتتح المحافظ كمال الراوي جسر نور يوم الجمعة.",
    "b.txt": "مطر غزير\n\nهطل مطر غزير على الساحل وأغلقت المدارس أبوابها.",
}


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[Any]]:
    """The processes that the command starts to embed; a child of Chroma is none of them."""
    started, real = list[subprocess.Popen[Any]](), subprocess.Popen

    def start(command: Any, **options: Any) -> subprocess.Popen[Any]:
        process = real(command, **options)
        if "assistant.cli.main" in command:
            started.append(process)
        return process

    monkeypatch.setattr(store_commands.subprocess, "Popen", start)
    return started


def index(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    write(folder / "articles", NEWS)
    return isnad("index", folder / "articles", "--store", folder / "store", *options)


def meaning(folder: Path) -> dict[str, Any]:
    return dict(isnad_json("status", "--store", folder / "store")["meaning"])


@pytest.mark.parametrize("options", [(), ("--wait",)])
def test_a_small_store_is_embedded_before_the_command_ends(
    tmp_path: Path, children: list[Any], options: tuple[str, ...]
) -> None:
    assert index(tmp_path, *options).returncode == 0
    status = meaning(tmp_path)
    assert status["used"] and status["embedded"] == status["passages"] == 2 and not children


def test_with_no_wait_words_are_found_at_once_and_a_process_that_ends_embeds_the_rest(
    tmp_path: Path, children: list[subprocess.Popen[Any]]
) -> None:
    run = index(tmp_path, "--no-wait")
    assert run.returncode == 0 and "in the background; see: isnad status" in run.stderr
    assert isnad_json("search", "جسر نور", "--store", tmp_path / "store")["hits"][0]["file_id"] == "a"
    (child,) = children
    assert child.wait(120) == 0  # it ends by itself, and leaves no process behind
    if Path("/proc/self").exists():
        assert not [pid for pid in Path("/proc").glob("[0-9]*") if _session(pid) == child.pid]
    assert meaning(tmp_path)["used"]


def test_no_process_is_started_where_nothing_is_left_to_embed(tmp_path: Path, children: list[Any]) -> None:
    index(tmp_path, "--wait")
    run = index(tmp_path, "--no-wait")
    assert run.returncode == 0 and "background" not in run.stderr and not children


def test_a_large_store_is_embedded_only_when_asked_to_and_the_minutes_are_said(
    tmp_path: Path, children: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_commands, "ASK_FIRST", 1)
    run = index(tmp_path)
    assert run.returncode == 0 and "embedding 2 passages" in run.stderr and "1 minutes of one processor" in run.stderr
    status = meaning(tmp_path)
    assert status["embedded"] == 0 and not status["used"] and "run: isnad index" in status["trouble"] and not children
    assert index(tmp_path, "--wait").returncode == 0
    assert meaning(tmp_path)["used"]


def test_while_a_process_embeds_another_is_told_so_and_the_words_are_found(tmp_path: Path) -> None:
    index(tmp_path, "--wait")
    script = (
        "import sys, time; from pathlib import Path; from index.store.ledger import Ledger; "
        "from index.vectors.filling import filling_lock\n"
        "with filling_lock(Ledger.open(Path(sys.argv[1]))): print('held', flush=True); time.sleep(60)"
    )
    write(tmp_path / "articles", {"c.txt": "سوق الذهب\n\nارتفع سعر الذهب في السوق."})
    command = [sys.executable, "-c", script, str(tmp_path / "store")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        run = isnad("index", tmp_path / "articles", "--store", tmp_path / "store", "--wait")
        holder.kill()
    assert run.returncode == 1 and "embed" in run.stderr
    assert isnad_json("search", "سعر الذهب", "--store", tmp_path / "store")["hits"][0]["file_id"] == "c"


def _session(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return None
