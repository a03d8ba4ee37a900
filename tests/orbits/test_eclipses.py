"""Eclipses along years in orbit: against rays of light, against plain sampling, and where there are none."""

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.orbits.eclipses import Eclipses, Phases, eclipse_phases, eclipses
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from tests import naive
from tests.orbits.periodic import DRO, NRHO, NRHO_4_1
from tests.tolerances import CONTACT_BY_RAYS_S, FORETOLD_ECLIPSE_S, MOON_ECLIPSE_MIN, SAMPLED_CONTACT_S

START = tdb_seconds("2026-01-01T00:00:00")
EPHEMERIS = Ephemeris.packaged()


@pytest.fixture(scope="module")
def unlucky() -> EphemerisOrbit:
    """A phase that meets the shadow of the Earth."""
    return carry(NRHO, START, years=2, phase=0.5)


def rays(orbit: EphemerisOrbit, tdb: float, body: str) -> float:
    """Fraction of the Sun seen, ray by ray, with places read by jplephem."""
    known = naive.Bodies()
    craft = orbit.at(tdb, "earth")[0, :3]
    to_body = known.position(body, tdb) - craft
    return naive.lit_fraction(known.seen("sun", tdb) - craft, RADIUS_KM["sun"], to_body, RADIUS_KM[body])


@pytest.mark.parametrize("body", ["earth", "moon"])
def test_contacts_are_where_rays_say(unlucky: EphemerisOrbit, body: str) -> None:
    found = eclipses(unlucky, body)
    assert len(found) >= 2
    for i in (0, len(found) - 1):
        for contact, into in ((found.start_tdb[i], 1.0), (found.end_tdb[i], -1.0)):
            assert rays(unlucky, contact - into * CONTACT_BY_RAYS_S, body) == 1.0
            assert rays(unlucky, contact + into * CONTACT_BY_RAYS_S, body) < 1.0
        if found.umbra_s[i] > 600.0:
            assert rays(unlucky, 0.5 * (found.start_tdb[i] + found.end_tdb[i]), body) == 0.0


@pytest.mark.parametrize("body", ["earth", "moon"])
def test_nothing_is_missed_and_durations_are_those_of_samples(unlucky: EphemerisOrbit, body: str) -> None:
    """Every minute of the days around eclipses, and every quarter of an hour of a year."""
    found = eclipses(unlucky, body)
    inside = lambda t: ((t[:, None] >= found.start_tdb) & (t[:, None] <= found.end_tdb)).any(axis=1)  # noqa: E731
    quarters = np.arange(unlucky.tdb[0], unlucky.tdb[0] + 365.0 * 86400.0, 900.0)
    seen = events.lit(quarters, unlucky.trajectory, body)
    np.testing.assert_array_equal(seen < 1.0, inside(quarters))
    for i in range(min(4, len(found))):
        minutes = np.arange(found.start_tdb[i] - 3600.0, found.end_tdb[i] + 3600.0, 60.0)
        seen = events.lit(minutes[minutes > unlucky.tdb[0]], unlucky.trajectory, body)
        assert 60.0 * (seen < 1.0).sum() == pytest.approx(found.duration_s[i], abs=SAMPLED_CONTACT_S)
        assert 60.0 * (seen <= 0.0).sum() == pytest.approx(found.umbra_s[i], abs=SAMPLED_CONTACT_S)


def test_a_phase_keeps_out_of_the_shadow_of_the_earth_for_years() -> None:
    """And the Moon hides the Sun for less than 90 minutes, as published for the 9:2 orbit (Spreen 2021)."""
    phases = eclipse_phases(NRHO, START, years=3)
    lucky = carry(NRHO, START, years=3, phase=phases.require(0.0))
    assert len(eclipses(lucky, "earth")) == 0
    by_moon = eclipses(lucky, "moon")
    assert 10 < len(by_moon) < 50
    assert by_moon.longest_s < MOON_ECLIPSE_MIN * 60.0
    assert (by_moon.umbra_s <= by_moon.duration_s).all()


def test_the_4_1_orbit_is_all_but_free_of_eclipses() -> None:
    """As published, for 19 years (Spreen 2021): then, too, none by either body is found."""
    phases = eclipse_phases(NRHO_4_1, START, years=4)
    free = carry(NRHO_4_1, START, years=4, phase=phases.require(0.0))
    assert len(eclipses(free, "earth")) + len(eclipses(free, "moon")) <= 1


def test_phases_foretell_what_is_carried(unlucky: EphemerisOrbit) -> None:
    """Not the minute: some hours of the orbit's own are an hour of its eclipses. But an hour's eclipse is one."""
    phases = eclipse_phases(NRHO, START, years=2)
    foretold = phases.longest_s[len(phases.phase) // 2]
    found = eclipses(unlucky, "earth").longest_s
    assert foretold > 2.0 * 3600.0
    assert found > 3600.0
    assert found == pytest.approx(foretold, abs=FORETOLD_ECLIPSE_S)


def test_by_the_moon_phases_hardly_matter() -> None:
    phases = eclipse_phases(NRHO, START, years=1, body="moon")
    assert phases.longest_s.min() > 1800.0
    assert phases.longest_s.max() < MOON_ECLIPSE_MIN * 60.0 + 1200.0
    with pytest.raises(InfeasibleError, match="hides the Sun"):
        phases.require(600.0)


def test_best_phase_is_the_middle_of_the_widest_range() -> None:
    def best(longest: list[float]) -> float:
        return Phases("earth", "", np.arange(8) / 8, np.array(longest)).best

    assert best([5, 5, 0, 0, 0, 5, 0, 5]) == 3 / 8
    assert best([0, 0, 5, 5, 5, 5, 5, 0]) == 0.0  # round the end
    assert best([1, 2, 3, 4, 5, 6, 7, 8]) == 0.0
    assert 0.0 <= best([0] * 8) < 1.0


def test_without_eclipses_there_are_none() -> None:
    quiet = carry(DRO, "2026-03-20", revolutions=0.6)
    found = eclipses(quiet, "earth")
    assert len(found) == 0
    assert found.longest_s == 0.0
    assert repr(found) == "<Eclipses by the earth: none>"


def test_flights_that_begin_or_end_in_shadow_are_cut(unlucky: EphemerisOrbit) -> None:
    whole = eclipses(unlucky, "earth")
    middle = 0.5 * (whole.start_tdb[0] + whole.end_tdb[0])
    cut = eclipses(unlucky.trajectory.until(middle), "earth")
    assert len(cut) == 1
    assert cut.start_tdb[0] == pytest.approx(whole.start_tdb[0], abs=1e-3)
    assert cut.end_tdb[0] == pytest.approx(middle, abs=1e-3)


def test_longest_is_that_of_the_durations() -> None:
    made = Eclipses("moon", np.array([0.0, 100.0]), np.array([30.0, 190.0]), np.array([0.0, 60.0]))
    assert made.longest_s == 90.0
    assert "2; longest" in repr(made)


def test_bad_requests_are_refused(unlucky: EphemerisOrbit) -> None:
    with pytest.raises(InputError):
        eclipses(unlucky, "jupiter")
    with pytest.raises(InputError):
        eclipses(unlucky.states, "earth")
    for asked in ({"years": 0}, {"years": np.nan}, {"years": 40}, {"years": 1, "body": "venus"}):
        with pytest.raises(InputError):
            eclipse_phases(NRHO, START, **asked)
    with pytest.raises(InputError):
        eclipse_phases(NRHO.state, START, years=1)
    with pytest.raises(InputError, match="limit_s"):
        Phases("earth", "2027-01-01", np.zeros(1), np.zeros(1)).require(np.nan)
