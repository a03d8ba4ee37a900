"""Arguments that are nothing of the kind: every entry to the transfers answers with one line that names them."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.sites import launch_site
from lunarplan.model.surface import Place
from lunarplan.model.trajectory import fly
from lunarplan.transfers.aborts.aborts import aborts
from lunarplan.transfers.flybys.followed import at_inclination
from lunarplan.transfers.flybys.powered_flyby import from_distant_orbit, to_distant_orbit
from lunarplan.transfers.flybys.round_trip import round_trip
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.high_orbit import high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem
from lunarplan.transfers.free_returns.midcourse import restorations
from lunarplan.transfers.home.earth_return import earth_returns, return_problem
from lunarplan.transfers.home.splashdown import cheapest_splashdowns, splashdown_returns
from lunarplan.transfers.stations.low_orbit import cheapest_to_low_orbit, to_low_orbit
from lunarplan.transfers.stations.low_orbit_plane import cheapest_to_plane
from lunarplan.transfers.stations.opportunities import departure_opportunities
from lunarplan.transfers.stations.plane_change import CircularOrbit, between_low_orbits
from lunarplan.transfers.stations.rendezvous import phasing, rendezvous
from lunarplan.transfers.stations.sortie import Lander, sorties
from lunarplan.transfers.stations.staging import staging_table
from lunarplan.transfers.surface.ascent import powered_ascent
from lunarplan.transfers.surface.descent import powered_descent
from lunarplan.windows.free_returns import FreeReturnLaunches

START = "2028-03-01T00:00:00"
STATE = np.array([10_000.0, 0.0, 0.0, 0.0, 0.7, 0.0])
LANDER = Lander(90e3, 350.0, 40e3, 60e3, 350.0, 18e3)
POLE = Place(-89.0, 0.0)


@pytest.fixture(scope="module")
def path():
    return fly(STATE, START, "2028-03-03T00:00:00", center="moon")


CALLS = {
    "flight": lambda p: aborts("x", [START]),
    "days": lambda p: aborts(p, [START], days=[np.nan]),
    "to: 'home'": lambda p: aborts(p, [START], to="home"),
    "batch: 'z' ": lambda p: high_orbit_returns("z"),
    "launch: 'pad'": lambda p: high_orbit_returns(high_orbit_problem(START, perilune_altitude_km=100.0), "pad"),
    "high_orbit_problem": lambda p: high_orbit_problem(perilune_altitude_km=100.0),
    "meant": lambda p: restorations(p, [START], None),
    "forces": lambda p: aborts(p, [START], forces="x"),
    "northbound": lambda p: return_problem(STATE, START, 2e5, inclination_deg=30.0, northbound=0),
    "northbound_return": lambda p: free_return_problem(START, perilune_altitude_km=100.0, northbound_return=0.5),
    "batch: 'x' ": lambda p: earth_returns("x"),
    "batch: 'y' ": lambda p: free_returns("y"),
    "launch": lambda p: free_returns(free_return_problem(START, perilune_altitude_km=100.0), launch="ksc"),
    "station: None": lambda p: to_low_orbit(None, START, 4e4),
    "flight: 'x'": lambda p: to_low_orbit(p, START, 4e4, flight="x"),
    "flight: 3": lambda p: rendezvous(p, p, START, 1e4, flight=3),
    "station: 'x'": lambda p: rendezvous(p, "x", START, 1e4),
    "northbound:": lambda p: to_low_orbit(p, START, 4e4, northbound=0),
    "tof_s: nan": lambda p: cheapest_to_low_orbit(p, START, "2028-03-02", np.nan),
    "stations": lambda p: to_distant_orbit(p, START),
    "out_days": lambda p: to_distant_orbit([p], START, out_days=("a",)),
    "station: 'z'": lambda p: from_distant_orbit("z", START),
    "splashdown": lambda p: from_distant_orbit(p, START, splashdown="x"),
    "batch: 'z'": lambda p: splashdown_returns("z"),
    "path": lambda p: cheapest_splashdowns("x", START, "2028-03-02", 2e5, latitude_deg=3.0, longitude_deg=5.0),
    "cheapest_splashdowns": lambda p: cheapest_splashdowns(p, START, "2028-03-02", 2e5, latitude=3.0),
    "orbit": lambda p: round_trip("DRO", START, 25.0),
    "start": lambda p: between_low_orbits("x", CircularOrbit(100.0, 90.0), START),
    "orbits": lambda p: staging_table(orbits=["x"]),
    "route": lambda p: at_inclination("x", 3.0),
    "craft": lambda p: phasing("x", p, START, 7e3),
    "station: 'y'": lambda p: cheapest_to_plane("y", START, "2028-03-02", 4e4),
    "revolutions": lambda p: departure_opportunities(p, START, 0, 6e5, 4e4, most_delta_v_m_s=700.0),
    "place, lander": lambda p: sorties(p, [START], POLE, "x"),
    "wait_hours": lambda p: sorties(p, [START], POLE, LANDER, wait_hours=3),
    "approach": lambda p: powered_descent(4e4, 311.0, 1.5e4, approach="x"),
    "touchdown": lambda p: powered_descent(4e4, 311.0, 1.5e4, touchdown=3),
    "thrust_n": lambda p: powered_ascent(None, 311.0, 1.5e4),
    "FreeReturnLaunches.site": lambda p: FreeReturnLaunches("ksc"),
    "perilune_altitudes_km": lambda p: FreeReturnLaunches(launch_site("ksc")).grid(
        "2028-07-01", "2028-07-02", perilune_altitudes_km="x"
    ),
}


@pytest.mark.parametrize("named", CALLS)
def test_what_is_wrong_is_named(named, path):
    with pytest.raises(InputError) as raised:
        CALLS[named](path)
    assert str(raised.value).startswith(named.split(":")[0])
    assert "\n" not in str(raised.value)


def test_from_the_centre_of_the_moon_there_is_no_way_home():
    found = earth_returns(return_problem(np.zeros(6), START, 2e5, inclination_deg=30.0))
    assert not found.ok.any()
    assert repr(found) == "<Returns: 0 of 1 rows ok>"
