"""The made-up plan."""

import pytest

from lunarplan import Plan
from tests.plan import made


@pytest.fixture
def plan() -> Plan:
    return Plan.of(made.mission(), made.solution())
