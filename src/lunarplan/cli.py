"""The command line: `lunarplan plan`, `aborts`, `windows`, `missions`, and `site`, `survey`, `sites` for where to land.

Results go to standard output, everything else to standard error. Exit codes: 0 solved, 2 bad input, 3 infeasible,
4 not converged, 5 data missing, corrupt or too coarse, 1 a defect, 130 interrupted, 141 nobody reads any more.
"""

import argparse
import io
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

import lunarplan
from lunarplan import DataError, InfeasibleError, InputError, LunarplanError, Mission, Plan
from lunarplan.config import library
from lunarplan.io.files import output_folder, write_atomic
from lunarplan.report.console import facts, show_missions, show_plan
from lunarplan.report.progress import Patience
from lunarplan.report.scanning import ScanPatience, launch_days, scanned
from lunarplan.report.windows import as_json, show_windows, write_windows

DEFECT, UNWRITABLE, INTERRUPTED, NOBODY_READS = 1, 2, 130, 141
_SOUTHERN = re.compile(r"-[\d.]+\s*,")  # a latitude, and no option
_FROM, _TO = "2028-01-01", "2028-12-31"  # a year of light, if no dates are given
_TABLE_WIDTH = 100  # in a narrower terminal lines fold, but no figure is cut short


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args([f" {text}" if _SOUTHERN.match(text) else text for text in given])
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

    aborts = commands.add_parser("aborts", help="find the ways out of a mission, home or to a station, all along it")
    aborts.add_argument("mission", metavar="NAME|FILE", help="a name of `lunarplan missions`, or a .toml file")
    aborts.add_argument("--every", metavar="HOURS", type=float, default=6.0, help="from moment to moment; default 6")
    aborts.add_argument("--to", metavar="ORBIT", help='a station, such as "L2 halo south 9:2"; default home')
    aborts.add_argument("--delta-v", metavar="M/S", type=float, help="there is; default what is left in the tanks")
    aborts.add_argument("--out", metavar="DIR", help="also write aborts.json and aborts.png there")
    aborts.set_defaults(run=_aborts)

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
    site = commands.add_parser("site", help="judge a landing site by criteria")
    site.add_argument("place", metavar="NAME|LAT,LON", help="a name of `lunarplan sites`, or degrees")
    site.set_defaults(run=_site)

    survey = commands.add_parser("survey", help="judge every pixel of a region and rank its best sites")
    survey.add_argument("place", metavar="REGION|LAT,LON,KM", help="a region of `lunarplan sites`, or a square")
    survey.add_argument("--best", metavar="N", type=int, default=10, help="how many sites to rank; default 10")
    survey.add_argument("--apart", metavar="KM", type=float, default=2.0, help="least distance between them; default 2")
    survey.set_defaults(run=_survey)
    for command in (site, survey):
        _add_judging(command)

    sites = commands.add_parser("sites", help="list the places and the criteria that come with lunarplan")
    sites.set_defaults(run=_sites)
    for command in (plan, aborts, windows, missions, site, survey, sites):
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _add_judging(command: argparse.ArgumentParser) -> None:
    command.add_argument("--criteria", metavar="NAME|FILE", help="a set of `lunarplan sites`, or a .toml file")
    command.add_argument("--from", metavar="DATE", dest="first", default=_FROM, help=f"UTC; default {_FROM}")
    command.add_argument("--to", metavar="DATE", dest="last", default=_TO, help=f"UTC, counted whole; default {_TO}")
    command.add_argument("--dem", metavar="FILE", nargs="+", default=[], help="finer terrain, over that of lunarplan")
    command.add_argument("--out", metavar="DIR", help="also write JSON, data and pictures there")


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
    return 0


def _check_aborts(options: argparse.Namespace) -> None:
    """What is asked of the ways out, before the mission is planned: that may take a minute."""
    from lunarplan.model.rows import scalar
    from lunarplan.plan.aborts import EVERY_H, member
    from lunarplan.transfers.aborts.aborts import MOST_DELTA_V_M_S

    scalar("--every", options.every, *EVERY_H, "h")
    if options.delta_v is not None:
        scalar("--delta-v", options.delta_v, 0.0, MOST_DELTA_V_M_S, "m/s")
    if options.to is not None:
        member(options.to, "--to")


