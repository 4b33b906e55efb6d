"""`isnad eval …`: parse → call → print. Needs only the standard library until a command runs.

Exit codes: 0 pass, 1 a confirmed regression, 2 wrong usage, 3 inconclusive or incomplete, 4 the budget is spent.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.cli.options import amount, whole

RUNS = Path("runs")
USAGE, INCOMPLETE = 2, 3
LARGEST = 100  # repeats: those beyond are the gate's own (evals.engines.engine.FRESH)
Command = Callable[[argparse.Namespace], int]


def add(parser: argparse.ArgumentParser) -> None:
    """Give a parser the commands of `isnad eval`; each sets `run`, which takes the options and returns the exit code."""
    run_commands = parser.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")

    def command(call: Command, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        name = call.__name__.replace("_", "-")
        made = run_commands.add_parser(name, parents=list(parents), help=call.__doc__, description=call.__doc__)
        made.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help="where runs are kept (default: runs)")
        made.set_defaults(run=_guarded(call))
        return made

    asking, deciding, telling = _asking(), _deciding(), _telling()
    running = command(run, asking)
    running.add_argument(
        "--lint", action="store_true", help="ask nothing: what is wrong with the cases, and what a run would take"
    )
    running.add_argument("--rescore", metavar="RUN", help="score the answers of a run anew; nothing is asked")
    gating = command(gate, asking, deciding, telling)
    gating.add_argument("--baseline", metavar="NAME", help="default: that of the engine")
    comparing = command(compare, deciding, telling)
    comparing.add_argument("before", metavar="A", help="a run, or the name of a baseline")
    comparing.add_argument("after", metavar="B", help="a run")
    comparing.add_argument(
        "--articles", type=Path, action="append", default=[], metavar="DIR", help="default: those of the run B"
    )
    keeping = command(baseline)
    keeping.add_argument("what", choices=("set", "show", "log"))
    keeping.add_argument("which", nargs="?", metavar="RUN|NAME", help="the run to bless; the baseline to show")
    keeping.add_argument("--name", help="of the baseline (default: that of the engine)")
    keeping.add_argument("--why", default="", help="why this run is the one to compare with")
    reporting = command(report)
    reporting.add_argument("which", nargs="?", metavar="RUN", help="default: the latest")
    reporting.add_argument("-o", "--output", type=Path, default=Path("report.html"), metavar="FILE")
    reporting.add_argument(
        "--against", metavar="NAME|RUN", help="a baseline or another run (default: the baseline of its gate)"
    )
    reporting.add_argument("--lang", choices=("en", "ar"), default="en", help="of the words of the report")
    labelling = command(label)
    labelling.add_argument("which", nargs="?", metavar="RUN", help="default: the latest")
    labelling.add_argument("-o", "--output", type=Path, default=Path("labels.tsv"), metavar="FILE.tsv")
    labelling.add_argument("--share", type=float, default=0.1, help="of the answers nobody doubts (default: 0.1)")
    labelling.add_argument(
        "--read", type=Path, metavar="FILE.tsv", help="a file that was filled in: print the agreement"
    )
    calibrating = command(calibrate)
    calibrating.add_argument(
        "rows",
        type=Path,
        help="lines of {id, claim, context, label, source}, or pairs of answers as RAGChecker has them (.json)",
    )
    calibrating.add_argument("--judge", metavar="MODEL", help="a chat model")
    calibrating.add_argument(
        "--limit", type=whole(1, 999_999_999), metavar="N", help="only the first N rows of each source"
    )
    drafting = command(from_feedback)
    drafting.add_argument("feedback", type=Path, metavar="STORE", help="a store whose page was used, or a .jsonl file")
    drafting.add_argument("-o", "--output", type=Path, default=Path("drafts.jsonl"), metavar="FILE.jsonl")
    for one in (running, gating, comparing, calibrating):
        one.add_argument("--json", action="store_true", help="print one JSON object")


def _asking() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--suite", default="core", help="core (default), smoke, or holdout with --why")
    parser.add_argument("--cases", type=Path, metavar="FILE.jsonl", help="cases of your own")
    parser.add_argument("--answers", type=Path, metavar="FILE.jsonl", help="score these answers of any system")
    parser.add_argument(
        "--articles", type=Path, action="append", default=[], metavar="DIR", help="where the articles are"
    )
    parser.add_argument("--engine", choices=("extract", "model", "recorded"), help="default: a model where one is set")
    parser.add_argument("--prompts", type=Path, metavar="DIR", help="prompts to try in place of those of the program")
    parser.add_argument("--repeats", type=whole(1, LARGEST), default=1, metavar="K", help="answers to every case")
    parser.add_argument("--offline", action="store_true", help="kept and recorded replies only; a miss is an error")
    parser.add_argument("--max-cost", type=amount, metavar="MONEY", help="a hard stop, in the currency of the prices")
    parser.add_argument("--per-minute", type=amount, metavar="N", help="at most so many requests a minute")
    parser.add_argument("-j", "--workers", type=whole(1, 1000), metavar="N", help="requests under way at once")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with a run (default: the latest)")
    parser.add_argument("--only-failed", metavar="RUN", help="only the cases that failed there")
    parser.add_argument("--judge", metavar="MODEL", help="also ask a chat model whether sentences are borne out")
    parser.add_argument("--why", default="", help="what the holdout is opened for")
    return parser


def _deciding() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--allow-inconclusive", action="store_true", help="exit 0 also where too little is known")
    return parser


def _telling() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--junit", type=Path, metavar="FILE.xml", help="a test case for each case, and one for the verdict"
    )
    parser.add_argument("--step-summary", type=Path, metavar="FILE.md", help="append a summary in Markdown")
    parser.add_argument("--annotations", action="store_true", help="print ::error lines for a code host")
    return parser


def _guarded(call: Command) -> Command:
    """The command, with the exit code 2 for what the user can mend, and 3 for a fault: 1 means a regression and nothing else."""

    def guarded(options: argparse.Namespace) -> int:
        from index.errors import IsnadError

        try:
            code = call(options)
            sys.stdout.flush()
            return code
        except IsnadError as error:
            print(f"isnad: {' '.join(str(error).split())}", file=sys.stderr)
            return USAGE
        except BrokenPipeError:  # as in `… | head`: whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return INCOMPLETE
        except Exception:
            traceback.print_exc()
            print("isnad: this is a fault of the program, and no verdict; what was answered is kept", file=sys.stderr)
            return INCOMPLETE

    return guarded


# --- the commands ---


def run(options: argparse.Namespace) -> int:
    """Answer the cases and score the answers."""
    from evals.cli import run_commands

    return run_commands.run(options)


def gate(options: argparse.Namespace) -> int:
    """Before a prompt changes: run, compare with the baseline, confirm what came out worse, decide."""
    from evals.cli import run_commands

    return run_commands.gate(options)


def compare(options: argparse.Namespace) -> int:
    """Compare two runs that are there; nothing is asked."""
    from evals.cli import run_commands

    return run_commands.compare(options)


def baseline(options: argparse.Namespace) -> int:
    """Set, show or trace the run that changes are compared with."""
    from evals.cli import run_commands

    return run_commands.baseline(options)


def report(options: argparse.Namespace) -> int:
    """Write a run as one HTML file."""
    from evals.cli import report_commands

    return report_commands.report(options)


def label(options: argparse.Namespace) -> int:
    """Write what a person should judge, or read what was judged."""
    from evals.cli import report_commands

    return report_commands.label(options)


def calibrate(options: argparse.Namespace) -> int:
    """How far a judge, or the deterministic check, agrees with people."""
    from evals.cli import report_commands

    return report_commands.calibrate(options)


def from_feedback(options: argparse.Namespace) -> int:
    """Draft cases from readers' feedback; they count once a person has completed them."""
    from evals.cli import report_commands

    return report_commands.from_feedback(options)


def main(arguments: list[str] | None = None) -> int:
    """`python -m evals.cli.main …`, the same as `isnad eval …`."""
    parser = argparse.ArgumentParser(prog="isnad eval", description=__doc__.split("\n")[0] if __doc__ else None)
    add(parser)
    options = parser.parse_args(arguments)
    code: Any = options.run(options)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
