"""Contacts and coverage against plain numpy every two seconds, closed forms, and what has to add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.surface import Place, sky_of
from lunarplan.model.two_body import propagate_two_body
from lunarplan.orbits.coverage import (
    Contacts,
    contacts,
    coverage_map,
    earth_contacts,
    elevations_deg,
    region_fraction,
)
from lunarplan.orbits.ground_track import SampledOrbits, ground_track
from lunarplan.orbits.lunar_axes import orbit_states
from tests import tolerances as tol
from tests.orbits.test_ground_track import iau_moon

_EPOCH = "2027-01-01"
_TDB = float(tdb_seconds(_EPOCH))
_GM = ForceModel().gm("moon")
_GROUND = RADIUS_KM["moon"]
_SITES = Place([-89.45, -45.46, 20.0], [-137.31, 177.6, -30.0])


def kepler(x: np.ndarray, hours: float, step_s: float) -> SampledOrbits:
    """Unperturbed orbits, sampled: coverage does not care who flew them."""
    t = np.arange(0.0, hours * 3600.0 + 0.5, step_s)
    x = np.atleast_2d(x)
    states = propagate_two_body(np.repeat(x, len(t), axis=0), np.tile(t, len(x)), _GM).require().states
    return SampledOrbits(_TDB + t, states.reshape(len(x), len(t), 6), Ephemeris.packaged())


@pytest.fixture(scope="module")
def orbits() -> np.ndarray:
    """A mapper, two relays."""
    return orbit_states(
        [100.0, 200.0, 300.0], [100.0, 16000.0, 8600.0], [88.0, 62.4, 54.8], [0.0, 180.0, 20.0], 90.0, _EPOCH
    )


@pytest.fixture(scope="module")
def sampled(orbits: np.ndarray) -> SampledOrbits:
    return kepler(orbits, 48.0, 60.0)


def test_contacts_are_those_seen_two_seconds_apart(orbits: np.ndarray, sampled: SampledOrbits) -> None:
    """By vectors written out, and the published rotation of the Moon; no code in common."""
    found = contacts(sampled, _SITES, mask_deg=5.0)
    fine = kepler(orbits[:2], 6.0, 2.0)
    for n in range(2):
        for s in range(3):
            latitude, longitude = np.radians([_SITES.latitude_deg[s], _SITES.longitude_deg[s]])
            up = np.array(
                [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
            )
            coarse = np.array([iau_moon(t) for t in fine.tdb[::300]])
            seen = []
            for k, t in enumerate(fine.tdb):
                turn = coarse[k // 300]  # ten minutes of the Moon's turn: put right below
                angle = 2.0 * np.pi / 27.321661 / 86400.0 * (t - fine.tdb[k // 300 * 300])
                spin = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
                sight = spin @ turn @ fine.states[n, k, :3] - _GROUND * up
                seen.append(np.degrees(np.arcsin(sight @ up / np.linalg.norm(sight))) >= 5.0)
            edges = np.flatnonzero(np.diff(np.array(seen).astype(int)))
            mine = (found.orbit == n) & (found.site == s)
            moments = np.sort(np.concatenate([found.start_tdb[mine], found.end_tdb[mine]]))
            moments = moments[(moments > _TDB) & (moments < fine.tdb[-1])]
            np.testing.assert_allclose(moments, fine.tdb[edges] + 1.0, atol=tol.SIGHT_CONTACT_S)


def test_contacts_and_gaps_are_the_whole_span(sampled: SampledOrbits) -> None:
    found = contacts(sampled, _SITES, mask_deg=5.0)
    gaps = found.gaps()
    np.testing.assert_allclose(found.total_s + gaps.total_s, found.span_s, atol=tol.CONTACT_SUM_S)
    assert (found.fraction >= 0.0).all()
    assert (found.fraction <= 1.0).all()
    assert found.count.sum() == len(found) == found.dataset().sizes["contact"]
    back = gaps.gaps()
    np.testing.assert_array_equal(back.start_tdb, found.start_tdb)
    np.testing.assert_array_equal(back.end_tdb, found.end_tdb)


def test_a_coarser_sampling_finds_the_same_contacts(orbits: np.ndarray, sampled: SampledOrbits) -> None:
    fine, coarse = contacts(sampled, _SITES, mask_deg=5.0), contacts(kepler(orbits, 48.0, 120.0), _SITES, mask_deg=5.0)
    assert len(fine) == len(coarse)
    np.testing.assert_allclose(fine.start_tdb, coarse.start_tdb, atol=tol.CONTACT_RESAMPLED_S)


def test_a_pass_over_the_zenith_lasts_as_long_as_the_triangle_says() -> None:
    """Circular orbit over the pole: the arc in sight is twice acos(R cos m / r) - m, whatever the Moon's turn."""
    radius, mask = _GROUND + 200.0, np.radians(10.0)
    x = orbit_states(200.0, 200.0, 90.0, 0.0, 0.0, _EPOCH)
    found = contacts(kepler(x, 10.0, 60.0), Place(90.0, 0.0), mask_deg=10.0)
    arc = 2.0 * (np.arccos(_GROUND * np.cos(mask) / radius) - mask)
    expected = arc * np.sqrt(radius**3 / _GM)
    np.testing.assert_allclose(found.duration_s[1:-1], expected, atol=tol.PASS_S)


