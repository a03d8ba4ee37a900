"""Sorties: their parts fit together in time and place, and cost what their parts cost."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.surface import Place
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.stations.low_orbit import cheapest_to_low_orbit
from lunarplan.transfers.stations.sortie import Lander, sorties
from tests.authorities import load
from tests.tolerances import (
    ASCENT_CLOSURE_KM,
    LANDING_CLOSURE_KM,
    LANES_SORTIE_M_S,
    NRHO_TO_LOW_ORBIT_M_S,
    SORTIE_DRIFT_KM,
    SORTIE_DRIFT_M_S,
)

CASE = load("staging")["nrho_to_low_orbit"]
FORCES = ForceModel()
DAY = 86400.0
START = tdb_seconds("2028-01-01T00:00:00")
LANDER = Lander(90e3, 350.0, 40e3, 60e3, 350.0, 18e3)
POLE = Place(-89.4, 222.0, 1.5)


@pytest.fixture(scope="module")
def station():
    orbit = PeriodicOrbit(np.array(CASE["state"]), CASE["period"], EARTH_MOON_384400, "halo")
    return carry(orbit, START - 2.0 * DAY, revolutions=9.0, forces=FORCES)


@pytest.fixture(scope="module")
def week(station):
    return sorties(station, START + np.arange(8) * DAY, POLE, LANDER, forces=FORCES)


def test_every_day_has_a_sortie(week):
    assert week.ok.all()


def test_epochs_follow_one_another(week):
    parts = (week.departure_tdb, week.insertion_tdb, week.landing_tdb, week.lift_off_tdb, week.ascent_end_tdb,
             week.arrival_tdb)  # fmt: skip
    assert (np.diff(parts, axis=0) > 0.0).all()
    np.testing.assert_allclose(week.insertion_tdb - week.departure_tdb, 43_200.0)
    np.testing.assert_allclose(week.lift_off_tdb - week.landing_tdb, 6.5 * DAY)
    waited = week.landing_tdb - week.insertion_tdb
    assert ((waited >= 4.0 * 3600.0) & (waited <= 48.0 * 3600.0)).all()
    assert (week.up.perilune_tdb - week.ascent_end_tdb >= 4.0 * 3600.0 - 1.0).all()


def test_a_sortie_costs_what_its_parts_cost(week):
    parts = (
        1e3 * week.down.delta_v_km_s, week.turn_down_m_s, week.descent.deorbit_m_s, week.descent.delta_v_m_s,
        week.ascent.delta_v_m_s, week.circling_m_s, week.turn_up_m_s, 1e3 * week.up.delta_v_km_s,
    )  # fmt: skip
    np.testing.assert_allclose(week.delta_v_m_s, sum(parts))
    assert (np.array([np.broadcast_to(p, 8) for p in parts]) >= 0.0).all()


def test_every_sortie_lands_at_the_place_and_leaves_from_it(week):
    """And what is beside the plane is flown off up to 20 km."""
    assert week.descent.miss_km.max() < LANDING_CLOSURE_KM
    assert week.ascent.miss_km.max() < ASCENT_CLOSURE_KM
    assert np.abs(week.descent.cross_range_km).max() < 20.0 + SORTIE_DRIFT_KM
    assert np.abs(week.ascent.cross_range_km).max() < 20.0 + 1e-6
    for row in (0, 5):
        down, up = week.descent.path(row, 11), week.ascent.path(row, 11)
        for at, k in ((down, -1), (up, 0)):
            assert (at.latitude_deg[k], at.longitude_deg[k] % 360.0) == pytest.approx((-89.4, 222.0), abs=1e-5)
            assert at.altitude_km[k] == pytest.approx(1.5, abs=LANDING_CLOSURE_KM)
        assert down.epochs_tdb[-1] == pytest.approx(week.landing_tdb[row], abs=1e-6)
        assert up.epochs_tdb[0] == week.lift_off_tdb[row]


def test_a_turn_is_what_brings_the_place_near_enough(station):
    """Over a place in the middle latitudes some days need tens of degrees."""
    found = sorties(station, START + np.arange(3) * DAY, Place(-30.0, 20.0), LANDER, forces=FORCES)
    assert found.ok.all()
    assert found.turn_up_m_s.max() > 500.0
    np.testing.assert_allclose(np.abs(found.ascent.cross_range_km), 20.0, atol=1e-6)
    normal = np.cross(found.up.perilune_states[:, :3], found.up.perilune_states[:, 3:])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    up = np.einsum("nji,j->ni", rotation("moon_me", found.lift_off_tdb, FORCES.source), Place(-30.0, 20.0).axes.up)
    beside = np.abs(np.arcsin(np.einsum("ni,ni->n", up, normal))) - 20.0 / 1737.4
    speed = 1e3 * np.sqrt(FORCES.gm("moon") / 1837.4)
    # the plane at departure, days later: it drifts meanwhile
    np.testing.assert_allclose(found.turn_up_m_s, 2.0 * speed * np.sin(0.5 * beside), atol=SORTIE_DRIFT_M_S)


def test_the_station_is_left_for_what_is_published(station):
    """The cheapest departure of each revolution: 690 to 760 m/s to a polar low orbit in half a day."""
    period = CASE["period"] * CASE["time_s"]
    spans = START + np.arange(6) * period
    best = cheapest_to_low_orbit(station, spans, spans + period, 43_200.0).require()
    low, high = NRHO_TO_LOW_ORBIT_M_S
    assert ((1e3 * best.delta_v_km_s > low) & (1e3 * best.delta_v_km_s < high)).all()


def test_a_batch_is_its_rows(station, week):
    alone = sorties(station, START + 3.0 * DAY, POLE, LANDER, forces=FORCES)
    assert alone.delta_v_m_s[0] == pytest.approx(week.delta_v_m_s[3], abs=LANES_SORTIE_M_S)


def test_bad_input_is_named(station):
    with pytest.raises(InputError, match="stay_days"):
        sorties(station, START, POLE, LANDER, stay_days=-1.0)
    with pytest.raises(InputError, match="wait_hours"):
        sorties(station, START, POLE, LANDER, wait_hours=(5.0, 2.0))
    with pytest.raises(InputError, match="several places"):
        sorties(station, START, Place([-89.0, -88.0], 0.0), LANDER)
    with pytest.raises(InputError, match="Trajectory"):
        sorties(station, START + 400.0 * DAY, POLE, LANDER)
