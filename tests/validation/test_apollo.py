"""Apollo 8's coast by NASA's JEOD, and what Apollo 11's injection led to."""

import erfa
import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds, utc_jd
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from tests.authorities import load
from tests.tolerances import (
    APOLLO_8_KM,
    APOLLO_8_KM_S,
    PERICYNTHION_NMI,
    PERICYNTHION_S,
    PERICYNTHION_SLOPE,
    TABULATED_ORBIT,
)

FOOT_KM, NMI_KM = 0.3048e-3, 1.852
COAST = load("apollo_8_coast")
INJECTION = load("apollo_11_injection")


def test_apollo_8_coast(point_masses):
    start = tdb_seconds(COAST["epoch"])
    final = propagate(
        np.array(COAST["start_m"]) * 1e-3, start, start + COAST["duration_s"], forces=point_masses(COAST)
    ).states[0]
    miss = final - np.array(COAST["final_m"]) * 1e-3
    assert np.abs(miss[:3]).max() < APOLLO_8_KM
    assert np.abs(miss[3:]).max() < APOLLO_8_KM_S


def injected(extra_ft_s):
    """ICRF state of the tabulated injection, its speed changed by some feet per second."""
    case, (latitude, longitude, climb, heading) = (
        INJECTION,
        np.radians([INJECTION[k] for k in ("latitude_deg", "longitude_deg", "flight_path_deg", "heading_deg")]),
    )
    a = case["ellipsoid_km"]
    b = a * (1.0 - 1.0 / case["ellipsoid_inverse_flattening"])
    radius = a * b / np.hypot(b * np.cos(latitude), a * np.sin(latitude)) + case["altitude_ft"] * FOOT_KM
    tdb = tdb_seconds(case["epoch"])
    right_ascension = longitude + erfa.gst06a(*utc_jd(tdb), 2451545.0, tdb / 86400.0)
    cl, sl, cr, sr = np.cos(latitude), np.sin(latitude), np.cos(right_ascension), np.sin(right_ascension)
    up, east, north = np.array([cl * cr, cl * sr, sl]), np.array([-sr, cr, 0.0]), np.array([-sl * cr, -sl * sr, cl])
    level = np.cos(heading) * north + np.sin(heading) * east
    speed = (case["speed_ft_s"] + extra_ft_s) * FOOT_KM
    of_date = erfa.pnm06a(2451545.0, tdb / 86400.0)
    return np.concatenate([radius * up @ of_date, speed * (np.sin(climb) * up + np.cos(climb) * level) @ of_date])


@pytest.fixture(scope="module")
def pericynthions(full_de440):
    """Altitude (nmi) and ground elapsed time (s) of closest approach at 0, +1 and +2 ft/s."""
    forces = ForceModel(earth_zonal=2, moon_degree=0, ephemeris=full_de440)
    start, lift_off = tdb_seconds(INJECTION["epoch"]), tdb_seconds(INJECTION["lift_off"])
    times = lift_off + np.arange(74.7 * 3600.0, 75.7 * 3600.0, 10.0)
    found = []
    for extra in (0.0, 1.0, 2.0):
        states = np.tile(injected(extra), (len(times), 1))
        flown = propagate(states, start, times, forces=forces, stop_at_impact=False).require().states
        distance = np.linalg.norm(flown[:, :3] - full_de440.position("moon", "earth", times), axis=1)
        k = int(np.argmin(distance))
        c, b, a = np.polynomial.polynomial.polyfit(times[k - 3 : k + 4] - times[k], distance[k - 3 : k + 4], 2)
        found.append(((c - b * b / (4 * a) - INJECTION["lunar_radius_km"]) / NMI_KM, times[k] - b / (2 * a) - lift_off))
    return np.array(found)


def test_apollo_11_orbit_after_injection():
    """The table's own elements come back: ellipsoid, sidereal time and heading are read as it meant them."""
    r, v = np.split(injected(0.0), 2)
    h = np.cross(r, v)
    gm = 398600.4415
    eccentricity = np.linalg.norm(np.cross(v, h) / gm - r / np.linalg.norm(r))
    of_date = erfa.pnm06a(2451545.0, tdb_seconds(INJECTION["epoch"]) / 86400.0)
    inclination = np.degrees(np.arccos((of_date @ h)[2] / np.linalg.norm(h)))
    assert inclination == pytest.approx(INJECTION["inclination_deg"], abs=TABULATED_ORBIT["inclination_deg"])
    assert eccentricity == pytest.approx(INJECTION["eccentricity"], abs=TABULATED_ORBIT["eccentricity"])
    assert v @ v - 2 * gm / np.linalg.norm(r) == pytest.approx(INJECTION["c3_km2_s2"], abs=TABULATED_ORBIT["c3_km2_s2"])


def test_apollo_11_pericynthion(pericynthions):
    altitude_nmi, elapsed_s = pericynthions[0]
    assert altitude_nmi == pytest.approx(INJECTION["pericynthion_nmi"], abs=PERICYNTHION_NMI)
    assert elapsed_s == pytest.approx(INJECTION["pericynthion_get_s"], abs=PERICYNTHION_S)


def test_apollo_11_sensitivity_to_speed(pericynthions):
    altitude, elapsed = np.diff(pericynthions, axis=0).T
    assert altitude == pytest.approx(np.full(2, INJECTION["slope_nmi_per_ft_s"]), rel=PERICYNTHION_SLOPE)
    assert elapsed / 60.0 == pytest.approx(np.full(2, INJECTION["slope_min_per_ft_s"]), rel=PERICYNTHION_SLOPE)
