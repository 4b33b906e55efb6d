"""Scanned PDFs: read by tesseract where it is installed, each page marked; elsewhere refused with the next step."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from index.loaders.article_loader import read
from index.loaders.ocr import is_ocr_installed, read_pages
from index.models import Article, Skipped
from tests.index.papers import STORY, pdf

SCAN = pdf([[], []])
SHIFTED = pdf([["Ymj rfdtw tk Gjqknjqi tujsji ymj sjb qngwfwd ns Rfwnxf gjktwj f hwtbi tk ktzw mzsiwji ujtuqj."] * 2])


def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, languages: str = "ara", says: str = "\n".join(STORY)
) -> None:
    """Put a program named tesseract on the PATH that knows some languages and reads the same text on every page."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "page.txt").write_text(f"{says}\n\f")
    program = folder / "tesseract"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] && {{ printf "List:\\n{languages}\\n"; exit; }}\n'
        f'/bin/cat > /dev/null\n/bin/cat "{folder}/page.txt"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}")


def only(tmp_path: Path, data: bytes) -> Article | Skipped:
    folder = tmp_path / "articles"
    folder.mkdir(exist_ok=True)
    (folder / "a.pdf").write_bytes(data)
    (entry,) = read(folder)
    return entry


@pytest.mark.parametrize("data", [SCAN, SHIFTED], ids=["scan", "layer in no language"])
def test_without_tesseract_a_scan_is_refused_and_both_next_steps_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    entry = only(tmp_path, data)
    assert isinstance(entry, Skipped)
    assert "OCR" in entry.reason and "tesseract-ocr-ara" in entry.reason


@pytest.mark.parametrize(("data", "pages"), [(SCAN, 2), (SHIFTED, 1)], ids=["scan", "layer in no language"])
def test_pages_that_were_read_by_ocr_are_marked_and_the_marks_are_never_cited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, pages: int
) -> None:
    install(tmp_path, monkeypatch)
    entry = only(tmp_path, data)
    assert isinstance(entry, Article)
    marks = [span.of(entry.text) for span in entry.boilerplate]
    assert marks == [f"[OCR {number}]\n" for number in range(1, pages + 1)]
    assert entry.text.count(STORY[0]) == pages
    assert entry.language == "ar"


@pytest.mark.parametrize(
    ("languages", "says"), [("eng", STORY[0]), ("ara", ""), ("ara", "bcdfg hjklm npqrs tvwxz " * 20)]
)
def test_a_scan_that_ocr_cannot_read_stays_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, languages: str, says: str
) -> None:
    install(tmp_path, monkeypatch, languages, says)
    assert isinstance(only(tmp_path, SCAN), Skipped)


@pytest.mark.skipif(not is_ocr_installed(), reason="tesseract with Arabic data is not installed")
def test_a_printed_page_is_recognised_by_tesseract() -> None:
    printed = (Path(__file__).parents[2] / "data" / "pdf" / "noto_naskh.pdf").read_bytes()
    text, marks = read_pages(printed)
    assert len(marks) == 1
    assert "مدينة السهل" in text and "9000" in text and "45.5 مليون دولار" in text
