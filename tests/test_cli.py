import io
import json
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lunarplan import ConvergenceError, DataError, InfeasibleError, Mission, Plan
from lunarplan.cli import main
from lunarplan.io.oem import read_oem
from lunarplan.plan.solution import Solution
from lunarplan.report.console import show_plan
from tests.plan import made

Solve = Callable[..., Solution]


@pytest.fixture
def solver(monkeypatch: pytest.MonkeyPatch) -> Callable[[Solve], None]:
    """Return a function that puts a stand-in where the solver is."""

    def use(solve: Solve) -> None:
        module = types.ModuleType("lunarplan.plan.solve")
        module.solve = solve  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "lunarplan.plan.solve", module)

    use(lambda mission, **_: made.solution())
    return use


@pytest.fixture
def plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a figure of four bytes where the plots are."""

    class Figure:
        def savefig(self, file: io.BytesIO, **_: Any) -> None:
            file.write(b"\x89PNG")

    module = types.ModuleType("lunarplan.plot")
    module.overview = lambda plan: Figure()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lunarplan.plot", module)


@pytest.fixture
def mission_file(tmp_path: Path) -> str:
    path = tmp_path / "made.toml"
    path.write_text("""
[mission]
name = "Made up"

[vehicle]
dry_mass = "1000 kg"
propellant = "1000 kg"
engines = [
    { name = "main", thrust = "3000 N", isp = "310 s" },
    { name = "trim", thrust = "100 N", isp = "290 s" },
]

[launch]
site = "wenchang"
earliest = 2024-05-01
latest = 2024-05-10
parking_orbit = { altitude = "200 km" }

[[phase]]
type = "translunar"

[[phase]]
type = "insertion"
perilune = "100 km"
inclination = "90 deg"
engine = "main"
burns = [{ period = "12 h" }, { apolune = "100 km" }]

