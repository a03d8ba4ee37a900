"""The made-up plan, and a solver that returns it."""

import sys
import types
from typing import Any

import pytest

from lunarplan import Plan
from tests.plan import made


@pytest.fixture
def plan() -> Plan:
    return Plan.of(made.mission(), made.solution())
