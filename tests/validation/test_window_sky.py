"""What a calendar says of its launches, worked out anew by astropy and a table of the Moon's rotation.

The pad, where astropy has it at lift-off, lies in the plane of the parking orbit, and the plane leaves it at the
azimuth; the Sun over the landing site stands where the Moon's rotation by the IAU puts it.
"""

import copy
from functools import cache

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import GCRS, TETE, CartesianRepresentation, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.model.constants import EARTH_J2, GM_KM3_S2, RADIUS_KM
from lunarplan.plan.launches.direct import launches
from lunarplan.plan.launches.terms import Asked
from tests.tolerances import PAD_IN_PLANE_S, SKY_AZIMUTH_DEG, SKY_C3_KM2_S2, SKY_SUN_DEG

DAYS = "2024-02-12", "2024-02-17"
SITE = (-80.13, 1.44)
WAIT_S, LOW_DEG, HIGH_DEG = 33 * 3600.0, 8.0, 12.0
TOLD = ("launch_tdb", "injection_tdb", "perilune_tdb", "coast_s", "tli_delta_v", "c3")
EARTH_RATE_RAD_S = 7.2921159e-5
GM, RADIUS = GM_KM3_S2["earth"], RADIUS_KM["earth"]


@pytest.fixture(autouse=True)
def offline():
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        yield


@cache
def calendar():
    """IM-1 with four azimuths instead of one, and twelve of its open cells."""
    data = copy.deepcopy(library.read(library.find("im-1")))
    data["windows"] |= {"azimuth": ["72 deg", "108 deg"], "azimuths": 4}
    mission = Mission.from_dict(data)
    windows = mission.windows(*DAYS)
    cells = np.argwhere(windows.open)
    return mission, windows, np.random.default_rng(7).permutation(cells)[:12]


@cache
def transfers():
    mission, windows, cells = calendar()
    job = launches(Asked(mission, 0.0, 0.0, (), None, None))
    return [
        job.transfers({name: windows.dataset[name].values[[k]] for name, k in zip(windows.axes, cell, strict=True)})
        for cell in cells
    ]


def time(tdb):
    return Time(2451545.0, tdb / 86400.0, format="jd", scale="tdb")


def of_date(vector, when):
    """A vector in axes of the Earth's true equator of date, as a unit vector."""
    there = SkyCoord(GCRS(CartesianRepresentation(*vector * u.km), obstime=when)).transform_to(TETE(obstime=when))
    xyz = there.cartesian.xyz.to_value(u.km)
    return xyz / np.linalg.norm(xyz)


def plane_at_lift_off(one):
    """Normal of the parking plane: that of the injection, turned back by what the Earth's oblateness did meanwhile."""
    position, velocity = one.injection_states[0, :3], one.injection_states[0, 3:]
    normal = of_date(1e3 * np.cross(position, velocity), time(one.injection_tdb[0]))
    radius = np.linalg.norm(position)
    node_rate = -1.5 * EARTH_J2 * (RADIUS / radius) ** 2 * np.sqrt(GM / radius**3) * normal[2]
    turn = -node_rate * one.coast_s[0]
    x, y, z = normal
    return np.array([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, z])


def pad_at(tdb):
    site = calendar()[0].launch.site
    pad = EarthLocation.from_geodetic(site.longitude_deg * u.deg, site.latitude_deg * u.deg)
    when = time(tdb)
    return of_date(pad.get_gcrs(when).cartesian.xyz.to_value(u.km), when)


def moon_axes(when):
    """Mean-Earth axes of the Moon in ICRF, float64[3, 3]. Source: Archinal et al. (2018), IAU WGCCRE 2015, table 2."""
    d = when.tdb.jd - 2451545.0
    at = [
        125.045, 250.089, 260.008, 176.625, 357.529, 311.589, 134.963, 276.617, 34.226, 15.134, 119.743, 239.961,
        25.053,
    ]  # fmt: skip
    rate = [
        -0.0529921, -0.1059842, 13.0120009, 13.3407154, 0.9856003, 26.4057084, 13.0649930, 0.3287146, 1.7484877,
        -0.1589763, 0.0036096, 0.1643573, 12.9590088,
    ]  # fmt: skip
    e = np.radians(np.array(at) + np.array(rate) * d)
    ascension = [-3.8787, -0.1204, 0.0700, -0.0172, 0, 0.0072, 0, 0, 0, -0.0052, 0, 0, 0.0043]
    declination = [1.5419, 0.0239, -0.0278, 0.0068, 0, -0.0029, 0.0009, 0, 0, 0.0008, 0, 0, -0.0009]
    spin = [
        3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019, -0.0044,
    ]  # fmt: skip
    a = np.radians(269.9949 + 0.0031 * d / 36525 + np.sin(e) @ ascension)
    b = np.radians(66.5392 + 0.0130 * d / 36525 + np.cos(e) @ declination)
    w = np.radians(38.3213 + 13.17635815 * d - 1.4e-12 * d**2 + np.sin(e) @ spin)
    pole = np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])
    node = np.array([-np.sin(a), np.cos(a), 0.0])
    x = np.cos(w) * node + np.sin(w) * np.cross(pole, node)
    return np.array([x, np.cross(pole, x), pole])


