"""Turn files of old word processors into DOCX by LibreOffice.

Where it is installed: a process with a deadline.

It runs with a profile of its own, without macros, embedded programs or links to other files.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from index.loaders.encoding import Unreadable

SECONDS = 60  # on the clock; LibreOffice starts in two

_SETTINGS = "".join(
    f'<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="{name}" oor:op="fuse"><value>'
    f"{value}</value></prop></item>"
    for name, value in {
        "MacroSecurityLevel": "3",
        "DisableMacrosExecution": "true",
        "DisableActiveContent": "true",
        "BlockUntrustedRefererLinks": "true",
    }.items()
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
    f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{_SETTINGS}</oor:items>'
)


def convert_to_docx(data: bytes, seconds: float = SECONDS) -> bytes:
    """Return a DOC file as DOCX.

    Raise Unreadable where LibreOffice is missing, fails or takes too long.
    """
    program = _program()
    if program is None:
        raise Unreadable("loaders.needs_office")
    with tempfile.TemporaryDirectory(prefix="isnad-office-") as folder:
        home, source, target = Path(folder, "home"), Path(folder, "article.doc"), Path(folder, "out", "article.docx")
        (home / "user").mkdir(parents=True)
        (home / "user" / "registrymodifications.xcu").write_text(_PROFILE)
        source.write_bytes(data)
        command = [program, f"-env:UserInstallation={home.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
        command += ["--convert-to", "docx", "--outdir", str(target.parent), str(source)]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder}
        null = subprocess.DEVNULL
        child = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=null, stdout=null, stderr=null, start_new_session=True
        )
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Unreadable("loaders.too_slow", seconds=seconds) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if not target.is_file():
            raise Unreadable("loaders.damaged_word", error="LibreOffice")
        return target.read_bytes()


def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")
