import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.vehicle import Engine, Vehicle

SPS = Engine("SPS", 91190.0, 315.1)


def test_apollo_11_lunar_orbit_insertion() -> None:
    """43572.8 kg at ignition, 32675.7 kg at cut-off, Isp 315.1 s: 889.3 m/s (Orloff, Apollo by the Numbers)."""
    assert SPS.delta_v_km_s(43572.8 - 32675.7, 43572.8) == pytest.approx(0.8893, abs=1e-4)
    assert SPS.propellant_kg(0.8893, 43572.8) == pytest.approx(10897.1, abs=1.0)


def test_apollo_11_descent() -> None:
    """15150.7 kg at PDI, 7327.0 kg landed, Isp 300.5 s: 2141 m/s (Orloff)."""
    assert Engine("DPS", 45040.0, 300.5).delta_v_km_s(15150.7 - 7327.0, 15150.7) == pytest.approx(2.141, abs=5e-4)


def test_thrust_over_mass_flow_is_exhaust_speed() -> None:
    assert SPS.thrust_n / SPS.mass_flow_kg_s == pytest.approx(SPS.exhaust_speed_km_s * 1e3, rel=1e-15)


def test_burn_time_of_a_small_burn_is_mass_times_delta_v_over_thrust() -> None:
    assert SPS.burn_time_s(1e-6, 1000.0) == pytest.approx(1000.0 * 1e-3 / SPS.thrust_n, rel=1e-6)


@given(st.floats(1e-9, 10.0), st.floats(1.0, 1e6))
def test_rocket_equation_both_ways(delta_v_km_s: float, mass_kg: float) -> None:
    used = SPS.propellant_kg(delta_v_km_s, mass_kg)
    assert 0.0 < used < mass_kg
    assert SPS.delta_v_km_s(used, mass_kg) == pytest.approx(delta_v_km_s, rel=1e-9)


@given(st.floats(1e-3, 1.0), st.floats(1e-3, 1.0))
def test_two_burns_cost_as_much_as_their_sum(first: float, second: float) -> None:
    tanks = Vehicle(1000.0, 9000.0, (SPS,))
    apart = tanks.burn(first, "SPS").burn(second, "SPS")
    assert apart.propellant_kg == pytest.approx(tanks.burn(first + second, "SPS").propellant_kg, rel=1e-12)


def test_no_burn_costs_nothing() -> None:
    tanks = Vehicle(1000.0, 9000.0, (SPS,))
    assert tanks.burn(0.0, "SPS") == tanks
    assert Vehicle(1000.0, 0.0, (SPS,)).delta_v_left_km_s("SPS") == 0.0


def test_all_that_is_left_can_be_burned_and_no_more() -> None:
    tanks = Vehicle(1000.0, 1000.0, (SPS,))
    everything = tanks.delta_v_left_km_s("SPS")
    assert everything == pytest.approx(SPS.exhaust_speed_km_s * math.log(2.0), rel=1e-14)
    assert tanks.burn(everything * (1.0 - 1e-12), "SPS").propellant_kg == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(InfeasibleError) as caught:
        tanks.burn(everything + 0.010, "SPS", where="LOI")
    assert str(caught.value).startswith("LOI: needs ")
    assert "short by" in str(caught.value)
    assert "10.0 m/s" in str(caught.value)
    assert caught.value.exit_code == 3


def test_an_unknown_engine_brings_the_closest() -> None:
    with pytest.raises(InputError, match=r'did you mean "SPS"'):
        Vehicle(1.0, 1.0, (SPS,)).engine("SPT")
    with pytest.raises(InputError, match="has no engine"):
        Vehicle(1.0, 1.0).engine("SPS")


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_impossible_numbers_are_refused(value: float) -> None:
    with pytest.raises(InputError):
        Engine("x", value, 300.0)
    with pytest.raises(InputError):
        Engine("x", 1.0, value)
    with pytest.raises(InputError):
        Vehicle(value, 1.0)
    with pytest.raises(InputError):
        Vehicle(1.0, value - 1.0)
    with pytest.raises(InputError):
        Vehicle(1.0, 1.0, (SPS,)).burn(value - 1.0, "SPS")