def test_elevations_are_those_of_the_sky(sampled: SampledOrbits) -> None:
    found = elevations_deg(sampled, _SITES)
    for n in range(3):
        other = sky_of(
            Place(_SITES.latitude_deg[1], _SITES.longitude_deg[1]), sampled.states[n, ::50, :3], sampled.tdb[::50]
        )
        np.testing.assert_allclose(found[n, 1, ::50], other.elevation_deg, atol=tol.GEOMETRIC_SKY_DEG)


def test_a_horizon_by_azimuth_is_a_mask(sampled: SampledOrbits) -> None:
    flat = contacts(sampled, _SITES, mask_deg=10.0)
    same = contacts(sampled, _SITES, mask_deg=lambda azimuth: np.full_like(azimuth, 10.0))
    np.testing.assert_array_equal(flat.start_tdb, same.start_tdb)
    hill = contacts(sampled, _SITES, mask_deg=lambda azimuth: np.where(azimuth < 180.0, 40.0, 10.0))
    assert (hill.total_s <= flat.total_s).all()
    assert hill.total_s.sum() < flat.total_s.sum()


def test_a_relay_needs_both_ends(sampled: SampledOrbits) -> None:
    site, both, earth = contacts(sampled, _SITES), contacts(sampled, _SITES, with_earth=True), earth_contacts(sampled)
    assert (both.total_s <= site.total_s + tol.CONTACT_SUM_S).all()
    assert (both.total_s <= earth.total_s + tol.CONTACT_SUM_S).all()
    # and no more is lost than the Earth is out of sight
    assert (site.total_s - both.total_s <= earth.span_s - earth.total_s + tol.CONTACT_SUM_S).all()


def test_the_earth_is_hidden_for_as_long_as_the_shadow_cylinder_says() -> None:
    """A circular orbit in the plane of the Earth loses it for 2 asin(R / r) of its turn."""
    radius = _GROUND + 500.0
    x = orbit_states(500.0, 500.0, 0.01, 0.0, 0.0, _EPOCH, axes="earth_orbit")
    found = earth_contacts(kepler(x, 48.0, 60.0))
    hidden = found.gaps().duration_s[1:-1]
    period = 2.0 * np.pi * np.sqrt(radius**3 / _GM)
    np.testing.assert_allclose(hidden / period, np.arcsin(_GROUND / radius) / np.pi, atol=tol.EARTH_HIDDEN)


def test_any_orbit_is_the_union(sampled: SampledOrbits) -> None:
    found = contacts(sampled, _SITES)
    together = found.any_orbit()
    assert together.shape == (1, 3)
    assert (together.fraction[0] >= found.fraction.max(axis=0) - 1e-12).all()
    assert (together.fraction[0] <= np.minimum(found.fraction.sum(axis=0), 1.0) + 1e-12).all()
    moments = np.linspace(*found.span_tdb, 1001)
    for s in range(3):
        by_any = np.zeros(len(moments), bool)
        for c in np.flatnonzero(found.site == s):
            by_any |= (moments >= found.start_tdb[c]) & (moments <= found.end_tdb[c])
        mine = together.site == s
        at_once = ((moments[:, None] >= together.start_tdb[mine]) & (moments[:, None] <= together.end_tdb[mine])).any(
            axis=1
        )
        np.testing.assert_array_equal(by_any, at_once)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 20.0)), max_size=12))
def test_unions_never_overlap(given_intervals: list[tuple[float, float]]) -> None:
    start = np.array([a for a, _ in given_intervals])
    end = np.array([min(a + b, 100.0) for a, b in given_intervals])
    n = len(start)
    table = Contacts(
        np.arange(n), np.zeros(n, np.int64), start, end, (0.0, 100.0), (max(n, 1), 1), np.ones(max(n, 1), bool)
    )
    together = table.any_orbit()
    assert (together.start_tdb[1:] > together.end_tdb[:-1]).all()
    assert together.total_s.sum() + together.gaps().total_s.sum() == pytest.approx(100.0, abs=1e-9)


