"""Parse the command line and run one command of `isnad`.

What fails becomes one line and an exit code.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.cli.arguments import parse
from assistant.cli.output import complain

if TYPE_CHECKING:
    import argparse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns 0 (a refusal is an answer), 1 with one line on stderr that says what to do next, or 2 for wrong usage.
    """
    _open_closed_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()  # here, where it can still be reported that the disk is full
        return code
    except KeyboardInterrupt:
        return complain("stopped; what was acknowledged is kept, run again to go on", 130)
    except BrokenPipeError:  # `isnad search … | head`
        return _discard_output(0)
    except io.UnsupportedOperation:  # stdout was closed: `>&-`
        return complain("the output is closed; give it somewhere to go, such as >/dev/null")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _discard_output(complain("no room is left on the disk that is written to; make room and run again"))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = parse(arguments)
    except SystemExit as end:  # after --help, --version or wrong usage, which printed what there is to say
        return end.code if isinstance(end.code, int) else 0
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    from assistant.cli.options import OptionError
    from index.errors import IsnadError

    try:
        command: Callable[[argparse.Namespace], int] = options.run
        return command(options)
    except OptionError as error:
        return complain(str(error), 2)
    except IsnadError as error:
        return complain(str(error))


def _open_closed_streams() -> None:
    """Replace standard streams that were closed before the start.

    Otherwise the next opened file would get the number of a standard stream.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - not writable: printing is an error
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _discard_output(code: int) -> int:
    """Send what is still buffered nowhere, so that it cannot fail at exit.

    Return the exit code.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == "__main__":
    sys.exit(main())
