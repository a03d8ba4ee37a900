"""Low-energy transfers: by way of the Sun, as they have been flown, and flown again by somebody else."""

import math
from dataclasses import replace

import erfa
import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds, utc_jd
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.low_energy.transfers import ToLowOrbit, ToStation, low_energy_guesses, low_energy_transfers
from lunarplan.transfers.low_energy.way import sun_earth_axes
from tests import naive
from tests.tolerances import (
    ARRIVAL_PLANE_DEG,
    CAPSTONE_DAYS,
    INJECTION_KM,
    LANES_LOW_ENERGY_M_S,
    LAUNCH_TIE_RAD,
    LEAST_BURN_M_S,
    LOW_ENERGY_APOGEE_KM,
    LOW_ENERGY_C3,
    LOW_ENERGY_CLOSURE_KM,
    LOW_ENERGY_DAYS,
    LOW_ENERGY_LOI_M_S,
    LOW_ENERGY_MEET_KM,
    LOW_ENERGY_NRHO_M_S,
)

DAY = 86_400.0
FORCES = ForceModel()
EPHEMERIS = FORCES.source
TIE = LaunchTie.from_site("cape-slc-40")
TILT = 28.6
LOW = ToLowOrbit(100.0, 90.0)


@pytest.fixture(scope="module")
def guesses():
    return low_energy_guesses(LOW, "2028-06-10", "2028-06-12", parking_inclination_deg=TILT, samples=16_384)


@pytest.fixture(scope="module")
def found(guesses):
    return low_energy_transfers(guesses, least_burn=False)


@pytest.fixture(scope="module")
def best(found):
    """A dozen of the cheap ones, tied to a launch site, their insertions made least."""
    return low_energy_transfers(found.guesses(found.cheapest()[:12]), launch=TIE)


@pytest.fixture(scope="module")
def station():
    orbit = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
    return carry(orbit, "2022-11-08T00:00:00", revolutions=3)


# ---------------------------------------------------------------- what is asked for


def test_most_of_the_guesses_lead_to_transfers(guesses, found):
    assert len(guesses) > 60
    assert found.ok.mean() > 0.5
    assert np.isnan(found.insertion_delta_v_km_s[~found.ok]).all()
    assert "ways" in repr(guesses)
    assert "rows ok" in repr(found)


def test_the_parking_orbit_is_left_at_its_perigee(found):
    r, v = np.split(found.injection_states[found.ok], 2, axis=1)
    assert np.abs(np.linalg.norm(r, axis=1) - RADIUS_KM["earth"] - 185.0).max() < INJECTION_KM
    assert np.abs(np.einsum("ni,ni->n", r, v) / np.linalg.norm(v, axis=1)).max() < INJECTION_KM
    axis = equator_of_date(found.injection_tdb[found.ok])[:, 2]
    normal = np.cross(r, v)
    tilt = np.degrees(np.arccos(np.einsum("ni,ni->n", normal, axis) / np.linalg.norm(normal, axis=1)))
    assert np.abs(tilt - TILT).max() < ARRIVAL_PLANE_DEG


@pytest.mark.parametrize("which", ["found", "best"])
def test_the_perilune_is_that_of_the_orbit(which, request):
    found = request.getfixturevalue(which)
    r, v = np.split(found.arrival_states[found.ok], 2, axis=1)
    assert np.abs(np.linalg.norm(r, axis=1) - LOW.radius_km).max() < INJECTION_KM
    assert np.abs(np.einsum("ni,ni->n", r, v) / np.linalg.norm(v, axis=1)).max() < INJECTION_KM
    axis = rotation("moon_me", found.arrival_tdb[found.ok], EPHEMERIS)[:, 2]
    normal = np.cross(r, v)
    tilt = np.degrees(np.arccos(np.einsum("ni,ni->n", normal, axis) / np.linalg.norm(normal, axis=1)))
    assert np.abs(tilt - 90.0).max() < ARRIVAL_PLANE_DEG


