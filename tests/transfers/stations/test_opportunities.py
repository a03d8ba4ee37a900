"""Departures revolution after revolution: the cheapest of each, and how long it stays cheap."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.stations.low_orbit import to_low_orbit
from lunarplan.transfers.stations.opportunities import departure_opportunities
from tests.authorities import load
from tests.tolerances import NRHO_TO_LOW_ORBIT_M_S, OPPORTUNITY_M_S

CASE = load("staging")["nrho_to_low_orbit"]
START = float(tdb_seconds("2028-03-01T00:00:00"))
PERIOD_S, HALF_DAY_S, LIMIT_M_S = CASE["period"] * CASE["time_s"], 43_200.0, 740.0


@pytest.fixture(scope="module")
def station():
    orbit = PeriodicOrbit(np.array(CASE["state"]), CASE["period"], EARTH_MOON_384400, "NRHO")
    return carry(orbit, START, revolutions=4.5, forces=ForceModel())


@pytest.fixture(scope="module")
def found(station):
    return departure_opportunities(station, START + 0.5 * PERIOD_S, 3, PERIOD_S, HALF_DAY_S, most_delta_v_m_s=LIMIT_M_S)


def test_a_revolution_has_one(found):
    assert found.best.ok.all()
    low, high = NRHO_TO_LOW_ORBIT_M_S
    assert ((1e3 * found.best.delta_v_km_s > low) & (1e3 * found.best.delta_v_km_s < high)).all()
    assert np.diff(found.best.staging_tdb) == pytest.approx(np.full(2, PERIOD_S), rel=0.05)


def test_within_it_is_cheap_and_outside_it_is_not(found, station):
    assert ((found.opens_tdb < found.best.staging_tdb) & (found.best.staging_tdb < found.closes_tdb)).all()

    def least(epochs):
        return 1e3 * np.fmin(*(to_low_orbit(station, epochs, HALF_DAY_S, northbound=s).delta_v_km_s for s in (1, -1)))

    for edge in (found.opens_tdb, found.closes_tdb):
        assert np.abs(least(edge) - LIMIT_M_S).max() < OPPORTUNITY_M_S
    assert (least(found.opens_tdb - 600.0) > LIMIT_M_S).all()
    assert (least(found.closes_tdb + 600.0) > LIMIT_M_S).all()
    assert (least(0.5 * (found.opens_tdb + found.closes_tdb)) < LIMIT_M_S).all()


def test_what_is_too_dear_never_opens(station):
    never = departure_opportunities(station, START + 0.5 * PERIOD_S, 1, PERIOD_S, HALF_DAY_S, most_delta_v_m_s=500.0)
    assert np.isnan(never.open_s).all()
    assert never.best.ok.all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"revolutions": 0}, "revolutions"),
        ({"revolutions": 1.5}, "revolutions"),
        ({"revolution_s": np.nan}, "revolution_s"),
    ],
)
def test_bad_input_is_named(station, change, says):
    given = {"revolutions": 1, "revolution_s": PERIOD_S} | change
    with pytest.raises(InputError, match=says):
        departure_opportunities(station, START, tof_s=HALF_DAY_S, most_delta_v_m_s=800.0, **given)
