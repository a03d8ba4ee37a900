"""Named unit sets, and the trap of two of them."""

import math

import pytest

from lunarplan.errors import InputError
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_384400, EARTH_MOON_JPL, CharacteristicUnits
from tests.orbits.families import ORBITS
from tests.tolerances import ORBIT_RADIUS_KM


def test_the_two_sets_of_the_field():
    assert EARTH_MOON_JPL.length_km == 389703.2648292776
    assert EARTH_MOON_JPL.time_s == 382981.2891290545
    assert EARTH_MOON_384400.time_s == pytest.approx(ORBITS["literature_time_s"], abs=2e-4)  # GM in the ninth digit
    assert EARTH_MOON_JPL.days(2.0 * math.pi) == pytest.approx(27.851, abs=1e-3)
    assert EARTH_MOON_384400.days(2.0 * math.pi) == pytest.approx(27.28461, abs=1e-5)
    assert EARTH_MOON_JPL.mu == EARTH_MOON_384400.mu == ORBITS["mu"]


def test_days_and_back():
    assert EARTH_MOON_JPL.days(EARTH_MOON_JPL.time(6.5)) == pytest.approx(6.5, rel=1e-15)
    assert EARTH_MOON_384400.velocity_km_s == pytest.approx(1.02454, abs=1e-5)


def test_nine_to_two_is_another_orbit_in_each_set():
    """The trap: 6.5624 days are two different nondimensional periods."""
    literature, jpl = (
        family("L2 halo south", units, members=40).select(resonance="9:2")
        for units in (EARTH_MOON_384400, EARTH_MOON_JPL)
    )
    assert literature.period_days == pytest.approx(jpl.period_days, abs=1e-12)
    assert literature.period == pytest.approx(1.5111994, abs=1e-7)
    assert jpl.period == pytest.approx(1.4804569363, abs=1e-10)
    assert jpl.perilune_radius_km == pytest.approx(2936.0, abs=0.5)
    assert jpl.apolune_radius_km == pytest.approx(71407.0, abs=0.5)
    assert literature.perilune_radius_km == pytest.approx(3249.3, abs=ORBIT_RADIUS_KM)
    assert literature.units.name != jpl.units.name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("length_km", 0.0),
        ("length_km", math.nan),
        ("time_s", -1.0),
        ("mu", 0.0),
        ("mu", 0.6),
        ("mu", math.nan),
        ("smaller_radius_km", -1.0),
        ("larger_radius_km", math.nan),
        ("synodic_days", -1.0),
        ("name", None),
        ("bodies", ("Earth",)),
        ("bodies", (3, 1)),
    ],
)
def test_units_that_are_none(field, value):
    good = {"name": "a set", "length_km": 1.0, "time_s": 1.0, "mu": 0.1}
    with pytest.raises(InputError, match=field):
        CharacteristicUnits(**{**good, field: value})


def test_a_resonance_needs_a_synodic_month():
    units = CharacteristicUnits("no Sun", 384400.0, 375190.0, EARTH_MOON_JPL.mu)
    with pytest.raises(InputError, match="synodic_days"):
        family("L2 halo south", units, members=4).select(resonance="9:2")