def test_held_arrivals_are_those_of_the_guesses(guesses):
    some = guesses.rows(np.arange(0, len(guesses), 8))
    held = low_energy_transfers(some, hold_arrival=True, least_burn=False)
    assert held.ok.sum() > 3
    assert np.abs(held.arrival_tdb - some.arrival[:, 3])[held.ok].max() < 1e-3


def test_the_parking_plane_passes_over_the_launch_site(best):
    """Site, ascent and coast add up to the injection, in the drifting plane, by ERFA's sidereal time."""
    radius = RADIUS_KM["earth"] + 185.0
    rates = naive.parking_rates(FORCES.gm("earth"), radius, math.radians(TILT))
    for row in best.cheapest():
        lift_off, coast = best.launch_tdb[row], best.coast_s[row]
        angle = erfa.gst06a(*utc_jd(lift_off), 2451545.0, lift_off / DAY) + TIE.longitude
        site = naive.turned_about_z(np.array([math.cos(TIE.latitude), 0.0, math.sin(TIE.latitude)]), angle)
        of_date = equator_of_date(best.injection_tdb[row])
        r, v = (naive.turned_about_z(of_date @ a, -rates[1] * coast) for a in np.split(best.injection_states[row], 2))
        normal = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        assert site @ normal == pytest.approx(0.0, abs=LAUNCH_TIE_RAD)
        from_site = math.atan2(np.cross(site, r) @ normal, site @ r) % (2 * math.pi)
        turned = TIE.ascent_angle + rates[0] * coast
        assert math.remainder(turned - from_site, 2 * math.pi) == pytest.approx(0.0, abs=LAUNCH_TIE_RAD)
        assert 0.0 <= coast < 2 * math.pi / rates[0]
        assert lift_off + TIE.ascent_s + coast == pytest.approx(best.injection_tdb[row], abs=1e-5)


# ---------------------------------------------------------------- flown again


def flown_to_meet(found, rows):
    """Where both arcs end, from the ends alone, at a tighter tolerance; about the Earth."""
    meet = found.meet_tdb[rows]
    out = propagate(found.injection_states[rows], found.injection_tdb[rows], meet, forces=FORCES, tolerance=1e-14)
    back = propagate(
        found.arrival_states[rows], found.arrival_tdb[rows], meet, forces=FORCES, center="moon", tolerance=1e-14
    )
    return out.require().states, back.require().states + EPHEMERIS.state("moon", "earth", meet)


@pytest.mark.parametrize("which", ["found", "best"])
def test_the_two_arcs_meet(which, request):
    found = request.getfixturevalue(which)
    out, back = flown_to_meet(found, np.flatnonzero(found.ok))
    assert np.linalg.norm((out - back)[:, :3], axis=1).max() < LOW_ENERGY_CLOSURE_KM


def test_an_independent_integrator_closes_the_gap():
    forces = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)
    guesses = low_energy_guesses(LOW, "2028-06-10", "2028-06-10", parking_inclination_deg=TILT, samples=4096)
    found = low_energy_transfers(guesses, forces, least_burn=False)
    row = found.cheapest()[0]
    model, meet = naive.Model({b: forces.gm(b) for b in forces.bodies}, zonal=3, pole="icrf"), found.meet_tdb[row]
    moon = naive.Bodies().state("moon", found.arrival_tdb[row])
    out = naive.propagate(model, found.injection_states[row], found.injection_tdb[row], meet)
    back = naive.propagate(model, found.arrival_states[row] + moon, found.arrival_tdb[row], meet)
    gap = out - back
    assert np.linalg.norm(gap[:3]) < LOW_ENERGY_CLOSURE_KM