def sun_over_site_deg(tdb):
    """How high the Sun stands, and how far east of the meridian."""
    when = time(tdb)
    sun, moon = (get_body(name, when).cartesian.xyz.to_value(u.km) for name in ("sun", "moon"))
    latitude, longitude = np.radians(SITE)
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    towards = moon_axes(when) @ (sun - moon) / np.linalg.norm(sun - moon)
    return np.degrees(np.arcsin([towards @ up, towards @ east]))


def test_the_cells_are_of_several_days_and_azimuths():
    _, windows, cells = calendar()
    assert len(cells) == 12
    assert len(np.unique(cells[:, 0])) > 2
    assert len(np.unique(cells[:, -1])) > 2
    for cell, one in zip(cells, transfers(), strict=True):
        assert one.ok.all()
        assert one.launch_tdb[0] == windows.dataset["launch_tdb"].values[tuple(cell)]


def test_the_pad_is_in_the_plane_at_lift_off_and_the_plane_leaves_it_at_the_azimuth():
    _, windows, cells = calendar()
    for cell, one in zip(cells, transfers(), strict=True):
        pad, normal = pad_at(one.launch_tdb[0]), plane_at_lift_off(one)
        east = np.cross([0.0, 0.0, 1.0], pad)
        per_second = EARTH_RATE_RAD_S * (east @ normal)
        assert abs(pad @ normal / per_second) < PAD_IN_PLANE_S
        along, east = np.cross(normal, pad), east / np.linalg.norm(east)
        azimuth = np.degrees(np.arctan2(along @ east, along @ np.cross(pad, east)))
        assert azimuth == pytest.approx(windows.dataset["azimuth_deg"].values[cell[-1]], abs=SKY_AZIMUTH_DEG)


def test_times_and_energies_are_those_of_the_flight():
    mission, windows, cells = calendar()
    radius = RADIUS + mission.launch.parking_orbit.altitude_km
    for cell in map(tuple, cells):
        told = {name: windows.dataset[name].values[cell] for name in TOLD}
        assert told["perilune_tdb"] - told["injection_tdb"] == windows.dataset["tof_s"].values[cell[3]]
        ascent_s = told["injection_tdb"] - told["launch_tdb"] - told["coast_s"]
        assert ascent_s == pytest.approx(mission.launch.ascent_time_s, abs=1e-6)
        speed = np.sqrt(GM / radius) + 1e-3 * told["tli_delta_v"]
        assert speed**2 - 2.0 * GM / radius == pytest.approx(told["c3"], abs=SKY_C3_KM2_S2)


def test_the_sun_stands_over_the_site_where_the_moons_rotation_puts_it():
    _, windows, cells = calendar()
    assert list(windows.dataset["constraint"].values) == ["Sun at landing"]
    for cell in map(tuple, cells):
        elevation, eastward = sun_over_site_deg(windows.dataset["perilune_tdb"].values[cell] + WAIT_S)
        margin = min(elevation - LOW_DEG, HIGH_DEG - elevation, eastward)
        assert windows.dataset["margin"].values[cell][0] == pytest.approx(margin, abs=SKY_SUN_DEG)


def test_the_calendar_counts_what_the_cells_say():
    """Open days, runs, reasons and the cheapest launch of each day by loops over all cells."""
    _, windows, _ = calendar()
    code, margin = windows.dataset["code"].values, windows.dataset["margin"].values
    cost = windows.dataset["tli_delta_v"].values + windows.dataset["loi_delta_v"].values
    for k, day in enumerate(windows.calendar):
        costs = [cost[cell] for cell in np.ndindex(code.shape) if cell[0] == k and code[cell] == 0]
        assert day.open == bool(costs)
        assert day.best is None or day.best.delta_v_m_s == pytest.approx(min(costs), abs=1e-9)
    broken = sum(code[cell] >= 0 and margin[cell][0] < 0.0 for cell in np.ndindex(code.shape))
    assert windows.closed_by["Sun at landing"] == broken
    assert sum(windows.closed_by[why] for c, why in windows.reasons.items() if c < 0) == (code < 0).sum()
    assert sum((last - first).days + 1 for first, last in windows.runs) == sum(day.open for day in windows.calendar)
