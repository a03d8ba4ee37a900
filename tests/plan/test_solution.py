import math
from dataclasses import replace

import pytest

from lunarplan.errors import ConvergenceError
from lunarplan.plan.solution import Burn, OrbitReached
from tests.plan.made import solution


def test_period_follows_from_the_altitudes() -> None:
    """100 km circular: 117.791 min."""
    assert OrbitReached(0.0, 100.0, 100.0, 0.0).period_s / 60.0 == pytest.approx(117.791, abs=5e-4)


@pytest.mark.parametrize("field", ["closure_m", "tli_c3_km2_s2", "launch_tdb", "v_infinity_km_s"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_not_a_solution(field: str, value: float) -> None:
    with pytest.raises(ConvergenceError, match=field):
        solution(**{field: value})


def test_nor_is_one_deeper_down() -> None:
    burns = solution().insertion
    with pytest.raises(ConvergenceError, match="delta_v_km_s"):
        solution(insertion=(replace(burns[0], delta_v_km_s=math.nan), burns[1]))


def test_burns_and_orbits_go_together() -> None:
    with pytest.raises(ConvergenceError, match="2 burns and 1 orbits"):
        solution(orbits=solution().orbits[:1])
    with pytest.raises(ConvergenceError, match="0 burns"):
        solution(insertion=(), orbits=())


def test_burns_come_in_order() -> None:
    made = solution()
    with pytest.raises(ConvergenceError, match="out of order"):
        solution(insertion=made.insertion[::-1])
    with pytest.raises(ConvergenceError, match="out of order"):
        solution(tli=Burn("TLI", made.launch_tdb - 1.0, 3.1, "launcher"))
