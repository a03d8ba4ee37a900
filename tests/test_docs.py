"""What the documents say is so."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import matplotlib as mpl
import pytest

from lunarplan import Mission
from lunarplan.cli import _parser
from lunarplan.model.frames import AXES
from tests.tolerances import CLOSURE_M

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ORBITS = (ROOT / "docs/orbits.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LARGEST_PICTURE_BYTES = 200_000


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _commands() -> list[list[str]]:
    lines = [line for block in _blocks(README, "sh") for line in block.splitlines()]
    return [shlex.split(command) for line in lines for command in line.split("&&")]


def _tests_named() -> list[str]:
    claims = (ROOT / "docs/accuracy.md").read_text(encoding="utf-8") + ORBITS
    return re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", claims)


def test_the_commands_of_the_readme_exist() -> None:
    assert [command[0] for command in _commands()] == ["pip", "lunarplan", "pip", "pytest", "lunarplan"]
    for program, *arguments in _commands():
        if program == "lunarplan":
            _parser().parse_args(arguments)
        if program == "pip":
            extras = re.findall(r"\[(\w+)\]", arguments[-1])
            assert arguments[0] == "install"
            assert set(extras) <= PROJECT["optional-dependencies"].keys()


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = _blocks(README, "python")
    assert blocks
    with mpl.rc_context({"backend": "Agg"}):
        for block in blocks:
            exec(compile(block, "README.md", "exec"), {})
    written = {Path(name).name for block in blocks for name in re.findall(r'"([\w.-]+\.(?:png|oem))"', block)}
    assert {path.name for path in tmp_path.iterdir()} == written


def test_the_python_of_the_page_on_orbits_runs(tmp_path: Path) -> None:
    """Block after block as one script, as the page says, in a Python that has imported nothing else."""
    blocks = _blocks(ORBITS, "python")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    script = [sys.executable, "-W", "error", "-c", "\n".join(blocks)]
    subprocess.run(script, cwd=tmp_path, env=environment, check=True, capture_output=True)
    written = {name for block in blocks for name in re.findall(r'"([\w.-]+\.png)"', block)}
    assert {path.name for path in tmp_path.iterdir()} == written


def test_the_mission_of_the_readme_can_be_planned() -> None:
    (block,) = _blocks(README, "toml")
    assert Mission.from_dict(tomllib.loads(block)).plan().closure_m < CLOSURE_M


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").strip().splitlines()
    commands = _commands()
    tests = next(i for i, command in enumerate(commands) if command[0] == "pytest")
    assert shlex.split(script[-1]) == commands[tests]
    assert any(commands[tests - 1][-1] in line for line in script)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if not target.startswith(("http://", "https://", "#")):
            assert (document.parent / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("picture", sorted(ROOT.glob("docs/*.png")), ids=lambda path: path.name)
def test_pictures_are_small(picture: Path) -> None:
    assert picture.stat().st_size < LARGEST_PICTURE_BYTES


@pytest.mark.parametrize("name", _tests_named())
def test_every_claim_of_accuracy_has_its_test(name: str) -> None:
    path, _, function = name.partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert not function or re.search(rf"^def {function}\b", source, re.MULTILINE)


def test_the_table_of_rooms_is_complete() -> None:
    table = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    package = ROOT / "src/lunarplan"
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    modules = {path.stem for path in package.glob("*.py")} - {
        "__init__",
        "__main__",
        "errors",
    }  # errors belong to no room, the door to cli
    assert rooms == packages | modules


def test_the_axes_of_the_conventions_are_those_of_the_model() -> None:
    text = (ROOT / "docs/conventions.md").read_text(encoding="utf-8")
    table = text.split("## Axes")[1].split("##")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) != ()
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(AXES)


def test_every_dependency_is_explained() -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    required = {re.split(r"[<>=~!\[ ]", item)[0] for item in PROJECT["dependencies"]}
    assert {name for name in required if f"`{name}`" not in text} == set()
