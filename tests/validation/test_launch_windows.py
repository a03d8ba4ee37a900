"""Launch dates as flown and as published, against scans that keep each mission's own rules.

The numbers are discussed in docs/launch-windows.md, whose tables are these.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.sites import launch_site
from lunarplan.windows import constraints as rules
from lunarplan.windows.launches import SOUTHBOUND, Launches
from tests.authorities import load
from tests.tolerances import (
    APOLLO_AZIMUTH_MIN,
    APOLLO_PLANE_MIN,
    CASSINI_POLE_DEG,
    LIFT_OFF_MIN,
    MOST_DAYS_OPEN,
    SYNODIC_MONTH_DAYS,
)
from tests.validation.launches import DAY, calendar, days_of, minutes_outside, scanned

MISSIONS, APOLLO = load("launch_windows"), load("apollo_11_window")
PAGE = (Path(__file__).parents[2] / "docs/launch-windows.md").read_text(encoding="utf-8")
FORCES = ForceModel(bodies=("earth", "moon", "sun"), moon_degree=0)
HALF_A_DAY = (-0.5, 0.0, 0.5)
LIT = [name for name, case in MISSIONS.items() if "landing" in case]
FROM_THE_PAD = [name for name, case in MISSIONS.items() if not case.get("injection_only")]


def job(case):
    return Launches(
        site=launch_site(case["site"]),
        parking_altitude_km=case["parking_altitude_km"],
        perilune_altitude_km=case["perilune_km"],
        lunar_inclination_deg=case["lunar_inclination_deg"],
        apolune_altitude_km=case["perilune_km"],
        ascent_s=60.0 * case["ascent_min"],
        constraints=tuple(light(case)),
        forces=FORCES,
    )


def light(case):
    """The Sun over the landing site at touchdown, and at the end of the stay."""
    if "landing" not in case:
        return []
    landing = case["landing"]
    low, high = landing["sun_deg"]
    place, wait_s = (landing["latitude_deg"], landing["longitude_deg"]), DAY * landing["after_days"]
    side = landing.get("side")
    found = [rules.sun_at_landing(*place, wait_s=wait_s, at_least_deg=low, at_most_deg=high, direction=side)]
    if "stay_days" in landing:
        evening = rules.sun_at_landing(*place, wait_s=wait_s + DAY * landing["stay_days"], at_least_deg=low)
        found.append(replace(evening, name="Sun at the end of the stay"))
    return found


@cache
def scan_of(name):
    """Launches of a mission that were found, whether they keep its rules or not."""
    case = MISSIONS[name]
    spread = case["azimuth_spread_deg"]
    azimuths = case["azimuth_deg"] + (np.array([-spread, 0.0, spread]) if spread else np.zeros(1))
    tofs = case["tof_days"] + np.array(HALF_A_DAY)
    at = "injection_tdb" if case.get("injection_only") else "launch_tdb"
    return scanned(job(case), calendar(*case["scan"]), tofs, azimuths, at=at)


def published(name):
    """Days a mission was launched on, or to be launched on."""
    case = MISSIONS[name]
    given = np.array([str(day) for day in case.get("open_days", [])], "datetime64[D]")
    return np.concatenate([days_of(tdb_seconds(case["lift_offs"])), given])


def minutes_at_the_hour(name, lift_off):
    """How far lift-offs of the flown azimuth and flight time, into either plane at the Moon, are from one as flown."""
    case, tdb = MISSIONS[name], tdb_seconds(lift_off)
    near = scan_of(name).of_the_day(tdb, case["opportunity"])
    as_flown = (near.azimuth_deg == case["azimuth_deg"]) & (near.tof_s == DAY * case["tof_days"])
    return (near.at[as_flown] - tdb) / 60.0


def row_of_days(name):
    """What the page says of a mission's days."""
    found, kept = scan_of(name), scan_of(name).keeping()
    first, last = (f"{day:%Y-%m-%d}" for day in MISSIONS[name]["scan"])
    starts = [str(day) for day in kept.starts]
    runs = f"{starts[0]} to {starts[-1]}, every {spacing(kept)} days" if starts else "-"
    return f"| {name} | {first} to {last} | {found.open.mean():.0%} | {kept.open.mean():.0%} | {runs} |"


def spacing(kept):
    apart = np.diff(kept.starts).astype(int)
    return f"{apart.min()} to {apart.max()}" if apart.min() < apart.max() else f"{apart.min()}"


def row_of_an_hour(name, lift_off):
    """What the page says of a lift-off."""
    tdb = tdb_seconds(lift_off)
    outside = minutes_outside(scan_of(name).keeping().of_the_day(tdb, MISSIONS[name]["opportunity"]), tdb)
    nearest = min(minutes_at_the_hour(name, lift_off), key=abs)
    return f"| {name} | {utc_iso(tdb, 0)} | {outside:.0f} | {round(nearest):+d} |"


# ---------------------------------------------------------------- the missions


@pytest.mark.parametrize("name", MISSIONS)
def test_published_days_are_open(name):
    kept = scan_of(name).keeping()
    assert not np.isin(published(name), kept.days[~kept.open]).any()


