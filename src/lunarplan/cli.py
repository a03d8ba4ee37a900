"""The command line: `lunarplan plan NAME|FILE`, `lunarplan missions`.

Results go to standard output, everything else to standard error. Exit codes: 0 solved, 2 bad input, 3 infeasible,
4 not converged, 5 data missing or corrupt, 1 a defect, 130 interrupted, 141 nobody reads any more.
"""

import argparse
import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import lunarplan
from lunarplan import LunarplanError, Mission, Plan
from lunarplan.config import library
from lunarplan.io.files import output_folder, write_atomic
from lunarplan.report.console import facts, show_missions, show_plan

DEFECT, UNWRITABLE, NOT_CONVERGED, INTERRUPTED, NOBODY_READS = 1, 2, 4, 130, 141
_PATIENCE_S = 2.0
_TABLE_WIDTH = 100  # in a narrower terminal lines fold, but no figure is cut short


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    if sys.stdout is None:  # closed by the caller
        return _failed(options, "error: standard output is closed; open it, or send it to a file", NOBODY_READS)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _write_no_more()
        return NOBODY_READS
    except OSError as error:  # files are looked after where they are written; this is the output, on a full disk
        _write_no_more()
        return _failed(options, f"error: standard output: cannot be written: {error.strerror}", UNWRITABLE)
    except KeyboardInterrupt:
        return _failed(options, "interrupted", INTERRUPTED)
    except LunarplanError as error:
        return _failed(options, f"error: {error}", error.exit_code)
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return _failed(options, f"this is a defect: {text}; run again with --debug and report it", DEFECT)


def _write_no_more() -> None:
    """Point standard output at nothing, so that what is left is not tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lunarplan", description="Plan missions to the Moon.")
    parser.add_argument("--version", action="version", version=f"lunarplan {lunarplan.__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    plan = commands.add_parser("plan", help="solve a mission and show its plan")
    plan.add_argument("mission", metavar="NAME|FILE", help="a name of `lunarplan missions`, or a .toml file")
    plan.add_argument("--out", metavar="DIR", help="also write plan.json, trajectory.oem and the plots there")
    plan.set_defaults(run=_plan)

    missions = commands.add_parser("missions", help="list the missions that come with lunarplan")
    missions.set_defaults(run=_missions)
    for command in (plan, missions):
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _plan(options: argparse.Namespace) -> int:
    mission = Mission.from_toml(options.mission)
    if options.out is not None:
        output_folder(options.out)
    with Patience(sys.stderr) as progress:
        plan = mission.plan(progress=progress)
        if options.out is not None:
            _write(plan, options.out, progress)
    if options.json:
        _print_json(plan.to_dict())
    else:
        show_plan(plan, _console())
    return 0 if plan.converged else NOT_CONVERGED


def _write(plan: Plan, out: str, progress: "Patience") -> None:
    folder = output_folder(out)
    progress("writing the plan")
    paths = [plan.to_json(folder / "plan.json"), plan.to_oem(folder / "trajectory.oem")]
    progress("drawing the plots")
    picture = io.BytesIO()
    plan.plot().savefig(picture, format="png", dpi=150)
    paths.append(write_atomic(folder / "overview.png", picture.getvalue()))
    for path in paths:
        print(f"wrote {path}", file=sys.stderr)


def _missions(options: argparse.Namespace) -> int:
    missions = {name: Mission.from_toml(name) for name in library.names()}
    if options.json:
        _print_json({"missions": [facts(name, mission) for name, mission in missions.items()]})
    else:
        show_missions(missions, _console())
    return 0


def _print_json(content: dict[str, Any]) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _console() -> Console:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a question mark
    return _Console(width=max(_TABLE_WIDTH, shutil.get_terminal_size().columns), highlight=False)


class _Console(Console):
    """Leaves a broken pipe to `main`, where rich would end the program with exit code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _failed(options: argparse.Namespace, text: str, code: int) -> int:
    if options.debug:
        traceback.print_exc()
    print(f"lunarplan: {text}", file=sys.stderr)
    return code


class Patience:
    """Says what is being done once it has taken longer than a person likes to wait in silence.

    On a terminal a spinner with the time passed, elsewhere one plain line for each stage.
    """

    def __init__(self, stream: TextIO, delay_s: float = _PATIENCE_S) -> None:
        console = Console(file=stream, highlight=False)
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        self._live = Progress(*columns, console=console, transient=True)
        self._plain = not console.is_terminal or console.is_dumb_terminal
        self._stream, self._stage = stream, "planning"
        self._waited = self._over = False
        self._lock = Lock()
        self._timer = Timer(delay_s, self._show)
        self._timer.daemon = True

    def __call__(self, stage: str) -> None:
        self._stage = stage
        if self._waited:
            self._say()

    def __enter__(self) -> Self:
        self._task = self._live.add_task(self._stage)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._waited and not self._plain:
                self._live.stop()

    def _show(self) -> None:
        with self._lock:
            if self._over:
                return
            self._waited = True
            if not self._plain:
                self._live.start()
            self._say()

    def _say(self) -> None:
        if self._plain:
            print(f"lunarplan: {self._stage} ...", file=self._stream, flush=True)
        else:
            self._live.update(self._task, description=self._stage)


if __name__ == "__main__":
    sys.exit(main())