def _aborts(options: argparse.Namespace) -> int:
    from lunarplan.report.aborts import aborts_json, show_aborts, write_aborts

    mission = Mission.from_toml(options.mission)
    _check_aborts(options)
    folder = None if options.out is None else _folder(options.out)
    with Patience(sys.stderr, quiet=options.json) as progress:
        plan = mission.plan(progress=progress)
        progress("looking for ways out")
        found = plan.aborts(every_h=options.every, to=options.to, most_delta_v_m_s=options.delta_v)
        content = aborts_json(found, plan, options.to)
        paths = []
        if folder is not None:
            text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
            paths = [write_atomic(folder / "aborts.json", text + "\n"), *write_aborts(found, plan, folder)]
    _tell(paths)
    if options.json:
        _print_json(content)
    else:
        show_aborts(found, plan, options.to, _console())
    return 0 if found.ok.all() else InfeasibleError.exit_code


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
    _tell(paths)


def _windows(options: argparse.Namespace) -> int:
    mission = Mission.from_toml(options.mission)
    first, last = launch_days(mission, options.first, options.last)
    folder = None if options.out is None else _folder(options.out)
    with ScanPatience(sys.stderr, quiet=options.json) as progress:
        windows = scanned(mission, first, last, folder, progress)
        paths = [] if folder is None else list(write_windows(windows, mission, folder, progress))
    _tell(paths)
    if options.json:
        _print_json(as_json(windows, mission))
    else:
        show_windows(windows, mission, _console())
    return 0 if windows.best else InfeasibleError.exit_code


def _site(options: argparse.Namespace) -> int:
    # Here and not above, as below: they bring the compiled kernels, and the other commands can do without.
    from lunarplan.report.sites import show_verdict, site_json, write_site
    from lunarplan.sites.site import site

    place, criteria = site(options.place.strip()), _criteria(options)
    folder = None if options.out is None else _folder(options.out)
    with Patience(sys.stderr, quiet=options.json) as progress:
        evidence = place.evidence(options.first, options.last, _setting(options), progress)
        verdict = place.judged(criteria, evidence)
        over = place.passes(options.first, options.last)
        content = site_json(verdict, over)
        paths = [] if folder is None else list(write_site(content, evidence, folder, progress))
    _tell(paths)
    if options.json:
        _print_json(content)
    else:
        show_verdict(verdict, over, _console())
    return _decided(verdict.ok, verdict.overall == "not feasible")


def _survey(options: argparse.Namespace) -> int:
    from lunarplan.report.sites import show_survey, write_survey
    from lunarplan.sites.survey import survey

    folder = None if options.out is None else _folder(options.out)
    asked = {"apart_km": options.apart, "count": options.best}
    with Patience(sys.stderr, quiet=options.json) as progress:
        found = survey(
            options.place.strip(), _criteria(options), options.first, options.last, _setting(options),
            progress=progress, **asked,
        )  # fmt: skip
        paths = [] if folder is None else list(write_survey(found, folder, progress))
    _tell(paths)
    if options.json:
        _print_json(found.to_dict())
    else:
        show_survey(found, _console())
    feasible, undecided, _ = found.counts.values()
    return _decided(feasible > 0, not undecided)


def _decided(feasible: bool, infeasible: bool) -> int:
    return 0 if feasible else InfeasibleError.exit_code if infeasible else DataError.exit_code


def _criteria(options: argparse.Namespace) -> Any:
    from lunarplan.sites.criteria import criteria, usual

    return criteria(options.criteria if options.criteria is not None else usual(options.place.strip()))


def _setting(options: argparse.Namespace) -> Any:
    from lunarplan.report.sites import ground
    from lunarplan.sites.setting import Setting

    return Setting(terrain=ground(options.dem))


def _sites(options: argparse.Namespace) -> int:
    from lunarplan.report.sites import places_json, show_places

    if options.json:
        _print_json(places_json())
    else:
        show_places(_console())
    return 0


def _tell(paths: Sequence[Path]) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
