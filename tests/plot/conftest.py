"""Fixtures for the plots."""

from typing import Any

import matplotlib as mpl
import pytest

from lunarplan.plot.flight import Flight
from tests.plot import made


@pytest.fixture(autouse=True)
def _headless() -> Any:
    before = mpl.get_backend(auto_select=False)
    mpl.use("Agg")
    yield
    mpl.use(before or "Agg")


@pytest.fixture
def plan() -> Any:
    return made.plan()


@pytest.fixture(scope="session")
def flight() -> Flight:
    return Flight.of(made.plan())