[expect.tli_c3]
value = "-2.0 km2/s2"
tolerance = "0.01 km2/s2"
source = "a [bold]book[/] in brackets"
""")
    return str(path)


@pytest.mark.parametrize("columns", ["40", "100"])
def test_plan_shows_tables_in_a_hundred_columns(
    solver: object,
    mission_file: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["plan", mission_file]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    for text in ("Made up", "converged", "Timeline", "LOI-1", "Budget", "launcher", "Published beside", "MISS"):
        assert text in out
    assert "…" not in out, "no figure cut short"
    assert "a [bold]book[/] in brackets" in out
    assert "\x1b" not in out, "no colours in a pipe"


def test_plan_as_json_is_one_object_and_nothing_else(
    solver: object, mission_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", mission_file, "--json"]) == 0
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["mission"] == "Made up"
    assert content["expect"][0]["ok"] is False
    assert err == ""


def test_out_writes_plan_trajectory_and_plots(
    solver: object, plots: None, mission_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a" / "b"
    assert main(["plan", mission_file, "--json", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert json.loads((out / "plan.json").read_text()) == json.loads(printed.out)
    assert read_oem(out / "trajectory.oem").segments
    assert (out / "overview.png").read_bytes() == b"\x89PNG"
    assert printed.err.count("wrote ") == 3


def test_out_refuses_a_file_before_any_work(
    solver: Callable[[Solve], None], mission_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*_: Any, **__: Any) -> Solution:
        raise AssertionError("solved before looking at the folder")

    solver(never)
    assert main(["plan", mission_file, "--out", mission_file]) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert "Made up" in Path(mission_file).read_text()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InfeasibleError("no"), 3),
        (ConvergenceError("no"), 4),
        (DataError("no"), 5),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("division\nby zero"), 1),
    ],
)
def test_exit_codes(
    solver: Callable[[Solve], None],
    mission_file: str,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    def fails(*_: Any, **__: Any) -> Solution:
        raise error

    solver(fails)
    assert main(["plan", mission_file, "--json"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lunarplan: ")
    assert err.count("\n") == 1, "one line"


@pytest.mark.parametrize("where", [["--debug", "plan", "nowhere"], ["plan", "nowhere", "--debug"]])
def test_debug_shows_the_traceback(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(where) == 2
    assert "Traceback" in capsys.readouterr().err


def test_without_debug_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "nowhere"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lunarplan: error: no mission named")
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["fly"], ["plan"], ["plan", "a", "b"], ["missions", "--out", "x"]])
def test_wrong_usage_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: lunarplan" in capsys.readouterr().err


def test_missions_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missions"]) == 0
    table = capsys.readouterr().out
    assert main(["missions", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["missions"]
    assert {"change-5", "change-6", "change-7", "im-1", "luna-25", "luna-26"} <= {one["name"] for one in listed}
    for one in listed:
        assert one["name"] in table
        assert one["mission"] in table
        assert one["sources"]
    change_6 = next(one for one in listed if one["name"] == "change-6")
    assert change_6["launch_latest_utc"] == "2024-05-10T23:59:59Z"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("lunarplan 0.")


def test_tables_survive_an_ascii_terminal(plan_of_made: Plan) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    show_plan(plan_of_made, Console(file=stream, width=100, highlight=False))
    stream.flush()
    assert b"Made up" in raw.getvalue()


@pytest.fixture
def plan_of_made() -> Plan:
    return Plan.of(Mission.from_dict(made.MISSION), made.solution())


# As a program


def _run(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lunarplan", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_a_reader_who_leaves_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = subprocess.Popen(
        [sys.executable, "-m", "lunarplan", "missions", "--json"], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 141
    assert err == b""


posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

INTERRUPTED_WITHIN = """
import signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from lunarplan.__main__ import main
sys.exit(main())
"""


@posix
@pytest.mark.parametrize(
    "module", ["lunarplan.cli", "argparse", "rich.console", "pydantic", "pydantic_core", "lunarplan.plan.mission"]
)
def test_ctrl_c_while_the_program_is_being_loaded(module: str) -> None:
    program = [sys.executable, "-c", INTERRUPTED_WITHIN.format(module=module), "missions"]
    run = subprocess.run(program, capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"lunarplan: interrupted\n")


@posix
@pytest.mark.parametrize("module", ["lunarplan.plan.solve", "numba", "scipy.optimize"])
def test_ctrl_c_while_the_solver_is_being_loaded(module: str) -> None:
    program = [sys.executable, "-c", INTERRUPTED_WITHIN.format(module=module), "plan", "change-6", "--json"]
    run = subprocess.run(program, capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"lunarplan: interrupted\n")


@posix
@pytest.mark.parametrize("delay_s", [0.02, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_ctrl_c_at_any_moment(delay_s: float) -> None:
    """From the moment the program has the interpreter; one that was done before is done."""
    script = "import sys; from lunarplan.__main__ import main; print(flush=True); sys.exit(main())"
    program = [sys.executable, "-c", script, "plan", "change-6", "--json"]
    running = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(delay_s)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode in (130, 0)
    assert err == (b"lunarplan: interrupted\n" if running.returncode else b"")


@posix
def test_ctrl_c_ends_quietly(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text("""
import sys, time
from lunarplan import cli
from lunarplan.__main__ import main

def wait(_):
    print("waiting", flush=True)
    time.sleep(60)

cli.Mission.from_toml = wait
sys.argv[1:] = ["plan", "x"]
sys.exit(main())
""")
    running = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline() == b"waiting\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err == b"lunarplan: interrupted\n"


@posix
def test_an_interrupt_that_is_ignored_stays_so() -> None:
    """In the background of a shell without job control Ctrl-C is for somebody else."""
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from lunarplan.__main__ import main\n"
        "code = main(); signal.raise_signal(signal.SIGINT); sys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", script, "missions"], capture_output=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize("module", ["lunarplan", "lunarplan.cli"])
def test_run_as_a_module(module: str) -> None:
    run = subprocess.run([sys.executable, "-m", module, "plan", "nowhere"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    assert run.stderr.startswith("lunarplan: error: no mission named")


def test_the_entry_point_loads_nothing_heavy() -> None:
    program = "import lunarplan.__main__, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"lunarplan.cli", "argparse", "rich", "numpy", "pydantic"}.isdisjoint(loaded)


def test_works_without_colours_or_unicode() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "TERM": "dumb"}
    out, err = _run("missions", env=environment).communicate(timeout=60)
    assert b"change-6" in out
    assert err == b""
