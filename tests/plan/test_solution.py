import math
from dataclasses import replace

import pytest

from lunarplan.errors import ConvergenceError
from lunarplan.plan.solution import Burn, Leg, OrbitReached, Separation
from tests.plan import made
from tests.plan.made import solution


def test_period_follows_from_the_altitudes() -> None:
    """100 km circular: 117.791 min."""
    assert OrbitReached(0.0, 100.0, 100.0, 0.0).period_s / 60.0 == pytest.approx(117.791, abs=5e-4)


@pytest.mark.parametrize("name", ["values", "closures_m"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_not_a_solution(name: str, value: float) -> None:
    with pytest.raises(ConvergenceError, match=f"flyby: somewhere is {value}"):
        Leg("flyby", **{name: {"somewhere": value}})  # type: ignore[arg-type]


def test_nor_is_one_deeper_down() -> None:
    burn = made.legs()["insertion"].burns[0]
    with pytest.raises(ConvergenceError, match="insertion, burn: delta_v_km_s is nan"):
        Leg("insertion", burns=(replace(burn, delta_v_km_s=math.nan),))


def test_what_was_not_proved_is_no_solution() -> None:
    with pytest.raises(ConvergenceError, match="propagated a second time"):
        solution(translunar=replace(made.legs()["translunar"], closures_m={}))


def test_what_does_not_close_is_no_solution() -> None:
    closures = {"the way": 9.9, "the stay": 10.1}
    with pytest.raises(ConvergenceError, match=r"the stay: an independent propagation ends 10\.1 m elsewhere"):
        solution(translunar=replace(made.legs()["translunar"], closures_m=closures))


def test_burns_come_in_order() -> None:
    insertion = made.legs()["insertion"]
    with pytest.raises(ConvergenceError, match="out of order: TLI, LOI-2, LOI-1"):
        solution(insertion=replace(insertion, burns=insertion.burns[::-1]))


def test_each_craft_has_an_order_of_its_own() -> None:
    insertion = made.legs()["insertion"]
    early = Burn("descent", insertion.burns[0].ignition_tdb - 1.0, 1.0, "main", craft="lander")
    found = solution(insertion=replace(insertion, burns=(*insertion.burns, early)))
    assert [burn.name for burn in found.burns] == ["TLI", "descent", "LOI-1", "LOI-2"]


def test_the_worst_closure_counts() -> None:
    found = solution(insertion=replace(made.legs()["insertion"], closures_m={"touchdown": 3.0}))
    assert (found.closure_m, found.closures_m) == (3.0, {"perilune": 0.125, "touchdown": 3.0})


def test_legs_and_burns_by_name() -> None:
    found = solution()
    assert found.leg("insertion").burns[1] is found.burn("LOI-2")
    for ask in (found.leg, found.burn):
        with pytest.raises(KeyError):
            ask("nothing")


@pytest.mark.parametrize(
    ("name", "key"), [("TLI", "tli"), ("LOI-1", "loi1"), ("flyby burn", "flyby"), ("perigee raise", "perigee_raise")]
)
def test_burns_in_names_of_quantities(name: str, key: str) -> None:
    assert Burn(name, 0.0, 1.0, "main").key == key


def test_separations_keep_their_order() -> None:
    part = Separation("lander leaves", made.legs()["insertion"].burns[0].ignition_tdb, 10.0)
    assert solution(insertion=replace(made.legs()["insertion"], separations=(part,))).separations == (part,)
