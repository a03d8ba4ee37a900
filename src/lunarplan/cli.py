"""The command line: `lunarplan plan NAME|FILE`, `lunarplan windows NAME|FILE`, `lunarplan missions`.

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
from pathlib import Path
from typing import Any

from rich.console import Console

import lunarplan
from lunarplan import InfeasibleError, InputError, LunarplanError, Mission, Plan
from lunarplan.config import library
from lunarplan.io.files import output_folder, write_atomic
from lunarplan.report.console import facts, show_missions, show_plan
from lunarplan.report.progress import Patience
from lunarplan.report.scanning import ScanPatience, launch_days, scanned
from lunarplan.report.windows import as_json, show_windows, write_windows

DEFECT, UNWRITABLE, NOT_CONVERGED, INTERRUPTED, NOBODY_READS = 1, 2, 4, 130, 141
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

    windows = commands.add_parser("windows", help="find a mission's launch windows and say why other days are closed")
    windows.add_argument("mission", metavar="NAME|FILE", help="a name of `lunarplan missions`, or a .toml file")
    windows.add_argument("--from", metavar="DATE", dest="first", help="first launch day, UTC; default the mission's")
    windows.add_argument("--to", metavar="DATE", dest="last", help="last launch day, UTC; default the mission's")
    windows.add_argument(
        "--out",
        metavar="DIR",
        help="also write windows.nc, windows.json and pictures there; a scan that is stopped goes on from there",
    )
    windows.set_defaults(run=_windows)

    missions = commands.add_parser("missions", help="list the missions that come with lunarplan")
    missions.set_defaults(run=_missions)
    for command in (plan, windows, missions):
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _plan(options: argparse.Namespace) -> int:
    mission = Mission.from_toml(options.mission)
    if options.out is not None:
        _folder(options.out)
    with Patience(sys.stderr, quiet=options.json) as progress:
        plan = mission.plan(progress=progress)
        if options.out is not None:
            _write(plan, options.out, progress)
    if options.json:
        _print_json(plan.to_dict())
    else:
        show_plan(plan, _console())
    return 0 if plan.converged else NOT_CONVERGED


def _folder(out: str) -> Path:
    if not out.strip():
        raise InputError("no folder is named", where="--out", remedy='name one, "." for this one')
    return output_folder(out)


def _write(plan: Plan, out: str, progress: Patience) -> None:
    folder = output_folder(out)
    progress("writing the plan")
    paths = [plan.to_json(folder / "plan.json"), plan.to_oem(folder / "trajectory.oem")]
    progress("drawing the plots")
    picture = io.BytesIO()
    plan.plot().savefig(picture, format="png", dpi=150)
    paths.append(write_atomic(folder / "overview.png", picture.getvalue()))
    for path in paths:
        print(f"wrote {path}", file=sys.stderr)


def _windows(options: argparse.Namespace) -> int:
    mission = Mission.from_toml(options.mission)
    first, last = launch_days(mission, options.first, options.last)
    folder = None if options.out is None else _folder(options.out)
    with ScanPatience(sys.stderr, quiet=options.json) as progress:
        windows = scanned(mission, first, last, folder, progress)
        paths = [] if folder is None else list(write_windows(windows, mission, folder, progress))
    for path in paths:
        print(f"wrote {path}", file=sys.stderr)
    if options.json:
        _print_json(as_json(windows, mission))
    else:
        show_windows(windows, mission, _console())
    return 0 if windows.best else InfeasibleError.exit_code


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


if __name__ == "__main__":
    sys.exit(main())
