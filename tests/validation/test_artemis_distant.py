"""Artemis I by what it flew: past the Moon into a distant retrograde orbit, on the days it was to be launched.

The numbers are discussed in docs/launch-windows.md, whose table this is.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.sites import launch_site
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.scans.grid import Axis, Grid
from lunarplan.scans.scan import scan
from lunarplan.windows import constraints as rules
from lunarplan.windows.departure import SOUTHBOUND
from lunarplan.windows.distant import DistantLaunches, stations_on
from lunarplan.windows.ellipse import tli_from_ellipse
from tests.authorities import load
from tests.tolerances import ARTEMIS_LIFT_OFF_MIN

CASE = load("artemis_1_windows")
MODEL, FLOWN, WINDOWS, VISIT = CASE["model"], CASE["flown"], CASE["window"], CASE["distant"]
PAGE = (Path(__file__).parents[2] / "docs/launch-windows.md").read_text(encoding="utf-8")
A_SWEEP_S = 8.0 * 3600.0  # from the first azimuth to the last at most
DARK = "2022-11-19"
FLOWN_ARRIVAL_M_S = 290.1


@cache
def job():
    burn = tli_from_ellipse(
        MODEL["tli_m_s"],
        perigee_altitude_km=MODEL["perigee_km"],
        apogee_altitude_km=MODEL["apogee_km"],
        perigee_arc_deg=MODEL["perigee_arc_deg"],
    )
    orbit = family("DRO", EARTH_MOON_384400).select(x_amplitude_km=VISIT["x_amplitude_km"])
    return DistantLaunches(
        launch_site(MODEL["site"]),
        stations_on(orbit, "2022-08-29", "2022-12-10", np.arange(0.0, 360.0, VISIT["phase_step_deg"])),
        tuple(VISIT["beyond_days"]),
        flyby_altitude_km=FLOWN["flyby_altitude_km"],
        parking_altitude_km=MODEL["perigee_km"],
        ascent_s=60.0 * MODEL["ascent_min"],
        constraints=(burn, rules.eclipse_in_coast(60.0 * MODEL["eclipse_min"])),
    )


@cache
def scanned():
    """Routes of the days of the windows, and of the nights after late ones."""
    opens = np.array([tdb_seconds(w["opens"]) for w in WINDOWS])
    days = np.unique([np.datetime64(utc_iso(t)[:10]) for t in np.concatenate([opens, opens + A_SWEEP_S])])
    some = job().grid(
        "2022-09-01", "2022-09-01", out_days=VISIT["out_days"], azimuths_deg=MODEL["azimuth_deg"],
        opportunities=(SOUTHBOUND,),
    )  # fmt: skip
    grid = Grid({**some.axes, "launch_day": Axis(days)})
    return grid.cells(0, grid.size), scan(job(), grid)


def launches(date):
    """Azimuth and lift-off of the routes of a day; flyby and insertion, injection, m/s; longest shadow, min."""
    cells, found = scanned()
    rows = np.flatnonzero(cells["launch_day"].astype("datetime64[D]") == date)
    arrival = (found["flyby_delta_v"] + found["insertion_delta_v"]).values.ravel()[rows]
    burn, dark = found["margin"].values.reshape(-1, 2)[rows].T
    lift_off = found["launch_tdb"].values.ravel()[rows]
    return cells["azimuth_deg"][rows], lift_off, arrival, MODEL["tli_m_s"] - burn, MODEL["eclipse_min"] - dark / 60.0


def edges(window):
    """Lift-offs and costs of the cheapest route at the first and at the last azimuth, which may be after midnight."""
    opens, day, found = tdb_seconds(window["opens"]), np.datetime64(window["opens"].date()), []
    for azimuth in MODEL["azimuth_deg"]:
        for date in (day, day + 1):
            azimuths, lift_off, arrival, injection, dark = launches(date)
            kept = (dark <= MODEL["eclipse_min"]) & (arrival <= VISIT["arrival_m_s"]) & (azimuths == azimuth)
            rows = np.flatnonzero(kept & (np.abs(lift_off - opens) < A_SWEEP_S))
            if len(rows):
                best = rows[arrival[rows].argmin()]
                found.append((lift_off[best], arrival[best], injection[best], lift_off[rows]))
                break
    return found


def row_of(window):
    (first, arrival, injection, _), (last, last_arrival, last_injection, _) = edges(window)
    published = f"{utc_iso(tdb_seconds(window['opens']), 0)[:16]}, {window['minutes']} min"
    found = f"{utc_iso(first, 0)[11:16]} to {utc_iso(last, 0)[11:16]}"
    return f"| {published} | {found} | {arrival:.0f} to {last_arrival:.0f} | {injection:.0f} to {last_injection:.0f} |"


MADE = [window for window in WINDOWS if str(window["opens"].date()) != DARK]


@pytest.mark.parametrize("window", MADE, ids=lambda w: str(w["opens"].date()))
def test_published_windows_lie_between_the_routes_of_the_outermost_azimuths(window):
    (_, arrival, injection, first), (*_, last) = edges(window)
    opens, leeway_s = tdb_seconds(window["opens"]), 60.0 * ARTEMIS_LIFT_OFF_MIN
    assert first.min() - leeway_s <= opens
    assert opens + 60.0 * window["minutes"] <= last.max() + leeway_s
    assert injection < MODEL["tli_m_s"], "it opens within what the injection may cost"
    assert arrival <= VISIT["arrival_m_s"]


def test_the_flown_lift_off_is_between_them():
    (first, *_), (last, *_) = edges(next(w for w in WINDOWS if w["opens"].date() == FLOWN["lift_off"].date()))
    assert first < tdb_seconds(FLOWN["lift_off"]) < last


def test_one_day_is_dark_beyond_the_moon():
    """As the page says: whatever is cheap enough on 19 November is in shadow for too long."""
    _, _, arrival, _, dark = launches(np.datetime64(DARK))
    cheap = arrival <= VISIT["arrival_m_s"]
    assert arrival[cheap].min() < FLOWN_ARRIVAL_M_S
    assert dark[cheap].min() > MODEL["eclipse_min"]


@pytest.mark.parametrize("window", MADE, ids=lambda w: str(w["opens"].date()))
def test_the_page_has_the_routes(window):
    assert row_of(window) in PAGE


if __name__ == "__main__":
    print("\n".join(map(row_of, MADE)))
