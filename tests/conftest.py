"""Fixtures for all tests."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
