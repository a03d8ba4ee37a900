"""Patience: silent while it is quick, and then a line, a spinner, or nothing but the word that kernels are compiled."""

import io
import re
import time

import pytest

from lunarplan.plan.solution import Progress
from lunarplan.report.progress import Patience


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def _slow(progress: Progress) -> None:
    progress("first")
    time.sleep(0.08)
    progress("second")


def test_a_quick_plan_is_silent() -> None:
    stream = io.StringIO()
    with Patience(stream, delay_s=5.0) as progress:
        _slow(progress)
    assert stream.getvalue() == ""


def test_a_slow_plan_says_what_it_is_doing() -> None:
    stream = io.StringIO()
    with Patience(stream, delay_s=0.02) as progress:
        _slow(progress)
    assert stream.getvalue() == "lunarplan: first ...\nlunarplan: second ...\n"


def test_a_file_gets_a_line_for_a_stage_not_for_every_share_of_it() -> None:
    stream = io.StringIO()
    with Patience(stream, delay_s=0.0) as progress:
        time.sleep(0.05)
        for share in ("", ", 10 %", ", 20 %", ", 90 %"):
            progress(f"looking for transfers{share}")
        progress("flying")
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if "planning" not in line] == [
        "lunarplan: looking for transfers ...",
        "lunarplan: flying ...",
    ]


def test_a_terminal_shows_the_share_and_cleans_up(terminal: Terminal) -> None:
    with Patience(terminal, delay_s=0.0) as progress:
        for share in range(0, 100, 10):
            progress(f"looking for transfers, {share} %")
            time.sleep(0.03)
    shown = terminal.getvalue()
    assert "looking for transfers" in shown
    assert re.search(r"transfers, [1-9]0 %", shown)
    assert shown.endswith("\x1b[2K"), "the line is erased when the work is done"


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_quiet_one_says_only_that_kernels_are_compiled(
    kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = kind()
    with Patience(stream, delay_s=0.0, quiet=True) as progress:
        time.sleep(0.05)
        progress("looking for transfers, 10 %")
        assert stream.getvalue() == ""
        progress("compiling once for this computer")
        progress("flying")
    assert stream.getvalue() == "lunarplan: compiling once for this computer ...\n"


def test_a_quiet_one_that_hears_of_it_early_says_it_late() -> None:
    stream = io.StringIO()
    with Patience(stream, delay_s=0.02, quiet=True) as progress:
        progress("compiling once for this computer")
        progress("looking for transfers")
        time.sleep(0.08)
    assert stream.getvalue() == "lunarplan: compiling once for this computer ...\n"


def test_patience_lets_errors_pass() -> None:
    with pytest.raises(KeyError), Patience(io.StringIO(), delay_s=0.0):
        raise KeyError