def test_the_trajectory_goes_from_end_to_end(best):
    row = best.cheapest()[0]
    path = best.trajectory(row)
    assert path.start_tdb == best.injection_tdb[row]
    assert path.end_tdb == best.arrival_tdb[row]
    ends = path.at([path.start_tdb, path.end_tdb])
    assert np.abs(ends[0] - best.injection_states[row]).max() < INJECTION_KM
    moon = EPHEMERIS.state("moon", "earth", path.end_tdb)
    assert np.abs(ends[1] - moon - best.arrival_states[row]).max() < INJECTION_KM
    before, after = path.at([best.meet_tdb[row] - 1e-3, best.meet_tdb[row]])
    assert np.linalg.norm(before[:3] + 1e-3 * before[3:] - after[:3]) < LOW_ENERGY_MEET_KM
    apogee = events.find(path, events.apogee_passage())
    radii = np.linalg.norm(path.at(apogee)[:, :3], axis=1)
    assert best.way.apogee_km[row] == pytest.approx(radii.max(), abs=INJECTION_KM)
    inside = events.find(path, events.sphere_of_influence(events.FALLING))
    assert best.way.flybys[row] <= len(inside) - 1


# ---------------------------------------------------------------- what the books say


def test_they_are_what_the_literature_calls_low_energy(best):
    """Parker and Anderson (2013): launch energies, days, apogees; the insertion, 815 m/s and more if direct."""
    ok = best.ok & (best.way.flybys == 0)  # past the Moon on the way out, launches need less
    assert ok.sum() >= 5
    low, high = LOW_ENERGY_LOI_M_S
    assert (1e3 * best.insertion_delta_v_km_s[ok] > low).all()
    assert (1e3 * best.insertion_delta_v_km_s[ok] < high).all()
    for value, (low, high) in (
        (best.c3_km2_s2, LOW_ENERGY_C3),
        (best.way.apogee_km, LOW_ENERGY_APOGEE_KM),
        (best.tof_s / DAY, LOW_ENERGY_DAYS),
    ):
        assert low < np.median(value[ok]) < high


def test_the_sun_lifts_perigees_in_two_quadrants(found):
    """Its tide turns an orbit with the apogee in the second or fourth quadrant forwards, in the others back."""
    alone = found.ok & (found.way.flybys == 0)
    assert alone.sum() > 20
    assert np.isin(found.way.quadrant[alone], (2, 4)).all()
    place = [found.trajectory(row).at(found.way.apogee_tdb[row])[0, :3] for row in np.flatnonzero(alone)[:3]]
    for row, r in zip(np.flatnonzero(alone)[:3], place, strict=True):
        x, y, _ = sun_earth_axes(found.way.apogee_tdb[row : row + 1], EPHEMERIS)[0] @ r
        assert x * y < 0.0


def test_the_cheapest_are_caught_by_the_moon(best):
    """Below 648 m/s the energy about the Moon is negative at perilune: v^2 / 2 - GM / r."""
    rows = best.cheapest()[:4]
    r, v = np.split(best.arrival_states[rows], 2, axis=1)
    energy = 0.5 * np.linalg.norm(v, axis=1) ** 2 - FORCES.gm("moon") / np.linalg.norm(r, axis=1)
    assert (energy < 0.0).all()


# ---------------------------------------------------------------- stations


def test_capstone_flew_one_of_them(station):
    """NRHO insertion 2022-11-14 for 17 m/s, injected on 4 July, apogee 1.54 million km."""
    guesses = low_energy_guesses(
        ToStation(station, 0.05), "2022-11-13T12:00:00", "2022-11-15T00:00:00", parking_inclination_deg=40.0,
        tof_days=(125.0, 140.0), samples=8192,
    )  # fmt: skip
    near = low_energy_transfers(guesses, least_burn=False)
    found = low_energy_transfers(near.guesses(near.cheapest()[:10]))
    cheap = found.ok & (1e3 * found.insertion_delta_v_km_s < LOW_ENERGY_NRHO_M_S)
    late = np.abs(found.injection_tdb - tdb_seconds("2022-07-04T07:18:00")) / DAY
    assert (cheap & (late < CAPSTONE_DAYS)).any()
    rows = np.flatnonzero(found.ok)
    joined = found.arrival_states[rows]
    there = station.at(found.arrival_tdb[rows])
    assert np.abs((joined - there)[:, :3]).max() < INJECTION_KM
    assert np.abs(joined[:, 3:] + found.insertion_km_s[rows] - there[:, 3:]).max() < 1e-9
    out, back = flown_to_meet(found, rows)
    assert np.linalg.norm((out - back)[:, :3], axis=1).max() < LOW_ENERGY_CLOSURE_KM


