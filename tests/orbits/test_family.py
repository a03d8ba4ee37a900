"""Members of families: the published ones, by any of their properties, and those that cannot be had."""

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.cr3bp import jacobi
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_JPL, CharacteristicUnits
from tests.orbits.families import FAMILIES, MU, ORBITS, UNITS, shared
from tests.tolerances import (
    COMMON_JACOBI_PERIOD,
    FAMILY_STABILITY,
    HOWELL_DIGITS,
    LITERATURE_RADIUS_KM,
    ORBIT_CLOSURE,
    ORBIT_JACOBI,
    ORBIT_RADIUS_KM,
    SYNODIC_RADIUS_KM,
    SYNODIC_STABILITY,
    SYNODIC_STATE,
)

GIVEN = ORBITS["orbit"]
OF_FAMILY = {
    "L2 halo south": [name for name in GIVEN if name.startswith(("l2", "nrho", "halo", "gateway"))],
    "L1 halo south": [name for name in GIVEN if name.startswith("l1_halo")],
    "L1 lyapunov": ["l1_lyapunov"],
    "DRO": [name for name in GIVEN if name.startswith("distant")],
}
BELOW_SURFACE = "nrho_5_1"
PUBLISHED = [(f, n) for f, names in OF_FAMILY.items() for n in names if n != BELOW_SURFACE]


def period_of(row):
    if "period" in row:
        return row["period"]
    days = ORBITS["synodic_month_days"] / row["periods_per_synodic_month"]
    return days * 86400.0 / ORBITS["literature_time_s"]


def test_every_published_orbit_has_its_family():
    assert len(PUBLISHED) + 1 == len(GIVEN)


@pytest.mark.parametrize(("of", "name"), PUBLISHED)
def test_published_orbits_are_members(of, name):
    """From our own seeds, by their period: state, Jacobi constant, radii and index as published."""
    row = GIVEN[name]
    units = EARTH_MOON_JPL if row.get("length_km") == EARTH_MOON_JPL.length_km else UNITS
    members = shared(of) if units is UNITS else family(of, units, members=60)
    # some periods are those of two members
    orbit = min(all_of(members, period_of(row)), key=lambda o: abs(o.state[2] - row["state"][1]))
    digits = SYNODIC_STATE if "periods_per_synodic_month" in row or name == "nrho_9_2_other_time_unit" else 1e-9
    assert orbit.state[[0, 2, 4]] == pytest.approx(row["state"], abs=digits)
    assert orbit.jacobi == pytest.approx(row["jacobi"], abs=max(ORBIT_JACOBI, 0.2 * digits))
    assert orbit.closure() <= ORBIT_CLOSURE
    if "radii_km" in row:
        tolerance = row.get("radius_digit_km", ORBIT_RADIUS_KM)
        assert [orbit.perilune_radius_km, orbit.apolune_radius_km] == pytest.approx(row["radii_km"], abs=tolerance)
    if "stability" in row:
        rel = 1e-3 if row["stability"] > 100.0 else FAMILY_STABILITY
        assert orbit.stability_index == pytest.approx(row["stability"], rel=rel)


def all_of(members, period):
    found = []
    for which in range(4):
        try:
            found.append(members.select(period=period, which=which))
        except InputError:
            break
    return found


@pytest.mark.parametrize(("resonance", "name"), [("9:2", "nrho_9_2"), ("4:1", "nrho_4_1"), ("3:1", "halo_3_1")])
def test_synodic_resonances_from_our_own_seeds(resonance, name):
    orbit, row = shared("L2 halo south").select(resonance=resonance), GIVEN[name]
    assert orbit.state[[0, 2, 4]] == pytest.approx(row["state"], abs=SYNODIC_STATE)
    assert orbit.perilune_radius_km == pytest.approx(row["radii_km"][0], abs=SYNODIC_RADIUS_KM)
    assert orbit.stability_index == pytest.approx(row["stability"], abs=SYNODIC_STABILITY)
    turns, months = map(int, resonance.split(":"))
    assert orbit.revolutions_per_synodic_month == pytest.approx(turns / months, abs=1e-12)


def test_the_gateway_orbit_is_the_one_of_the_literature():
    orbit = shared("L2 halo south").select(resonance="9:2")
    assert orbit.perilune_radius_km == pytest.approx(3250.0, abs=LITERATURE_RADIUS_KM)
    assert orbit.apolune_radius_km == pytest.approx(71000.0, abs=3 * LITERATURE_RADIUS_KM)  # "~71,000 km"
    assert orbit.period_days == pytest.approx(6.562, abs=5e-4)
    assert orbit.stability_index == pytest.approx(1.32, abs=SYNODIC_STABILITY)


