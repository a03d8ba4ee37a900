"""Orbits in the real sky for years: continuous, where they should be, and the same to another integrator."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model import events
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400, EARTH_MOON_JPL, CharacteristicUnits
from tests import naive
from tests.orbits.periodic import DRO, HALO, NRHO, NRHO_4_1, oracle
from tests.tolerances import (
    APSIS_KM,
    ARC_AGAIN_KM,
    ARC_BY_SCIPY_KM,
    DAYS_9_2,
    GAP_KM,
    GAP_KM_S,
    MEAN_PERIOD_DAYS,
    NODE_PHASE_S,
    PERILUNE_RANGE_KM,
)

DAY = 86400.0
START = tdb_seconds("2026-01-01T00:00:00")


@pytest.fixture(scope="module")
def gateway() -> EphemerisOrbit:
    return carry(NRHO, START, years=15)


def require_continuous(orbit: EphemerisOrbit) -> None:
    """By the public propagator, arc by arc, with its own steps."""
    flown = propagate(
        orbit.states[:-1], orbit.tdb[:-1], orbit.tdb[1:], forces=orbit.forces, center="moon", tolerance=1e-13
    ).require()
    apart = flown.states - orbit.states[1:]
    assert np.linalg.norm(apart[:, :3], axis=1).max() < GAP_KM
    assert np.linalg.norm(apart[~orbit.burn[1:], 3:], axis=1).max() < GAP_KM_S
    assert orbit.gap_km.max() < GAP_KM
    assert orbit.gap_km_s.max() < GAP_KM_S


def test_nrho_for_fifteen_years(gateway: EphemerisOrbit) -> None:
    assert gateway.revolutions == pytest.approx(835, abs=1)
    assert gateway.tdb[-1] - gateway.tdb[0] == pytest.approx(15 * 365.25 * DAY, abs=1e-3)
    require_continuous(gateway)
    low, high = PERILUNE_RANGE_KM
    assert len(gateway.perilunes.tdb) in (834, 835, 836)
    assert low < gateway.perilunes.radius_km.min() < gateway.perilunes.radius_km.max() < high
    assert 69_000.0 < gateway.apolunes.radius_km.min() < gateway.apolunes.radius_km.max() < 73_000.0


def test_nrho_keeps_its_resonance_with_the_sun(gateway: EphemerisOrbit) -> None:
    assert np.abs(gateway.late_s).max() < NODE_PHASE_S
    perilunes = gateway.perilunes.tdb
    mean = np.polyfit(np.arange(len(perilunes)), perilunes, 1)[0] / DAY
    assert mean == pytest.approx(DAYS_9_2, abs=MEAN_PERIOD_DAYS)


@pytest.mark.parametrize(("apsis", "revolution"), [("perilunes", 300), ("apolunes", 0), ("apolunes", 833)])
def test_scipy_flies_the_same_arcs(gateway: EphemerisOrbit, apsis: str, revolution: int) -> None:
    """Places by jplephem, the field by complex steps, DOP853, about the Earth: the arc around an apsis."""
    k = int(np.searchsorted(gateway.tdb, getattr(gateway, apsis).tdb[revolution])) - 1
    moon = Ephemeris.packaged().state("moon", "earth", gateway.tdb[k : k + 2])
    start, end = gateway.states[k : k + 2] + moon
    flown = naive.propagate(oracle(gateway.forces), start, gateway.tdb[k], gateway.tdb[k + 1])
    assert np.linalg.norm(flown[:3] - end[:3]) < ARC_BY_SCIPY_KM
    assert np.linalg.norm(flown[3:] - end[3:]) < GAP_KM_S


def butterfly() -> PeriodicOrbit:
    return family("butterfly south", EARTH_MOON_384400).select(period_days=28.0)


@pytest.mark.parametrize(
    ("orbit", "years"),
    [(DRO, 10), (HALO, 5), (NRHO_4_1, 3), (butterfly(), 3)],
    ids=["dro", "halo", "4:1", "butterfly"],
)
def test_others_for_years(orbit: PeriodicOrbit, years: float) -> None:
    real = carry(orbit, START, years=years, phase=0.25)
    require_continuous(real)
    periodic_km = np.linalg.norm(orbit.sample(400)[1][:, :3] - [1.0 - orbit.mu, 0.0, 0.0], axis=1) * 384_400.0
    distance = np.linalg.norm(real.at(np.linspace(real.tdb[0], real.tdb[-1], 5000))[:, :3], axis=1)
    assert 0.8 * periodic_km.min() < distance.min() < distance.max() < 1.25 * periodic_km.max()


def test_jpl_units_lead_to_the_same_orbit() -> None:
    """Their 9:2 member is another orbit of the restricted problem, but has as many days: the real one is the same."""
    member = family("L2 halo south", EARTH_MOON_JPL).select(resonance="9:2")
    assert member.perilune_radius_km == pytest.approx(2936.0, abs=10.0)
    real = carry(member, START, years=3)
    low, high = PERILUNE_RANGE_KM
    inner = real.perilunes.radius_km
    assert low + 150.0 < inner.min() < inner.max() < high


def test_trajectory_passes_through_the_nodes(gateway: EphemerisOrbit) -> None:
    i = np.arange(1, len(gateway.tdb) - 1, 37)
    np.testing.assert_array_equal(gateway.at(gateway.tdb[i]), gateway.states[i])
    before = gateway.at(gateway.tdb[i] - 1e-3)
    ahead = before[:, :3] + 1e-3 * before[:, 3:]
    assert np.linalg.norm(ahead - gateway.states[i, :3], axis=1).max() < ARC_AGAIN_KM


def test_starts_at_the_epoch_at_the_phase() -> None:
    orbit = carry(DRO, "2027-05-01T12:00:00", revolutions=6.25, phase=0.75)
    assert orbit.tdb[0] == tdb_seconds("2027-05-01T12:00:00")
    assert orbit.tdb[-1] - orbit.tdb[0] == pytest.approx(6.25 * 14.765294 * DAY, abs=1e-3)
    angle = np.degrees(np.arctan2(*(orbit.rotating(orbit.tdb[0])[0, 1::-1] - [0.0, 1.0 - DRO.mu])))
    ideal = DRO.at(np.array([0.75 * DRO.period]))[0]
    assert angle == pytest.approx(np.degrees(np.arctan2(ideal[1], ideal[0] - 1.0 + DRO.mu)), abs=20.0)


def test_starts_and_ends_where_the_ephemeris_does() -> None:
    """No room for a revolution more at either end: the ends are held to their epochs."""
    known = Ephemeris.packaged()
    first, last = known.start_tdb + 600.0, known.end_tdb - 600.0
    early, late = carry(NRHO, first, revolutions=5), carry(NRHO, last - 5 * 6.562353 * DAY, revolutions=5)
    assert early.tdb[0] == first
    assert late.tdb[-1] <= last + 1.0
    require_continuous(early)
    require_continuous(late)


def test_apsides_are_those_of_the_event_search() -> None:
    orbit = carry(NRHO, START, revolutions=12)
    for found, event in ((orbit.perilunes, events.perilune_passage()), (orbit.apolunes, events.apolune_passage())):
        expected = events.find(orbit.trajectory, event)
        np.testing.assert_allclose(found.tdb, expected, rtol=0, atol=1e-3)
        radius = np.linalg.norm(orbit.at(expected)[:, :3], axis=1)
        np.testing.assert_allclose(found.radius_km, radius, rtol=0, atol=APSIS_KM)


def test_forces_and_their_gm_are_kept() -> None:
    """The field brings its GM: with that of DE440 the same state is metres away a revolution later."""
    orbit = carry(NRHO, START, revolutions=3)
    assert orbit.provenance["gm_km3_s2"]["moon"] == orbit.forces.lunar_field.gm_km3_s2
    assert orbit.provenance["moon_degree"] == 8
    other = carry(NRHO, START, revolutions=3, forces=ForceModel(moon_degree=0))
    assert other.provenance["gm_km3_s2"]["moon"] == Ephemeris.packaged().gm["moon"]
    mixed = orbit.forces.only(gm_km3_s2={"moon": Ephemeris.packaged().gm["moon"]})
    until = orbit.tdb[0] + 6.5 * DAY
    wrong = propagate(orbit.states[0], orbit.tdb[0], until, forces=mixed, center="moon").require().states[0]
    assert np.linalg.norm(wrong[:3] - orbit.at(until)[0, :3]) > 1e-3


def test_burns_at_apolune_are_small_and_only_there() -> None:
    orbit = carry(HALO, START, revolutions=8, burns=True)
    require_continuous(orbit)
    size = np.linalg.norm(orbit.burns_m_s, axis=1)
    assert len(size) == orbit.burn.sum() > 0
    assert size.max() < 1.0
    at_burns = np.linalg.norm(orbit.states[orbit.burn, :3], axis=1)
    assert at_burns.min() > 0.9 * orbit.apolunes.radius_km.min()


def test_repr_says_how_long_and_how_well() -> None:
    text = repr(carry(NRHO, START, revolutions=2))
    assert "2026-01-01T00:00:00" in text
    assert "2.0 revolutions" in text


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"revolutions": 5, "years": 1},
        {"revolutions": 0},
        {"revolutions": -3},
        {"revolutions": np.nan},
        {"years": np.inf},
        {"years": "one"},
        {"years": 1, "phase": np.nan},
        {"years": 40},
        {"years": 1, "forces": "all"},
        {"years": 1, "burns": "yes"},
        {"years": 1, "forces": ForceModel(bodies=("moon", "sun"), earth_zonal=0)},
    ],
)
def test_bad_requests_are_refused(asked: dict) -> None:
    with pytest.raises(InputError):
        carry(NRHO, START, **asked)


@pytest.mark.parametrize(
    "epoch", ["2019-01-01", "2050-12-01", "1900-01-01", np.nan, "soon", ["2027-01-01", "2028-01-01"]]
)
def test_epochs_outside_the_ephemeris_are_refused(epoch: object) -> None:
    with pytest.raises(InputError):
        carry(NRHO, epoch, years=1)


def test_orbits_in_other_units_are_refused() -> None:
    """In kilometres, open, of another system, no orbit at all."""
    km = PeriodicOrbit(NRHO.state * 384_400.0, NRHO.period, EARTH_MOON_384400)
    days = replace(NRHO, period=NRHO.period_days)
    sun_earth = CharacteristicUnits("Sun-Earth", 149_597_870.7, 5_022_642.9, 3.0e-6)
    other = PeriodicOrbit(NRHO.state, NRHO.period, sun_earth)
    for orbit in (km, days, other, NRHO.state, None):
        with pytest.raises(InputError):
            carry(orbit, START, years=1)


def test_an_orbit_into_the_moon_is_refused() -> None:
    """The 5:1 member at 384,400 km, 1710 km from the centre."""
    state = np.array([1.0108130963481283, 0.0, -0.1729321315629204, 0.0, -0.0774753413178251, 0.0])
    with pytest.raises(InfeasibleError, match="1710 km"):
        carry(PeriodicOrbit(state, 1.3600794773435152, EARTH_MOON_384400), START, years=1)


def test_an_orbit_that_all_but_touches_the_ground_is_told_from_others() -> None:
    low = family("L2 halo south", EARTH_MOON_384400).select(perilune_radius_km=1745.0)
    with pytest.raises(ConvergenceError, match="farther from the ground"):
        carry(low, START, years=3)
