"""Run `isnad eval …`: parse → call → print.

Only the standard library is loaded until a command runs.

Exit codes: 0 pass, 1 a confirmed regression, 2 wrong usage, 3 inconclusive or incomplete, 4 the budget is spent.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from assistant.cli.options import amount, whole

USAGE, INCOMPLETE = 2, 3
LARGEST = 100  # repeats: those beyond are the gate's own (evals.engines.engine.FRESH)
COMMANDS = {  # name -> its module in evals.cli, and its help
    "run": ("run_commands", "Answer the cases and score the answers."),
    "gate": (
        "run_commands",
        "Before a prompt changes: run, compare with the baseline, confirm what came out worse, decide.",
    ),
    "compare": ("run_commands", "Compare two runs that are there; nothing is asked."),
    "baseline": ("run_commands", "Set, show or trace the run that changes are compared with."),
    "report": ("report_commands", "Write a run as one HTML file."),
    "label": ("report_commands", "Write what a person should judge, or read what was judged."),
    "calibrate": ("report_commands", "How far a judge agrees with people."),
    "from-feedback": (
        "report_commands",
        "Draft cases from readers' feedback; they count once a person has completed them.",
    ),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `isnad eval`.

    Each sets `run`, which takes the arguments and returns the exit code.
    """
    subparsers = parser.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")
    running, deciding, reporting = _run_parent(), _decision_parent(), _ci_parent()
    parents = {"run": [running], "gate": [running, deciding, reporting], "compare": [deciding, reporting]}
    commands = {}
    for name, (module, text) in COMMANDS.items():
        command = subparsers.add_parser(name, parents=parents.get(name, []), help=text, description=text)
        command.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="of runs (default: runs)")
        command.set_defaults(run=_guard(f"evals.cli.{module}", name.replace("-", "_")))
        commands[name] = command
    for name in ("run", "gate", "compare", "calibrate"):
        commands[name].add_argument("--json", action="store_true", help="print one JSON object")
    _add_run_options(commands)
    _add_report_options(commands)


def _add_run_options(commands: dict[str, argparse.ArgumentParser]) -> None:
    run, gate, compare, baseline = (commands[name] for name in ("run", "gate", "compare", "baseline"))
    run.add_argument(
        "--lint", action="store_true", help="ask nothing: what is wrong with the cases, and what a run would take"
    )
    run.add_argument("--rescore", metavar="RUN", help="score the answers of a run anew; nothing is asked")
    gate.add_argument("--baseline", metavar="NAME", help="default: that of the engine")
    compare.add_argument("before", metavar="A", help="a run, or the name of a baseline")
    compare.add_argument("after", metavar="B", help="a run")
    compare.add_argument(
        "--articles", type=Path, action="append", default=[], metavar="DIR", help="default: those of the run B"
    )
    baseline.add_argument("what", choices=("set", "show", "log"))
    baseline.add_argument("which", nargs="?", metavar="RUN|NAME", help="the run to set; the baseline to show")
    baseline.add_argument("--name", help="of the baseline (default: that of the engine)")
    baseline.add_argument("--why", default="", help="why this run is the one to compare with")


def _add_report_options(commands: dict[str, argparse.ArgumentParser]) -> None:
    report, label, calibrate, feedback = (commands[name] for name in ("report", "label", "calibrate", "from-feedback"))
    report.add_argument("which", nargs="?", metavar="RUN", help="default: the latest")
    report.add_argument("-o", "--output", type=Path, default=Path("report.html"), metavar="FILE")
    report.add_argument("--against", metavar="NAME|RUN", help="a baseline or another run (default: that of its gate)")
    report.add_argument("--lang", choices=("en", "ar"), default="en", help="of the words of the report")
    label.add_argument("which", nargs="?", metavar="RUN", help="default: the latest")
    label.add_argument("-o", "--output", type=Path, default=Path("labels.tsv"), metavar="FILE.tsv")
    label.add_argument("--share", type=float, default=0.1, help="of the answers nobody doubts (default: 0.1)")
    label.add_argument("--read", type=Path, metavar="FILE.tsv", help="a file that was filled in: print the agreement")
    calibrate.add_argument("rows", type=Path, help="lines of {id, claim, context, label, source}")
    calibrate.add_argument("--judge", metavar="MODEL", help="a chat model")
    calibrate.add_argument("--limit", type=whole(1, 999_999_999), metavar="N", help="the first N rows of each source")
    feedback.add_argument("feedback", type=Path, metavar="STORE", help="a store whose page was used, or a .jsonl file")
    feedback.add_argument("-o", "--output", type=Path, default=Path("drafts.jsonl"), metavar="FILE.jsonl")


def _run_parent() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--suite", default="core", help="core (default), archive, smoke, or holdout with --why")
    parser.add_argument("--cases", type=Path, metavar="FILE.jsonl", help="cases of your own")
    parser.add_argument("--answers", type=Path, metavar="FILE.jsonl", help="score these answers of any system")
    parser.add_argument(
        "--articles", type=Path, action="append", default=[], metavar="DIR", help="where the articles are"
    )
    parser.add_argument("--engine", choices=("extract", "model", "recorded"), help="default: a model where one is set")
    parser.add_argument("--prompts", type=Path, metavar="DIR", help="prompts to try in place of those of the program")
    parser.add_argument("--repeats", type=whole(1, LARGEST), default=1, metavar="K", help="answers to every case")
    parser.add_argument("--offline", action="store_true", help="kept and recorded replies only; a miss is an error")
    parser.add_argument("--record", action="store_true", help="keep the model's replies for --engine recorded")
    parser.add_argument("--max-cost", type=amount, metavar="MONEY", help="a hard stop, in the currency of the prices")
    parser.add_argument("--per-minute", type=amount, metavar="N", help="at most so many requests a minute")
    parser.add_argument("-j", "--workers", type=whole(1, 1000), metavar="N", help="requests under way at once")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with a run (default: the latest)")
    parser.add_argument("--only-failed", metavar="RUN", help="only the cases that failed there")
    parser.add_argument("--judge", metavar="MODEL", help="also ask a chat model whether sentences are borne out")
    parser.add_argument("--why", default="", help="what the holdout is opened for")
    return parser


def _decision_parent() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--allow-inconclusive", action="store_true", help="exit 0 also where too little is known")
    return parser


def _ci_parent() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--junit", type=Path, metavar="FILE.xml", help="a test case for each case, and one for the verdict"
    )
    parser.add_argument("--step-summary", type=Path, metavar="FILE.md", help="append a summary in Markdown")
    parser.add_argument("--annotations", action="store_true", help="print ::error lines for a code host")
    return parser


def _guard(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """Wrap a command: exit code 2 for what the user can mend, 3 for a fault.

    1 means a regression alone.
    """

    def guarded(arguments: argparse.Namespace) -> int:
        from index.errors import IsnadError

        try:
            code: int = getattr(import_module(module), function)(arguments)
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


def main(argv: list[str] | None = None) -> int:
    """Run `python -m evals.cli.main …`, the same as `isnad eval …`."""
    parser = argparse.ArgumentParser(prog="isnad eval", description=__doc__.split("\n")[0] if __doc__ else None)
    add(parser)
    arguments = parser.parse_args(argv)
    return int(arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