def test_nine_to_two_orbits_of_others():
    """Printed to fewer digits: by a period in days, and by a Jacobi constant."""
    members, given = shared("L2 halo south"), FAMILIES["nine_to_two"]
    orbit = members.select(period_days=given["period_days"])
    assert orbit.jacobi == pytest.approx(given["jacobi"], abs=5e-6)
    assert orbit.perilune_radius_km == pytest.approx(given["perilune_radius_km"], abs=1.0)
    assert orbit.apolune_radius_km == pytest.approx(given["apolune_radius_km"], abs=2.0)
    assert orbit.stability_index == pytest.approx(given["stability"], abs=SYNODIC_STABILITY)
    orbit = members.select(jacobi=given["awp_jacobi"], which=1)
    assert orbit.state[[0, 2, 4]] == pytest.approx(given["awp_state"], abs=3e-5)  # C printed to 5e-6


@pytest.mark.parametrize("name", [n for n in FAMILIES["common"] if n not in ("mu", "jacobi")])
def test_planar_orbits_of_one_jacobi_constant(name):
    """Those of others, at their mass ratio, by the constant they share."""
    given = FAMILIES["common"]
    units = CharacteristicUnits("theirs", 384400.0, 375190.0, given["mu"], 1737.4, 6378.0)
    x, vy, period = given[name]
    orbit = family(name, units, members=60).select(jacobi=given["jacobi"])
    assert orbit.period == pytest.approx(period, abs=COMMON_JACOBI_PERIOD)
    crossings = orbit.at(np.array([0.0, 0.5 * orbit.period]))
    assert np.abs(crossings[:, [0, 4]] - [x, vy]).max(axis=1).min() < 1e-8 or name == "resonant 3:1"


def test_the_table_of_howell_is_a_family():
    given = FAMILIES["howell"]
    members = family("L1 halo north", CharacteristicUnits("Howell", 1.0, 1.0, given["mu"]), members=60)
    for x, z, vy, half, constant in given["rows"]:
        orbit = min(all_of(members, 2.0 * half), key=lambda o: abs(o.state[2] - z))
        assert orbit.state[[0, 2, 4]] == pytest.approx([x, z, vy], abs=20 * HOWELL_DIGITS)  # period printed to 1e-6
        assert orbit.jacobi == pytest.approx(constant, abs=4 * HOWELL_DIGITS)


@pytest.mark.parametrize("name", FAMILIES["jpl"])
def test_other_families_of_jpl(name):
    row = FAMILIES["jpl"][name]
    orbit = shared(row["family"]).select(jacobi=float(jacobi(row["state"], MU)))
    assert orbit.period == pytest.approx(row["period"], abs=2e-9)


SELECTABLE = {
    "period": 2.6,
    "period_days": 11.0,
    "jacobi": 3.1,
    "perilune_radius_km": 20000.0,
    "apolune_radius_km": 72000.0,
    "x_amplitude_km": 15000.0,
    "y_amplitude_km": 30000.0,
    "z_amplitude_km": 13000.0,
}


@pytest.mark.parametrize("name", SELECTABLE)
def test_a_member_has_what_it_was_asked_for(name):
    orbit = shared("L2 halo south").select(**{name: SELECTABLE[name]}, which=0)
    assert getattr(orbit, name) == pytest.approx(SELECTABLE[name], rel=1e-9)
    assert orbit.closure() <= ORBIT_CLOSURE
    assert orbit.family == "L2 halo south"
    assert orbit.units is UNITS


def test_several_members_are_told_apart():
    members = shared("L2 halo south")
    with pytest.raises(InputError, match=r"which: None, and 2 members have.*0: 13\.3173 d, C 3\.0500, 1: 6\.3676 d"):
        members.select(jacobi=3.05)
    long, short = members.select(jacobi=3.05, which=0), members.select(jacobi=3.05, which=1)
    assert long.period_days > 2.0 * short.period_days
    with pytest.raises(InputError, match="which"):
        members.select(jacobi=3.05, which=2)


@pytest.mark.parametrize("index", [0, 17, 59])
def test_a_member_itself_is_found(index):
    members = shared("L2 halo south")
    orbit = members.select(period=float(members.periods[index])) if members.above_surface[index] else None
    if orbit:
        assert orbit.state == pytest.approx(members.states[index], abs=1e-10)


