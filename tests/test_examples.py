"""Every example runs, without a warning, and leaves the pictures it promises."""

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = EXAMPLES / name
    monkeypatch.setattr(sys, "argv", [name, str(tmp_path)])
    with mpl.rc_context({"backend": "Agg"}):
        runpy.run_path(str(script), run_name="__main__")
    _close_pictures()
    promised = re.search(r"Writes (.*?) to the current folder", _docstring(script), re.DOTALL)
    assert promised is not None
    files = set(re.split(r",? and |, ", promised[1]))
    assert {path.name for path in tmp_path.iterdir()} == files
    assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_examples_are_short_and_hold_no_logic(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 50
    assert not re.search(r"^\s*(def|class|while|try)\b", source, re.MULTILINE)


def _docstring(script: Path) -> str:
    return script.read_text(encoding="utf-8").split('"""')[1]


def _close_pictures() -> None:
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        pyplot.close("all")
