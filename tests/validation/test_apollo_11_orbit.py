"""Apollo 11 into lunar orbit and home: burns of the plane flown, at the epochs flown, to the place flown to."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.vehicle import Engine, Vehicle
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.home.splashdown import splashdown_problem, splashdown_returns
from lunarplan.transfers.one_burn import OneBurn, solve
from lunarplan.transfers.to_moon.insertion import ApsisBurn, insert
from tests.authorities import load
from tests.orbits.test_ground_track import iau_moon
from tests.tolerances import (
    APOLLO_BURN_FRACTION,
    APOLLO_BURN_S,
    APOLLO_ENTRY_KM_S,
    APOLLO_ENTRY_PLACE_DEG,
    APOLLO_ENTRY_S,
    APOLLO_MASS_FRACTION,
)
from tests.validation.test_apollo import INJECTION, NMI_KM, injected

CASE = load("apollo_11_orbit")
LIFT_OFF = float(tdb_seconds(INJECTION["lift_off"]))
RADIUS_KM = INJECTION["lunar_radius_km"]


def at(get):
    hours, minutes, seconds = get
    return LIFT_OFF + 3600.0 * hours + 60.0 * minutes + seconds


def over(place_deg, tdb):
    latitude, longitude = np.radians(place_deg)
    fixed = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    return iau_moon(tdb).T @ fixed


@pytest.fixture(scope="module")
def forces(full_de440):
    return ForceModel(moon_degree=0, ephemeris=full_de440)


@pytest.fixture(scope="module")
def normal():
    """Of the plane of the lunar orbit, ICRF."""
    plane = CASE["plane"]
    here = over(plane["descent_from_deg"], at(plane["descent_from_at"]))
    there = over(plane["landed_deg"], at(plane["landed_at"]))
    n = np.cross(here, there)
    return n / np.linalg.norm(n)


@pytest.fixture(scope="module")
def home(forces, normal):
    """The cheapest way home at the epoch of the ignition; where in its orbit the craft was is free."""
    tei = CASE["tei"]
    burn, angle = at(tei["ignition_at"]), np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)[:, None]
    radius = RADIUS_KM + 0.5 * sum(CASE["loi"]["orbits_nmi"][1]) * NMI_KM
    first = np.cross(normal, [0.0, 0.0, 1.0])
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    place = radius * (np.cos(angle) * first + np.sin(angle) * second)
    motion = np.sqrt(forces.gm("moon") / radius) * (np.cos(angle) * second - np.sin(angle) * first)
    found = splashdown_returns(
        splashdown_problem(
            np.concatenate([place, motion], axis=1), burn, at(tei["entry_at"]) - burn,
            latitude_deg=tei["splashdown_deg"][0], longitude_deg=tei["splashdown_deg"][1],
            range_km=tei["range_nmi"] * NMI_KM, flight_path_deg=tei["entry_flight_path_deg"], forces=forces,
        ),
        forces,
    )  # fmt: skip
    return found.rows(np.array([np.nanargmin(found.delta_v_km_s)])).require()


def test_the_way_home_costs_what_it_cost(home):
    assert 1e3 * home.delta_v_km_s[0] == pytest.approx(CASE["tei"]["delta_v_m_s"], rel=APOLLO_BURN_FRACTION)


def test_the_entry_is_the_one_flown(home):
    """Nothing was said about its epoch but the day: the Earth has the ocean there then, and Apollo was there."""
    entry, flown = home.entry, load("entries")["apollo_11"]
    assert entry.tdb[0] == pytest.approx(at(CASE["tei"]["entry_at"]), abs=APOLLO_ENTRY_S)
    assert entry.speed_km_s[0] == pytest.approx(CASE["tei"]["entry_speed_km_s"], abs=APOLLO_ENTRY_KM_S)
    assert entry.latitude_deg[0] == pytest.approx(flown["latitude_deg"], abs=APOLLO_ENTRY_PLACE_DEG)
    assert entry.longitude_deg[0] == pytest.approx(flown["longitude_deg"], abs=APOLLO_ENTRY_PLACE_DEG)


@pytest.fixture(scope="module")
def pericynthion(forces):
    """The arrival nearest to the plane of the orbit: the asymptote lies some 4 degrees off it."""
    arrival = CASE["arrival"]
    start, end = at(arrival["corrected_at"]), at(arrival["pericynthion_at"])
    state = propagate(injected(0.0), tdb_seconds(INJECTION["epoch"]), start, forces=forces).require().states
    state = state - forces.source.state("moon", "earth", np.array([start]))
    planes = np.radians(np.arange(170.0, 179.0, 0.5))
    n = len(planes)
    legs = OneBurn(
        np.full(n, start), np.tile(state, (n, 1)), np.full(n, end - start),
        np.full(n, RADIUS_KM + arrival["pericynthion_nmi"] * NMI_KM), np.zeros(n), planes, np.full(n, -1.0),
        np.tile(iau_moon(end), (n, 1, 1)),
    )  # fmt: skip
    found = solve(legs, "moon", InEphemeris(forces))
    cheapest = np.nanargmin(np.linalg.norm(found.x[:, :3], axis=1))
    return legs.end(found.x, np.arange(n))[0][cheapest], end


def test_into_lunar_orbit(forces, normal, pericynthion):
    """Both burns with the engine's thrust and the mass flown, and what turning into the plane adds to the first."""
    state, tdb = pericynthion
    loi = CASE["loi"]
    before, after = loi["mass_kg"]
    engine = Engine("sps", (before - after) / loi["duration_s"] * loi["isp_s"] * 9.80665, loi["isp_s"])
    apolunes = [RADIUS_KM + far * NMI_KM for _, far in loi["orbits_nmi"]]
    burns = [ApsisBurn(apolune_radius_km=apolunes[0]), ApsisBurn(apolune_radius_km=apolunes[1], passage=2)]
    made = insert(
        state, tdb, burns, forces, vehicle=Vehicle(20_000.0, before - 20_000.0, (engine,)), engine="sps"
    ).burns
    assert made[0].ignition_tdb == pytest.approx(at(loi["ignition_at"]), abs=APOLLO_BURN_S)
    assert made[0].mass_after_kg == pytest.approx(after, rel=APOLLO_MASS_FRACTION)
    total = 1e3 * (sum(burn.delta_v_km_s for burn in made) + turn(state, normal, apolunes[0], forces.gm("moon")))
    assert total == pytest.approx(sum(loi["delta_v_m_s"]), rel=APOLLO_BURN_FRACTION)


def turn(state, normal, apolune_km, gm):
    """What an impulse at perilune costs more if it turns the plane, too, km/s."""
    near = np.linalg.norm(state[:3])
    speed = np.sqrt(2.0 * gm * apolune_km / (near * (near + apolune_km)))
    along = np.cross(normal, state[:3])
    along /= np.linalg.norm(along)
    return np.linalg.norm(speed * along - state[3:]) - (np.linalg.norm(state[3:]) - speed)