def test_arrays_are_those_of_the_members():
    members = shared("L1 halo north")
    assert len(members) == 60
    for i in (0, 11, 42):
        orbit = members[i]
        assert orbit.state == pytest.approx(members.states[i], abs=0)
        assert orbit.period == members.periods[i]
        assert orbit.jacobi == pytest.approx(members.jacobi[i], abs=1e-14)
        assert orbit.stability_index == pytest.approx(members.stability_index[i], rel=1e-9)
        for name in SELECTABLE:
            value = members.periods[i] if name == "period" else getattr(members, name)[i]
            assert getattr(orbit, name) == pytest.approx(value, rel=1e-9)
    assert sum(1 for _ in members) == 60


def test_few_members_are_selected_from_as_well_as_many():
    """How many members a family was asked for changes neither what is found, nor how many have a property."""
    few = family("L2 halo south", UNITS, members=2)
    many = family("L2 halo south", UNITS, members=1500)
    for which in (0, 1):
        one, other = few.select(jacobi=3.05, which=which), many.select(jacobi=3.05, which=which)
        assert one.state == pytest.approx(other.state, abs=1e-10)
    with pytest.raises(InputError, match="2 members have"):
        few.select(jacobi=3.05)
    with pytest.raises(InfeasibleError, match=r"5\.3\d* to 14\.83"):
        few.select(period_days=3.0)


def test_orbits_that_meet_the_larger_body_are_refused_too():
    big = CharacteristicUnits("a swollen Earth", 384400.0, 375190.0, MU, 1737.4, 300_000.0, bodies=("Earth", "Moon"))
    with pytest.raises(InfeasibleError, match=r"from the centre of the Earth, below the surface at 300000\.0 km"):
        family("DRO", big, members=20).select(period=5.0)


def test_a_period_outside_the_family_is_refused_with_its_range():
    with pytest.raises(InfeasibleError, match=r"L2 halo south: no member has period 20 d \(allowed: 5\.3\d* to 14\.83"):
        shared("L2 halo south").select(period_days=20.0)
    with pytest.raises(InfeasibleError, match=r"no member has period 0\.5 \(allowed: 1\.23\d* to 3\.4155"):
        shared("L2 halo south").select(period=0.5)


def test_an_orbit_below_the_surface_is_refused_with_the_family_s_range():
    """The 5:1 resonant orbit passes at 1,710 km from the centre of a Moon of 1,737 km."""
    assert GIVEN[BELOW_SURFACE]["radii_km"][0] < 1737.4
    with pytest.raises(
        InfeasibleError, match=r"1710\.4 km .* surface at 1737\.4 km .*above the surface: 5\.92 to 14\.83"
    ):
        shared("L2 halo south").select(resonance="5:1")


def test_without_a_surface_it_is_given():
    bare = CharacteristicUnits("no surface", UNITS.length_km, UNITS.time_s, MU)
    orbit = family("L2 halo south", bare, members=60).select(period=GIVEN[BELOW_SURFACE]["period"])
    assert orbit.state[[0, 2, 4]] == pytest.approx(GIVEN[BELOW_SURFACE]["state"], abs=1e-9)
    assert orbit.perilune_radius_km == pytest.approx(1710.4, abs=ORBIT_RADIUS_KM)


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({}, "0 properties"),
        ({"period": 2.0, "jacobi": 3.0}, "2 properties"),
        ({"resonance": "9:2", "period_days": 6.0}, "properties"),
        ({"resonance": "9-2"}, "resonance"),
        ({"resonance": "0:1"}, "resonance"),
        ({"resonance": "nine:two"}, "resonance"),
        ({"resonance": 4.5}, "resonance"),
        ({"period": np.nan}, "period"),
        ({"period": "6 d"}, "period"),
        ({"perilune_radius_km": np.nan}, "perilune_radius_km"),
        ({"jacobi": 3.05, "which": -1}, "which"),
        ({"jacobi": 3.05, "which": "first"}, "which"),
    ],
)
def test_bad_questions(asked, match):
    with pytest.raises(InputError, match=match):
        shared("L2 halo south").select(**asked)


@pytest.mark.parametrize("asked", [np.inf, -np.inf, 1e300, -1.0, 0.0])
def test_far_out_questions(asked):
    with pytest.raises(InfeasibleError, match="allowed"):
        shared("L2 halo south").select(period=asked)
    with pytest.raises(InputError, match="arclength"):
        shared("L2 halo south").at(float("nan"))
