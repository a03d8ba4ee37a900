"""Fixtures for the plots."""

from typing import Any

import matplotlib as mpl
import pytest

from lunarplan.plot.flight import Flight
from tests.plot import made

mpl.use("Agg")


@pytest.fixture
def plan() -> Any:
    return made.plan()


@pytest.fixture(scope="session")
def flight() -> Flight:
    return Flight.of(made.plan())