@pytest.mark.parametrize("name", LIT)
def test_the_light_closes_most_days_and_comes_back_with_the_month(name):
    kept = scan_of(name).keeping()
    assert kept.open.mean() < MOST_DAYS_OPEN
    apart = np.diff(kept.starts).astype(int)
    assert len(apart) >= 1
    assert set(apart) <= set(SYNODIC_MONTH_DAYS)


@pytest.mark.parametrize("name", FROM_THE_PAD)
def test_lift_offs_are_within_the_daily_window(name):
    """Of the days they were on, 12 hours of flight time to either side; and near that of the flight as it was."""
    case, kept = MISSIONS[name], scan_of(name).keeping()
    for lift_off in case["lift_offs"]:
        tdb = tdb_seconds(lift_off)
        assert minutes_outside(kept.of_the_day(tdb, case["opportunity"]), tdb) < LIFT_OFF_MIN, lift_off


@pytest.mark.parametrize("name", MISSIONS)
def test_the_page_has_these_numbers(name):
    assert row_of_days(name) in PAGE
    if name in FROM_THE_PAD:
        for lift_off in MISSIONS[name]["lift_offs"]:
            assert row_of_an_hour(name, lift_off) in PAGE


# ---------------------------------------------------------------- Apollo 11


class ByCassini:
    """The Moon's axes by Cassini's laws, for years of which the librations are not at hand.

    The axis leans 1.543 deg from the pole of the ecliptic, away from that of the orbit; x is towards the Earth. It
    stands in for `MoonOrientation`, whose pole is what a lunar inclination is counted from.
    """

    start_tdb, end_tdb = -np.inf, np.inf

    def __init__(self, ephemeris):
        self.ephemeris = ephemeris

    def matrix(self, tdb):
        state = self.ephemeris.state("moon", "earth", tdb)
        obliquity, lean = np.radians(23.4392911), np.radians(1.543)
        ecliptic = np.array([0.0, -np.sin(obliquity), np.cos(obliquity)])
        orbit = np.cross(state[..., :3], state[..., 3:])
        away = unit(ecliptic * (orbit @ ecliptic)[..., np.newaxis] - orbit)
        z = np.cos(lean) * ecliptic + np.sin(lean) * away
        y = unit(np.cross(z, -state[..., :3]))
        return np.stack([np.cross(y, z), y, z], axis=-2)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_cassini_knows_the_pole():
    packaged = Ephemeris.packaged()
    tdb = np.linspace(tdb_seconds("2021-01-01"), tdb_seconds("2039-08-01"), 100)
    poles = packaged.moon_pa(tdb)[:, 2] - ByCassini(packaged).matrix(tdb)[:, 2]
    assert np.degrees(np.linalg.norm(poles, axis=1).max()) < CASSINI_POLE_DEG


def apollo_11(full_de440, azimuths_deg):
    """Lift-offs of 16 July 1969 at some azimuths, TDB s, injection in the second revolution.

    The middle of the two planes of arrival, which are a minute apart.
    """
    launches = Launches(
        site=launch_site("ksc-39a"),
        parking_altitude_km=185.0,
        perilune_altitude_km=APOLLO["perilune_km"],
        lunar_inclination_deg=175.0,
        apolune_altitude_km=APOLLO["perilune_km"],
        ascent_s=APOLLO["ascent_s"],
        revolutions=1,
        forces=replace(FORCES, ephemeris=replace(full_de440, orientation=ByCassini(full_de440))),
    )
    day = calendar("1969-07-16", "1969-07-16")
    found = scanned(launches, day, [APOLLO["tof_days"]], azimuths_deg, opportunities=(SOUTHBOUND,))
    return [found.at[found.azimuth_deg == azimuth].mean() for azimuth in azimuths_deg]


def test_apollo_11s_window(full_de440):
    """13:32 to 17:54 UTC, 4.4 h, as the azimuth sweeps from 72 to 108 deg."""
    opens, closes = apollo_11(full_de440, APOLLO["azimuth_deg"])
    assert (opens - tdb_seconds(APOLLO["opens"])) / 60.0 == pytest.approx(0.0, abs=APOLLO_AZIMUTH_MIN)
    assert (closes - tdb_seconds(APOLLO["closes"])) / 60.0 == pytest.approx(0.0, abs=APOLLO_AZIMUTH_MIN)
    assert f"{utc_iso(opens, 0)[11:16]} to {utc_iso(closes, 0)[11:16]}" in PAGE


def test_apollo_11_lifted_off_into_its_plane(full_de440):
    """At the azimuth that belongs to the inclination of its parking orbit."""
    azimuth = np.degrees(launch_site("ksc-39a").azimuth_rad(np.radians(APOLLO["inclination_deg"])))
    (lift_off,) = apollo_11(full_de440, [azimuth])
    assert (lift_off - tdb_seconds(APOLLO["opens"])) / 60.0 == pytest.approx(0.0, abs=APOLLO_PLANE_MIN)
    assert f"{utc_iso(lift_off, 0)[11:16]}" in PAGE