# ---------------------------------------------------------------- least burns, batches


def test_no_neighbour_has_a_cheaper_insertion(best):
    """Five minutes sooner and later, everything else made least again."""
    rows = best.cheapest()[:4]
    for shift in (-300.0, 300.0):
        here = best.guesses(rows)
        moved = replace(here, arrival=here.arrival + np.array([0.0, 0.0, 0.0, shift]))
        other = low_energy_transfers(moved, launch=TIE, hold_arrival=True)
        assert other.ok.sum() >= 3
        more = other.insertion_delta_v_km_s - best.insertion_delta_v_km_s[rows]
        assert (1e3 * more[other.ok] > -LEAST_BURN_M_S).all()


def test_a_burn_made_least_is_no_more_than_it_was(found, best):
    was = found.insertion_delta_v_km_s[found.cheapest()[:12]]
    assert (best.insertion_delta_v_km_s < was + 1e-3)[best.ok].all()  # the launch site may cost a little


def test_a_batch_is_its_rows(found):
    rows = found.cheapest()[:6]
    together = low_energy_transfers(found.guesses(rows), launch=TIE, least_burn=False)
    assert together.ok.sum() >= 4
    for k in range(6):
        alone = low_energy_transfers(found.guesses(rows[k : k + 1]), launch=TIE, least_burn=False)
        assert alone.ok[0] == together.ok[k]
        apart = alone.insertion_delta_v_km_s[0] - together.insertion_delta_v_km_s[k]
        assert np.isnan(apart) != together.ok[k]
        assert not 1e3 * abs(apart) > LANES_LOW_ENERGY_M_S


def test_one_flight_is_counted_once(found):
    rows = found.distinct()
    assert set(rows) <= set(found.cheapest())
    twice = found.rows(np.concatenate([rows, rows]))
    assert len(twice.distinct()) == len(rows)


def test_what_fails_says_so(found):
    bad = np.flatnonzero(~found.ok)[0]
    assert found.reason(bad) != "converged"
    with pytest.raises(ConvergenceError):
        found.trajectory(bad)
    with pytest.raises(ConvergenceError):
        found.require()


# ---------------------------------------------------------------- edges


def test_nothing_found_is_an_empty_answer():
    guesses = low_energy_guesses(LOW, "2028-06-10", "2028-06-10", samples=1)
    assert len(guesses) == 0
    found = low_energy_transfers(guesses, launch=TIE)
    assert len(found.ok) == 0
    assert len(found.distinct()) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"to": "Moon"}, "to"),
        ({"last_arrival": "2028-06-01"}, "last_arrival"),
        ({"first_arrival": "2019-01-01", "last_arrival": "2020-02-01"}, "ephemeris"),
        ({"first_arrival": np.nan}, "epoch"),
        ({"parking_altitude_km": 10.0}, "parking_altitude_km"),
        ({"parking_inclination_deg": np.nan}, "parking_inclination_deg"),
        ({"tof_days": (100.0, 90.0)}, "tof_days"),
        ({"tof_days": 90.0}, "tof_days"),
        ({"samples": 0}, "samples"),
        ({"forces": ForceModel(bodies=("earth", "moon"))}, "sun"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"to": LOW, "first_arrival": "2028-06-10", "last_arrival": "2028-06-12", "samples": 8} | change
    with pytest.raises(InputError, match=says):
        low_energy_guesses(**given)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ToLowOrbit(1.0), "perilune_altitude_km"),
        (lambda: ToLowOrbit(100.0, np.nan), "inclination_deg"),
        (lambda: ToLowOrbit(100.0, 90.0, 50.0), "apolune_altitude_km"),
        (lambda: ToStation(None), "path"),
        (lambda: low_energy_transfers("guesses"), "guesses"),
    ],
)
def test_bad_ends_are_named(make, says):
    with pytest.raises(InputError, match=says):
        make()
