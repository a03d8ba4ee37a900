"""Artemis I: its launch periods, its daily windows and its lift-off, against a scan with its rules as far as modelled.

The numbers are discussed in docs/launch-windows.md, whose tables are these.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.sites import launch_site
from lunarplan.plan.windows import labelled
from lunarplan.scans.grid import Grid
from lunarplan.scans.scan import scan
from lunarplan.windows import constraints as rules
from lunarplan.windows.answer import Windows
from lunarplan.windows.crew import splashdown_daylight
from lunarplan.windows.edges import sharpened
from lunarplan.windows.ellipse import tli_from_ellipse
from lunarplan.windows.launches import NORTHBOUND, SOUTHBOUND, Launches
from tests.authorities import load
from tests.tolerances import (
    ARTEMIS_LIFT_OFF_MIN,
    BURN_OF_SHORT_WINDOWS_M_S,
    SIDEREAL_MONTH_DAYS,
    STEPPED_EDGE_S,
)
from tests.validation.launches import DAY, calendar, minutes_outside, scanned

CASE = load("artemis_1_windows")
MODEL, FLOWN, WINDOWS, PERIODS = CASE["model"], CASE["flown"], CASE["window"], CASE["period"]
PAGE = (Path(__file__).parents[2] / "docs/launch-windows.md").read_text(encoding="utf-8")
BURN, ECLIPSE, SPLASHDOWN = range(3)
TWO_HOURS_MIN = 120


def launch_rules():
    burn = tli_from_ellipse(
        MODEL["tli_m_s"],
        perigee_altitude_km=MODEL["perigee_km"],
        apogee_altitude_km=MODEL["apogee_km"],
        perigee_arc_deg=MODEL["perigee_arc_deg"],
    )
    home = splashdown_daylight(
        MODEL["durations_days"], *MODEL["splashdown_deg"], return_days=MODEL["return_days"], at_least_deg=0.0
    )
    return burn, rules.eclipse_in_coast(60.0 * MODEL["eclipse_min"]), home


def job(*constraints):
    return Launches(
        site=launch_site(MODEL["site"]),
        parking_altitude_km=MODEL["perigee_km"],
        perilune_altitude_km=FLOWN["flyby_altitude_km"],
        lunar_inclination_deg=MODEL["lunar_inclination_deg"],
        apolune_altitude_km=FLOWN["flyby_altitude_km"],
        ascent_s=60.0 * MODEL["ascent_min"],
        constraints=constraints,
        forces=ForceModel(bodies=("earth", "moon", "sun"), moon_degree=0),
    )


@cache
def half_a_year():
    """Launches from 26 July to 23 December 2022, and a week before and after."""
    tofs = MODEL["tof_days"] + np.array([-0.5, 0.0, 0.5])
    azimuths = np.arange(MODEL["azimuth_deg"][0], MODEL["azimuth_deg"][1] + 0.1, 4.0)
    return scanned(job(*launch_rules()), calendar("2022-07-19", "2022-12-30"), tofs, azimuths)


@cache
def attempts():
    """Launches of the days of the attempts, by every two degrees of azimuth, of the flown time of flight."""
    days = np.unique([np.datetime64(w["opens"].date()) for w in WINDOWS])
    burn, *_ = launch_rules()
    one = {"opportunities": (SOUTHBOUND,), "arrivals": (NORTHBOUND,)}
    return scanned(job(burn), days, [MODEL["tof_days"]], np.arange(51.0, 124.0, 2.0), **one)


def burn_m_s(epoch):
    """What the injection costs for a lift-off at an epoch, by the azimuth that is then the one."""
    tdb = tdb_seconds(epoch)
    day = attempts().of_the_day(tdb)
    order = np.argsort(day.at)
    cost = MODEL["tli_m_s"] - day.margins[order, BURN]
    return float(np.interp(tdb, day.at[order], cost))


def ends(window):
    return tdb_seconds(window["opens"]), tdb_seconds(window["opens"]) + 60.0 * window["minutes"]


@cache
def listed(*, with_exclusions):
    """Which days of the scan were available, bool[days]."""
    days = half_a_year().days
    available = np.zeros(len(days), bool)
    for period in PERIODS:
        available |= (days >= np.datetime64(period["first"])) & (days <= np.datetime64(period["last"]))
        if with_exclusions:
            available &= ~np.isin(days, np.array([str(d) for d in period["excluded"]], "datetime64[D]"))
    return available


def score(is_open, available):
    """Precision and recall from the first day of the first period to the last of the last."""
    days = half_a_year().days
    span = (days >= np.datetime64(PERIODS[0]["first"])) & (days <= np.datetime64(PERIODS[-1]["last"]))
    both = (is_open & available & span).sum()
    return both / (is_open & span).sum(), both / (available & span).sum()


@cache
def calendars(step_deg):
    """Days of the attempts for the flown flight time, by steps of the azimuths, and with the edges between them."""
    days = np.unique([np.datetime64(w["opens"].date()) for w in WINDOWS])
    low, high = MODEL["azimuth_deg"]
    axes = {
        "launch_day": days,
        "opportunity": np.array([SOUTHBOUND]),
        "arrival": np.array([NORTHBOUND, SOUTHBOUND]),
        "tof_s": np.array([DAY * MODEL["tof_days"]]),
        "azimuth_deg": np.arange(low, high + 0.1, step_deg),
    }
    flown = job(*launch_rules()[:2])
    stepped = Windows(labelled(scan(flown, Grid(axes)), flown))
    return stepped.calendar, sharpened(stepped, flown).calendar


def row_of_edges(window):
    opens, closes = (utc_iso(end, 0)[:16] for end in ends(window))
    stepped, sharp = (next(d for d in days if str(d.date) == opens[:10]) for days in calendars(4.0))
    before = " to ".join(utc_iso(end, 0)[11:19] for end in (stepped.opens_tdb, stepped.closes_tdb))
    found = " to ".join(utc_iso(end, 0)[11:19] for end in (sharp.opens_tdb, sharp.closes_tdb))
    minutes = f"{stepped.duration_s / 60.0:.0f} | {sharp.duration_s / 60.0:.0f}"
    return f"| {opens} to {closes[11:]} | {before} | {found} | {minutes} | {sharp.closes.reason} |"


STEPS = {
    "reach and azimuths": None,
    "injection from the ellipse": (BURN,),
    "eclipse in coast alone": (ECLIPSE,),
    "splashdown alone": (SPLASHDOWN,),
    "injection and eclipse": (BURN, ECLIPSE),
    "all three": (BURN, ECLIPSE, SPLASHDOWN),
    "all three, flown flight time": (BURN, ECLIPSE, SPLASHDOWN),
}


def row_of_a_step(name):
    found = half_a_year() if STEPS[name] is None else half_a_year().keeping(*STEPS[name])
    if name.endswith("flown flight time"):
        found = found.where(found.tof_s == DAY * MODEL["tof_days"])
    days = score(found.open, listed(with_exclusions=True))
    periods = score(found.open, listed(with_exclusions=False))
    return f"| {name} | {days[0]:.2f} | {days[1]:.2f} | {periods[0]:.2f} | {periods[1]:.2f} |"


def row_of_a_limit(limit_m_s):
    found = half_a_year()
    found = found.where(found.margins[:, BURN] + limit_m_s - MODEL["tli_m_s"] >= 0.0)
    days = score(found.open, listed(with_exclusions=True))
    return f"| {limit_m_s} | {days[0]:.2f} | {days[1]:.2f} |"


def row_of_a_window(window):
    opens, closes = ends(window)
    kept = half_a_year().keeping().of_the_day(opens, SOUTHBOUND)
    model = f"{utc_iso(kept.at.min(), 0)[11:16]} to {utc_iso(kept.at.max(), 0)[11:16]}"
    costs = f"{burn_m_s(opens):.0f} | {burn_m_s(closes):.0f}"
    return f"| {utc_iso(opens, 0)[:16]} to {utc_iso(closes, 0)[11:16]} | {model} | {costs} |"


# ---------------------------------------------------------------- tests


def test_the_flown_plane_and_flight_time_lift_off_when_it_did():
    azimuth = np.degrees(launch_site(MODEL["site"]).azimuth_rad(np.radians(FLOWN["inclination_deg"])))
    lift_off = tdb_seconds(FLOWN["lift_off"])
    tof_days = (tdb_seconds(FLOWN["flyby"]) - tdb_seconds(FLOWN["perigee"])) / DAY
    assert tof_days == pytest.approx(MODEL["tof_days"], abs=0.005)
    day = np.array([FLOWN["lift_off"].date()], "datetime64[D]")
    as_flown = replace(job(), lunar_inclination_deg=FLOWN["lunar_inclination_deg"])
    found = scanned(as_flown, day, [tof_days], [azimuth], opportunities=(SOUTHBOUND,))
    assert len(found.at) == 2
    assert np.abs(found.at - lift_off).max() / 60.0 < ARTEMIS_LIFT_OFF_MIN


def test_windows_shorter_than_two_hours_end_at_one_cost():
    """Which is where the limit of the injection is from: something ended them, and it was the same."""
    costs = [burn_m_s(ends(w)[1]) for w in WINDOWS if w["minutes"] < TWO_HOURS_MIN]
    assert len(costs) == 4
    assert max(costs) - min(costs) < BURN_OF_SHORT_WINDOWS_M_S
    assert MODEL["tli_m_s"] - BURN_OF_SHORT_WINDOWS_M_S < max(costs) < MODEL["tli_m_s"]


@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: str(w["opens"].date()))
def test_published_windows_lie_in_those_found(window):
    kept = half_a_year().keeping()
    for end in ends(window):
        assert minutes_outside(kept.of_the_day(end, SOUTHBOUND), end) == 0.0


def test_two_weeks_open_two_weeks_closed():
    kept = half_a_year().keeping()
    first, last = (np.datetime64(PERIODS[k][end]) for k, end in ((0, "first"), (-1, "last")))
    starts = kept.starts[(kept.starts >= first) & (kept.starts <= last)]
    assert len(starts) == len(PERIODS)
    published = np.array([str(p["first"]) for p in PERIODS], "datetime64[D]")
    assert np.abs((starts - published).astype(int)).max() <= 1
    assert set(np.diff(starts).astype(int)) <= set(SIDEREAL_MONTH_DAYS)


def test_precision_and_recall():
    """No worse than the page says; what is missed is discussed there."""
    kept = half_a_year().keeping()
    precision, recall = score(kept.open, listed(with_exclusions=True))
    print(f"days: precision {precision:.2f}, recall {recall:.2f}")
    assert precision > 0.7
    assert recall > 0.95
    precision, recall = score(kept.open, listed(with_exclusions=False))
    print(f"periods: precision {precision:.2f}, recall {recall:.2f}")
    assert precision > 0.9
    assert recall > 0.95


def test_what_is_missed_is_what_the_page_says():
    """All exclusions; days on which a part of the cells is in an eclipse; daylight, which closes nothing."""
    found = half_a_year()
    periods, available = listed(with_exclusions=False), listed(with_exclusions=True)
    excluded = periods & ~available
    assert excluded.sum() == 18
    assert found.keeping().open[excluded].all()
    reached = found.keeping(BURN)
    touched = reached.where(reached.margins[:, ECLIPSE] < 0.0).open & periods
    assert (touched.sum(), (touched & excluded).sum()) == (15, 7)
    assert (found.margins[:, SPLASHDOWN] >= 0.0).all()


@pytest.mark.parametrize("name", STEPS)
def test_the_page_has_the_share_of_each_rule(name):
    assert row_of_a_step(name) in PAGE


@pytest.mark.parametrize("limit_m_s", [2780, 2800, 2820, 2840, 2860])
def test_the_page_says_what_the_limit_does(limit_m_s):
    assert row_of_a_limit(limit_m_s) in PAGE


@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: str(w["opens"].date()))
def test_the_page_has_the_daily_windows(window):
    assert row_of_a_window(window) in PAGE


@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: str(w["opens"].date()))
def test_the_page_has_the_edges(window):
    assert row_of_edges(window) in PAGE


def test_edges_do_not_depend_on_the_azimuths_scanned():
    for fine, coarse in zip(calendars(4.0)[1], calendars(12.0)[1], strict=True):
        assert fine.opens_tdb == coarse.opens_tdb
        assert fine.closes_tdb == pytest.approx(coarse.closes_tdb, abs=STEPPED_EDGE_S)
        assert (fine.opens.reason, fine.closes.reason) == (coarse.opens.reason, coarse.closes.reason)


def test_windows_shorter_than_two_hours_close_before_the_limit_does():
    """By 2 to 17 min: it is the limit that was estimated from them."""
    short = [ends(w)[1] for w in WINDOWS if w["minutes"] < TWO_HOURS_MIN]
    sharp = [day.closes_tdb for w, day in zip(WINDOWS, calendars(4.0)[1], strict=True) if w["minutes"] < TWO_HOURS_MIN]
    assert [round((a - b) / 60.0) for a, b in zip(sharp, short, strict=True)] == [14, 17, 12, 2]


def test_published_windows_lie_between_the_edges():
    """Of the flown flight time alone; by steps of 4 deg four of them would end too late."""
    outside = [
        sum(day.opens_tdb > ends(w)[0] or day.closes_tdb < ends(w)[1] for w, day in zip(WINDOWS, days, strict=True))
        for days in calendars(4.0)
    ]
    assert outside == [4, 0]