def test_a_circular_orbit_covers_the_share_of_its_cap() -> None:
    """At any moment the part of the sphere that sees a radius r is (1 - R / r) / 2."""
    x = orbit_states(1000.0, 1000.0, 70.0, 0.0, 0.0, _EPOCH)
    grid = coverage_map(kepler(x, 24.0, 120.0), np.arange(-88.0, 90.0, 4.0), np.arange(-178.0, 180.0, 4.0))
    expected = 0.5 * (1.0 - _GROUND / (_GROUND + 1000.0))
    assert region_fraction(grid) == pytest.approx(expected, abs=tol.CAP_SHARE)


def test_maps_agree_with_contacts(sampled: SampledOrbits) -> None:
    grid = coverage_map(sampled, _SITES.latitude_deg, _SITES.longitude_deg, mask_deg=5.0)
    together = contacts(sampled, _SITES, mask_deg=5.0).any_orbit()
    for s in range(3):
        point = grid.isel(latitude=s, longitude=s)
        assert float(point.fraction) == pytest.approx(together.fraction[0, s], abs=tol.MAP_SHARE)
        assert float(point.passes) == together.count[0, s]
        assert float(point.longest_gap) * 3600.0 == pytest.approx(together.longest_gap_s[0, s], abs=tol.MAP_GAP_S)


def test_two_at_a_time_are_seldomer_than_one(sampled: SampledOrbits) -> None:
    args = sampled, np.arange(-80.0, 81.0, 20.0), np.arange(-160.0, 161.0, 40.0)
    one, two, four = (coverage_map(*args, at_least=k) for k in (1, 2, 4))
    assert (two.fraction <= one.fraction).all()
    assert (four.fraction == 0.0).all()
    np.testing.assert_allclose(four.longest_gap, 48.0)


def test_unknown_orbits_see_nothing_and_say_so(sampled: SampledOrbits) -> None:
    states = sampled.states.copy()
    states[1] = np.nan
    partly = SampledOrbits(sampled.tdb, states, sampled.ephemeris)
    found, whole = contacts(partly, _SITES), contacts(sampled, _SITES)
    assert np.isnan(found.fraction[1]).all()
    np.testing.assert_array_equal(found.fraction[[0, 2]], whole.fraction[[0, 2]])
    assert np.isnan(found.longest_gap_s[1]).all()


def test_no_orbits_make_no_contacts(sampled: SampledOrbits) -> None:
    empty = SampledOrbits(sampled.tdb, np.empty((0, len(sampled.tdb), 6)), sampled.ephemeris)
    found = contacts(empty, _SITES)
    assert len(found) == 0
    assert found.fraction.shape == (0, 3)
    assert float(coverage_map(empty, [0.0], [0.0]).fraction[0, 0]) == 0.0


def test_what_makes_no_sense_is_refused(sampled: SampledOrbits) -> None:
    with pytest.raises(InputError, match="mask_deg"):
        contacts(sampled, _SITES, mask_deg=100.0)
    with pytest.raises(InputError, match="latitudes_deg"):
        coverage_map(sampled, [100.0], [0.0])
    with pytest.raises(InputError, match="at_least"):
        coverage_map(sampled, [0.0], [0.0], at_least=0)
    with pytest.raises(InputError, match="region_fraction"):
        region_fraction(coverage_map(sampled, [0.0, 10.0], [0.0]), 50.0, 60.0)
    with pytest.raises(InputError, match="places"):
        contacts(sampled, Place(np.zeros((2, 2)), 0.0))
    with pytest.raises(InputError, match="place"):
        contacts(sampled, (-90.0, 0.0))
    for mask in (lambda azimuth: "high", lambda azimuth: azimuth * np.nan, lambda azimuth: azimuth[:1]):
        with pytest.raises(InputError, match="mask_deg"):
            contacts(sampled, _SITES, mask_deg=mask)
    for see in (contacts, ground_track):
        with pytest.raises(InputError, match="SampledOrbits"):
            see(sampled.states, *([_SITES] if see is contacts else []))
    with pytest.raises(InputError, match="SampledOrbits"):
        coverage_map(sampled.states, [0.0], [0.0])
    with pytest.raises(InputError, match="30000 x 30000 points"):
        coverage_map(sampled, np.linspace(-90.0, 90.0, 30_000), np.linspace(-180.0, 180.0, 30_000))
