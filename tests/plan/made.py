"""A hand-made solution of a hand-made mission: two-body pieces whose every number can be worked out on paper."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lunarplan import Mission
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plan.legs.shared import c3_note, launch_leg
from lunarplan.plan.solution import Burn, Leg, Milestone, OrbitReached, Solution

FloatArray = npt.NDArray[np.float64]

LAUNCH = "2024-05-03T09:27:00Z"
MOON_KM = np.array([384400.0, 0.0, 0.0])
MOON_KM_S = np.array([0.0, 1.0, 0.0])
LLO_ALTITUDE_KM = 100.0

TLI_S, LOI_S, TRIM_S, END_S = 2400.0, 4.7 * 86400.0, 4.9 * 86400.0, 5.4 * 86400.0  # after launch

MISSION: dict[str, Any] = {
    "mission": {"name": "Made up", "status": "reference", "programme": "tests"},
    "vehicle": {
        "dry_mass": "1000 kg",
        "propellant": "1000 kg",
        "engines": [
            {"name": "main", "thrust": "3000 N", "isp": "310 s"},
            {"name": "trim", "thrust": "100 N", "isp": "290 s"},
        ],
    },
    "launch": {
        "site": "wenchang",
        "earliest": "2024-05-01",
        "latest": "2024-05-10",
        "parking_orbit": {"altitude": "200 km"},
    },
    "phase": [
        {"type": "translunar", "tof": ["4 days", "5.5 days"]},
        {
            "type": "insertion",
            "perilune": "100 km",
            "inclination": "90 deg",
            "engine": "main",
            "burns": [{"period": "12 h"}, {"apolune": "100 km", "passage": 1}],
        },
        {"type": "lunar_orbit", "duration": "0.5 days"},
    ],
    "expect": {
        "tli_c3": {"value": "-2.0 km2/s2", "tolerance": "0.1 km2/s2", "source": "book A"},
        "loi_delta_v": {"value": ["700 m/s", "800 m/s"], "source": "book B", "kind": "estimate"},
        "launch_epoch": {"value": LAUNCH, "tolerance": "1 h", "source": "book A"},
        "loi1_altitude": {"value": "400 km", "tolerance": "1 km", "source": "book C"},
        "loi2_duration": {"value": "60 s", "tolerance": "10 s", "source": "book C"},
    },
}


class MadeTrajectory:
    """An ellipse about the Earth up to LOI, then a circle about a Moon in uniform motion: exact to rounding.

    The jump at LOI is on purpose: whoever interpolates across it will be far off.
    """

    def __init__(self, start_tdb: float, loi_tdb: float, end_tdb: float) -> None:
        self.start_tdb, self.loi_tdb, self.end_tdb = start_tdb, loi_tdb, end_tdb

    @property
    def nodes_tdb(self) -> FloatArray:
        near = np.linspace(self.loi_tdb, self.end_tdb, 40)
        return np.unique([*np.geomspace(60.0, self.loi_tdb - self.start_tdb, 30) + self.start_tdb, *near])

    def at(self, tdb: FloatArray, center: str = "earth") -> FloatArray:
        assert np.all((tdb >= self.start_tdb) & (tdb <= self.end_tdb))
        moon = np.hstack([MOON_KM + np.outer(tdb - self.loi_tdb, MOON_KM_S), np.tile(MOON_KM_S, (len(tdb), 1))])
        after = (tdb >= self.loi_tdb)[:, np.newaxis]
        states = np.where(after, moon + _circle(tdb - self.loi_tdb), _ellipse(tdb - self.start_tdb))
        return states - moon if center == "moon" else states


def _circle(seconds: FloatArray) -> FloatArray:
    r = RADIUS_KM["moon"] + LLO_ALTITUDE_KM
    rate = math.sqrt(GM_KM3_S2["moon"] / r**3)
    c, s, zero = np.cos(rate * seconds), np.sin(rate * seconds), np.zeros_like(seconds)
    return np.column_stack([r * c, zero, r * s, -r * rate * s, zero, r * rate * c])


def _ellipse(seconds: FloatArray) -> FloatArray:
    perigee, apogee = 6578.0, 350000.0
    a, e = 0.5 * (perigee + apogee), (apogee - perigee) / (apogee + perigee)
    n = math.sqrt(GM_KM3_S2["earth"] / a**3)
    mean = n * seconds
    anomaly = mean + e * np.sin(mean)
    for _ in range(60):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
    c, s = np.cos(anomaly), np.sin(anomaly)
    b, rate = a * math.sqrt(1.0 - e * e), n / (1.0 - e * c)
    zero = np.zeros_like(seconds)
    return -np.column_stack([a * (c - e), b * s, zero, -a * s * rate, b * c * rate, zero])  # apogee at the Moon


def mission() -> Mission:
    """Return the made-up mission."""
    return Mission.from_dict(MISSION)


def legs() -> dict[str, Leg]:
    """Return its legs by phase: an impulse for LOI, a burn of 80 s for the trim."""
    launch = tdb_seconds(LAUNCH)
    capture = OrbitReached(launch + LOI_S, 100.0, 8710.355, math.radians(90.0))
    final = OrbitReached(launch + TRIM_S + 80.0, 98.0, 103.0, math.radians(90.1))
    start = launch_leg(launch, launch + 600.0, math.radians(19.6))
    translunar = Leg(
        "translunar",
        burns=(Burn("TLI", launch + TLI_S, 3.14, "launcher", 350.0, c3_note(-1.95)),),
        milestones=(
            Milestone("sphere of influence", launch + 4.0 * 86400.0, "of the Moon"),
            Milestone("perilune", launch + LOI_S + 200.0, "unbraked, at 100.0 km"),
        ),
        values={
            "parking_duration": TLI_S,
            "tli_c3": -1.95,
            "tof": LOI_S + 200.0 - TLI_S - 350.0,
            "perilune_epoch": launch + LOI_S + 200.0,
            "arrival_v_infinity": 0.85,
        },
        closures_m={"perilune": 0.125},
    )
    insertion = Leg(
        "insertion",
        burns=(
            Burn("LOI-1", launch + LOI_S, 0.60, "main", note=capture.in_words),
            Burn("LOI-2", launch + TRIM_S, 0.05, "trim", 80.0, note=final.in_words),
        ),
        orbits=(capture, final),
        values={
            "flight_time": LOI_S,
            "approach_perilune_altitude": 100.0,
            "loi_epoch": launch + LOI_S,
            "loi_delta_v": 0.65,
            "loi_duration": 80.0,
            "capture_period": capture.period_s,
            "capture_perilune_altitude": 100.0,
            "capture_apolune_altitude": 8710.355,
            "perilune_altitude": 98.0,
            "apolune_altitude": 103.0,
            "period": final.period_s,
            "inclination": math.radians(90.1),
            "loi1_altitude": 100.0,
            "loi2_altitude": 100.0,
        },
    )
    stay = Leg("lunar_orbit", orbits=(OrbitReached(launch + END_S, 95.0, 106.0, math.radians(90.2)),))
    return {leg.phase: leg for leg in (start, translunar, insertion, stay)}


def solution(**changes: Leg) -> Solution:
    """Return its solution; `changes` replace legs, by phase."""
    launch = tdb_seconds(LAUNCH)
    path = MadeTrajectory(launch + TLI_S, launch + LOI_S, launch + END_S)
    return Solution(tuple((legs() | changes).values()), path, provenance={"ephemeris": "made up"})
