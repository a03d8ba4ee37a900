"""The made-up plan."""

import pytest

from lunarplan import Mission, Plan
from tests.plan import made


@pytest.fixture
def plan() -> Plan:
    return Plan.of(made.mission(), made.solution())


@pytest.fixture(scope="session")
def change_5() -> Plan:
    """From Wenchang to the ground of the Moon and back to that of Mongolia."""
    return Mission.from_toml("change-5").plan()
